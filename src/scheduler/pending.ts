/**
 * What a loop is about to call: watchers, and greenlets that have slept long enough. A FIFO for each of
 * the five priorities.
 */
import type { Fifo } from './ring.ts'
import { PhaseWatcher, type Priority } from './watcher.ts'

const HIGHEST: Priority = 2

/** What can be pending. `ticket` is what `push` gave: a stale entry sees that it is one. */
export interface Invocable {
  readonly pending: boolean
  readonly priority: Priority
  invoke(ticket: number): void
}

/** All that is pending, the highest priority first, first come first served inside one. */
export class Pending {
  readonly #levels: readonly Fifo<Invocable>[]
  readonly #onError: (entry: Invocable, error: unknown) => void
  #count = 0

  constructor(
    makeRing: () => Fifo<Invocable>,
    onError: (entry: Invocable, error: unknown) => void,
  ) {
    this.#levels = Array.from({ length: 5 }, makeRing)
    this.#onError = onError
  }

  /** How many are to be called; those that were stopped since are not counted. */
  get count(): number {
    return this.#count
  }

  /** Queues `entry` and gives its ticket. O(1). */
  push(entry: Invocable): number {
    this.#count++
    return this.#levels[HIGHEST - entry.priority]!.push(entry)
  }

  /** One that was pushed is called now, or was stopped. */
  forget(): void {
    this.#count--
  }

  /**
   * Calls all, those too that become pending meanwhile, and gives the highest priority that was
   * called, phases not counted (S5).
   */
  call(): number {
    let highest = -Infinity
    while (this.#count > 0) {
      // From the top each time: a callback may make something of a higher priority pending (S4).
      const level = this.#levels.findIndex((ring) => ring.size > 0)
      const ring = this.#levels[level]!
      const entry = ring.shift()!
      if (entry.pending && !(entry instanceof PhaseWatcher)) {
        highest = Math.max(highest, HIGHEST - level)
      }
      try {
        entry.invoke(ring.taken)
      } catch (error) {
        this.#onError(entry, error)
      }
    }
    return highest
  }
}
