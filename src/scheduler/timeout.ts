/**
 * Timeout: a deadline over whatever the greenlet that started it does until it cancels it.
 *
 * The Timeout is itself the error that is thrown, so that a `catch` can tell its own from a foreign
 * one by identity. Its timer has priority -1: data and timers of the same turn win over it. A greenlet
 * that does not park is not interrupted.
 */
import { LateError } from './errors.ts'
import type { Greenlet } from './greenlet.ts'
import { getHub } from './hub.ts'
import type { Operation } from './operation.ts'
import { made } from './trace.ts'
import { TIMEOUT_PRIORITY } from './waiter.ts'
import type { TimerWatcher } from './watcher.ts'

/** What may be thrown instead of the Timeout; a string is the Timeout's own message. */
export type TimeoutError = Error | (new () => Error) | string

/** Thrown where the greenlet that started it is parked, when `ms` milliseconds have passed. */
export class Timeout extends LateError {
  /** In milliseconds; undefined never fires, and costs nothing. */
  readonly ms: number | undefined
  readonly #instead: Error | (new () => Error) | undefined
  #timer: TimerWatcher | undefined
  #closed = false

  /** Made, not started. */
  constructor(ms?: number, error?: TimeoutError) {
    super(typeof error === 'string' ? error : `timed out after ${ms} ms`)
    if (Number.isNaN(ms)) throw new RangeError('a timeout of NaN ms')
    this.ms = ms
    this.#instead = typeof error === 'string' ? undefined : error
  }

  /** Makes one and starts it for the current greenlet. Cancel or close it in a `finally`. O(log timers). */
  static start(ms?: number, error?: TimeoutError): Timeout {
    const timeout = new Timeout(ms, error)
    timeout.start()
    return timeout
  }

  /** Whether it is going to fire. */
  get pending(): boolean {
    return this.#timer?.active === true || this.#timer?.pending === true
  }

  /** Counts from now, for the current greenlet. An Error when it is pending, or was closed. */
  start(): void {
    if (this.pending) throw new Error('this Timeout has been started already')
    if (this.#closed) throw new Error('this Timeout was closed')
    if (this.ms === undefined) return
    const hub = getHub()
    const greenlet = hub.current
    if (greenlet === undefined) throw new Error('only a greenlet can start a Timeout for itself')
    hub.loop.update()
    this.#timer = hub.loop.timer(this.ms)
    this.#timer.priority = TIMEOUT_PRIORITY
    this.#timer.start((target: Greenlet<unknown>) => target.throw(this.#toThrow()), greenlet)
  }

  /** Takes it back; it may be started again. */
  cancel(): void {
    this.#timer?.stop()
    this.#timer = undefined
  }

  /** Takes it back for good. */
  close(): void {
    this.cancel()
    this.#closed = true
  }

  #toThrow(): Error {
    if (this.#instead === undefined) return this
    return typeof this.#instead === 'function' ? new this.#instead() : this.#instead
  }
}

/**
 * Runs `body` under a deadline: a Timeout is thrown into it after `ms` milliseconds (undefined: never).
 * With `value`, that is given instead, but only for this Timeout: a foreign one passes through.
 */
export function withTimeout<T>(ms: number | undefined, body: () => Operation<T>): Operation<T>
export function withTimeout<T, V>(
  ms: number | undefined,
  body: () => Operation<T>,
  options: { value: V },
): Operation<T | V>
export function withTimeout<T, V>(
  ms: number | undefined,
  body: () => Operation<T>,
  options?: { value: V },
): Operation<T | V> {
  return made(limited(ms, body, options))
}

function* limited<T, V>(
  ms: number | undefined,
  body: () => Operation<T>,
  options: { value: V } | undefined,
): Operation<T | V> {
  const timeout = Timeout.start(ms)
  try {
    return yield* body()
  } catch (error) {
    if (error === timeout && options !== undefined) return options.value
    throw error
  } finally {
    timeout.close()
  }
}
