/**
 * Event: something has happened, for all who wait for it.
 */
import type { Operation } from './operation.ts'
import { Waiters, type WaitersLink } from './waiters.ts'

/** A flag that greenlets can wait for. */
export class Event {
  #isSet = false
  readonly #waiters = new Waiters(this)
  /** Who arrived up to this number is woken by the notification that is under way. */
  #wakeUpTo = 0
  #notified = false
  #notifying = false

  /** Whether it has happened, and was not cleared since. */
  get isSet(): boolean {
    return this.#isSet
  }

  /** Wakes all who wait now, in order, on a later callback, even if it is cleared before that. */
  set(): void {
    this.#isSet = true
    this.#wakeUpTo = this.#waiters.arrivals
    this.#notifySoon()
  }

  /** Lets those who come from now on wait for the next `set`. */
  clear(): void {
    this.#isSet = false
  }

  /**
   * Parks until it is set (true) or `timeoutMs` have passed (false). Does not park when it is set,
   * unless others are still to be woken: they come first, and then who asked meanwhile, even if it is
   * cleared before that.
   */
  *wait(timeoutMs?: number): Operation<boolean> {
    const mayPark = timeoutMs === undefined || timeoutMs > 0
    if (!this.#isSet) return mayPark && (yield* this.#waiters.wait(timeoutMs))
    if (mayPark && (this.#notified || this.#notifying)) {
      this.#wakeUpTo = this.#waiters.arrivals + 1
      // Without a limit: the turn of those who are in line comes before the next poll.
      yield* this.#waiters.wait()
    }
    return true
  }

  /** Calls back in the hub, once, when it is set, later also when it is set now. Twice is once. */
  rawlink(callback: WaitersLink): void {
    this.#waiters.link(callback)
    if (this.#isSet) this.set()
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
    const last = this.#wakeUpTo
    this.#notified = false
    this.#notifying = true
    this.#waiters.wakeUpTo(last)
    this.#notifying = false
    // Those who came while others were being woken are next.
    if (this.#wakeUpTo > last) this.#notifySoon()
  }
}
