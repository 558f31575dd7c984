/**
 * The watchers whose callbacks are about to be called: a FIFO for each of the five priorities.
 */
import { Ring } from './ring.ts'
import { PhaseWatcher, type Priority, type Watcher } from './watcher.ts'

const HIGHEST: Priority = 2

/** Pending watchers, the highest priority first, first come first served inside one. */
export class Pending {
  readonly #levels = Array.from({ length: 5 }, () => new Ring<Watcher>())
  readonly #onError: (watcher: Watcher, error: unknown) => void
  #count = 0

  constructor(onError: (watcher: Watcher, error: unknown) => void) {
    this.#onError = onError
  }

  /** How many are to be called; those that were stopped since are not counted. */
  get count(): number {
    return this.#count
  }

  /** Queues `watcher` and gives its ticket. O(1). */
  push(watcher: Watcher): number {
    this.#count++
    return this.#levels[HIGHEST - watcher.priority]!.push(watcher)
  }

  /** One that was pushed is called now, or was stopped. */
  forget(): void {
    this.#count--
  }

  /**
   * Calls them all, those too that become pending meanwhile, and gives the highest priority that was
   * called, phases not counted (S5).
   */
  call(): number {
    let highest = -Infinity
    while (this.#count > 0) {
      // From the top each time: a callback may make a watcher of a higher priority pending (S4).
      const level = this.#levels.findIndex((ring) => ring.size > 0)
      const ring = this.#levels[level]!
      const watcher = ring.shift()!
      if (watcher.pending && !(watcher instanceof PhaseWatcher)) {
        highest = Math.max(highest, HIGHEST - level)
      }
      try {
        watcher.invoke(ring.taken)
      } catch (error) {
        this.#onError(watcher, error)
      }
    }
    return highest
  }
}
