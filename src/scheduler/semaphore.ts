/**
 * Semaphore: so many at once. First come first served among those who wait; but `release` only counts
 * up and has the first woken later, so whoever asks before that takes the unit without waiting, and
 * the first keeps its place. That is gevent's rule; it saves a switch where nobody has to wait.
 */
import type { Operation } from './operation.ts'
import { Waiters } from './waiters.ts'

/** A counter of free units that greenlets can wait for. */
export class Semaphore {
  #counter: number
  readonly #waiters = new Waiters(this)
  #notified = false

  /** RangeError for a negative or broken number. */
  constructor(units = 1) {
    if (!(units >= 0)) throw new RangeError(`a semaphore can't begin with ${units} units`)
    this.#counter = units
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
  *acquire({ timeout }: { timeout?: number } = {}): Operation<boolean> {
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

  /** Gives a unit back, or adds one. */
  release(): void {
    this.#counter++
    if (this.#notified || this.#waiters.size === 0) return
    this.#notified = true
    this.#waiters.soon(this.#notify)
  }

  readonly #notify = (): void => {
    this.#notified = false
    while (this.#counter > 0 && this.#waiters.wakeOne()) {
      // The greenlet that was woken has taken the unit.
    }
  }
}
