/**
 * The scheduler's own errors, with what to do about each.
 *
 * JavaScript has no BaseException: a bare `catch` around a park also catches a kill and a foreign
 * Timeout. `rethrowExit(error)` stands first in such a `catch`.
 */

/**
 * An error that is made long before it is thrown, if it is thrown at all, by somebody else than the
 * greenlet that will see it. It is made without a stack (a stack costs 4 us), and takes that of the
 * greenlet where it is thrown, which shows the whole `yield*` chain of what was being waited for.
 */
export class LateError extends Error {
  constructor(message?: string) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = stackTraceLimit
  }

  override get name(): string {
    return this.constructor.name
  }
}

/** @internal Gives `error` the stack of the caller. */
export function traced<E extends LateError>(error: E): E {
  Error.captureStackTrace(error, traced)
  return error
}

/**
 * Thrown at its parking point into a greenlet that is killed. One that leaves a greenlet counts as
 * success, with the error as the value (S30). It never carries a stack: it is no failure.
 */
export class GreenletExit extends LateError {}

/**
 * Thrown into the main greenlet when nothing is left that could ever wake it. The message lists who
 * is parked on what: look for the one that should have called `set`, `release` or `put`.
 */
export class LoopExit extends LateError {}

/** Thrown into the main greenlet by SIGINT and SIGTERM. */
export class Interrupted extends LateError {
  readonly signal: 'SIGINT' | 'SIGTERM'

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`interrupted by ${signal}`)
    this.signal = signal
  }
}

/**
 * A parking call where nothing can park: in a callback of the loop or of the host, or outside of all
 * greenlets. Spawn a greenlet there, and park in it.
 */
export class BlockingSwitchOutError extends Error {
  override get name(): string {
    return 'BlockingSwitchOutError'
  }
}

/** Two greenlets waited on one watcher. Give each its own, or share an Event. */
export class ConcurrentObjectUseError extends Error {
  override get name(): string {
    return 'ConcurrentObjectUseError'
  }
}

/** A greenlet yielded something that is no wait: `yield*` an operation instead of `yield`. */
export class InvalidSwitchError extends Error {
  override get name(): string {
    return 'InvalidSwitchError'
  }
}
