/**
 * The scheduler's own errors, with what to do about each.
 *
 * JavaScript has no BaseException: a bare `catch` around a park also catches a kill and a foreign
 * Timeout. `rethrowExit(error)` stands first in such a `catch`.
 */

/** What all errors of the scheduler have: the name of their class. */
abstract class SchedulerError extends Error {
  override get name(): string {
    return this.constructor.name
  }
}

/**
 * An error that is made long before it is thrown, if it is thrown at all, by somebody else than the
 * greenlet that will see it. It is made without a stack (a stack costs 4 us), and takes that of the
 * greenlet where it is thrown, which shows the whole `yield*` chain of what was being waited for.
 */
export class LateError extends SchedulerError {
  constructor(message?: string) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** Deep enough for a chain of calls that a person wrote; V8's own ten end in the middle of one. */
const TRACED_FRAMES = 50

/** @internal Gives `error` the stack of the caller, the whole `yield*` chain of it. */
export function traced<E extends LateError>(error: E): E {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = Math.max(stackTraceLimit, TRACED_FRAMES)
  Error.captureStackTrace(error, traced)
  Error.stackTraceLimit = stackTraceLimit
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
  /** The one that the process got. */
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
export class BlockingSwitchOutError extends SchedulerError {}

/** Two greenlets waited on one watcher, or in one Waiter. Give each its own, or share an Event. */
export class ConcurrentObjectUseError extends SchedulerError {}

/** A greenlet yielded something that is no wait: `yield*` an operation instead of `yield`. */
export class InvalidSwitchError extends SchedulerError {}

/** A queue had no room in time, or at once where it was asked not to wait. */
export class Full extends SchedulerError {}

/** A queue had no item in time, or at once where it was asked not to wait. */
export class Empty extends SchedulerError {}

/** A queue was shut down: it takes nothing any more, and gives what it still has. */
export class ShutDown extends SchedulerError {}

/** A pool had no room in time for a greenlet that was to be added. */
export class PoolFull extends Full {}

/** @internal The error that is meant by nothing (a GreenletExit), by a class, or by itself. */
export function toError(error: unknown): unknown {
  if (error === undefined) return new GreenletExit('killed')
  return typeof error === 'function' ? new (error as new () => unknown)() : error
}
