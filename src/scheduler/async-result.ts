/**
 * AsyncResult: a value or an error that will be there once, for all who wait for it.
 *
 * It has `set` and `setException`, and so can be the target of a greenlet's link. What is set last
 * counts: gevent's, once it has a value, gives that even if an error is set later.
 */
import { traced } from './errors.ts'
import type { Operation } from './operation.ts'
import { Timeout } from './timeout.ts'
import { Waiters, type WaitersLink } from './waiters.ts'

/** A place for one result. */
export class AsyncResult<T> {
  #state: 'empty' | 'value' | 'error' = 'empty'
  #result: unknown
  readonly #waiters = new Waiters(this)
  #notified = false

  /** Whether there is a value or an error. */
  get ready(): boolean {
    return this.#state !== 'empty'
  }

  /** Whether there is a value. */
  get successful(): boolean {
    return this.#state === 'value'
  }

  /** The value; undefined before there is one, and for an error. */
  get value(): T | undefined {
    return this.#state === 'value' ? (this.#result as T) : undefined
  }

  /** The error, if that was set last. */
  get exception(): unknown {
    return this.#state === 'error' ? this.#result : undefined
  }

  /** Gives `value` to all who wait, on a later callback, and to all who come later. */
  set(value: T): void {
    this.#settle('value', value)
  }

  /** Throws `error` in all who wait with `get`, likewise. */
  setException(error: unknown): void {
    this.#settle('error', error)
  }

  /**
   * The value, or the error thrown, the same to everybody; parks until there is one, or throws a
   * Timeout after `timeoutMs` milliseconds. Does not park when there is one, nor with 0.
   */
  *get(timeoutMs?: number): Operation<T> {
    if (!this.ready) yield* this.wait(timeoutMs)
    return this.#take(timeoutMs)
  }

  /** `get(0)` as a plain call: the value, the error, or a Timeout. */
  getNowait(): T {
    return this.#take(0)
  }

  /** Parks as `get` does, and gives the value, or undefined for an error or when the time is over. */
  *wait(timeoutMs?: number): Operation<T | undefined> {
    if (!this.ready && !(timeoutMs !== undefined && timeoutMs <= 0)) {
      yield* this.#waiters.wait(timeoutMs)
    }
    return this.value
  }

  /** Calls back in the hub, once, when there is a result, later also when there is one now. Twice is once. */
  rawlink(callback: WaitersLink): void {
    this.#waiters.link(callback)
    if (this.ready) this.#notifySoon()
  }

  /** Takes a rawlink back. */
  unlink(callback: WaitersLink): void {
    this.#waiters.unlink(callback)
  }

  #take(timeoutMs: number | undefined): T {
    if (this.#state === 'empty') throw traced(new Timeout(timeoutMs))
    if (this.#state === 'error') throw this.#result
    return this.#result as T
  }

  #settle(state: 'value' | 'error', result: unknown): void {
    this.#state = state
    this.#result = result
    this.#notifySoon()
  }

  #notifySoon(): void {
    if (this.#notified || this.#waiters.size === 0) return
    this.#notified = true
    this.#waiters.soon(this.#notify)
  }

  readonly #notify = (): void => {
    this.#notified = false
    this.#waiters.wakeUpTo(this.#waiters.arrivals)
  }
}
