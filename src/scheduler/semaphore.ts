/**
 * Semaphore: so many at once. First come first served among those who wait; but `release` only counts
 * up and has the first woken later, so whoever asks before that takes the unit without waiting, and
 * the first keeps its place. That is gevent's rule; it saves a switch where nobody has to wait.
 */
import type { Operation } from './operation.ts'
import { Waiters, type WaitersLink } from './waiters.ts'

/** A counter of free units that greenlets can wait for. */
export class Semaphore {
  #counter: number
  readonly #waiters: Waiters
  #notified = false

  /** RangeError for a negative or broken number. `what` is what those who wait are said to wait for. */
  constructor(units = 1, what?: object) {
    if (!(units >= 0)) throw new RangeError(`a semaphore can't begin with ${units} units`)
    this.#counter = units
    this.#waiters = new Waiters(what ?? this)
  }

  /** How many units are free. */
  get counter(): number {
    return this.#counter
  }

  /** Whether there is no free unit. */
  get locked(): boolean {
    return this.#counter <= 0
  }

  /** Takes a unit; parks until there is one (true) or `timeout` milliseconds have passed (false). */
  *acquire({ timeout }: { timeout?: number | undefined } = {}): Operation<boolean> {
    if (this.tryAcquire()) return true
    if (timeout !== undefined && timeout <= 0) return false
    if (!(yield* this.#waiters.wait(timeout))) return false
    this.#counter--
    return true
  }

  /** Takes a unit if one is free, and says whether. */
  tryAcquire(): boolean {
    if (this.#counter <= 0) return false
    this.#counter--
    return true
  }

  /** Parks until a unit is free, or `timeoutMs` have passed; takes none, and gives how many are free. */
  *wait(timeoutMs?: number): Operation<number> {
    if (this.locked && !(timeoutMs !== undefined && timeoutMs <= 0)) {
      yield* this.#waiters.wait(timeoutMs)
    }
    return this.#counter
  }

  /** Gives a unit back, or adds one. */
  release(): void {
    this.#counter++
    this.#notifySoon()
  }

  /** Calls back in the hub, once, when a unit is free, later also when one is free now. Twice is once. */
  rawlink(callback: WaitersLink): void {
    this.#waiters.link(callback)
    if (!this.locked) this.#notifySoon()
  }

  /** Takes a rawlink back. */
  unlink(callback: WaitersLink): void {
    this.#waiters.unlink(callback)
  }

  #notifySoon(): void {
    if (this.#notified || this.#waiters.size === 0) return
    this.#notified = true
    this.#waiters.soon(this.#notify)
  }

  readonly #notify = (): void => {
    this.#notified = false
    while (this.#counter > 0 && this.#waiters.wakeOne()) {
      // A greenlet that came for a unit has taken it.
    }
  }
}
