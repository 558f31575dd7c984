/**
 * Dual objects: promises that a greenlet can `yield*` as well.
 *
 * A dual is the very promise that the original function gave, with one property more: an iterator that
 * parks until it settles. So `instanceof Promise`, `await` and `then` are what they always were, and
 * foreign code that is called inside a greenlet sees no difference. `Promise.prototype` is left alone:
 * an iterator there would be seen by every "is it iterable" check of the process.
 */
import { getcurrent, type Operation } from '../../scheduler/index.ts'
import { until } from '../promise.ts'

/** A promise, and what `yield*` takes: `const page = yield* fetch(url)`. */
export type Dual<T> = Promise<T> & { [Symbol.iterator](): Operation<T> }

/**
 * Gives `promise` its iterator. A kill at the `yield*` calls `cancel`; without one the promise goes on
 * by itself, and nobody hears of its end.
 */
export function dual<T>(promise: Promise<T>, cancel?: () => void): Dual<T> {
  const iterate = (): Operation<T> =>
    until<T>((settle) => {
      promise.then(
        (value) => settle(null, value),
        // A rejection without a reason must not look like a value.
        (error: unknown) => settle(error ?? new Error('rejected without a reason')),
      )
      return cancel
    })
  return Object.defineProperty(promise, Symbol.iterator, {
    value: iterate,
    configurable: true,
  }) as Dual<T>
}

/** A signal that is aborted when `theirs` is, and by what a dual's `cancel` may call; undefined if `theirs` is no signal. */
export function cancellable(
  theirs: unknown,
): { signal: AbortSignal; cancel: () => void } | undefined {
  const aborter = new AbortController()
  const cancel = (): void => aborter.abort()
  if (theirs == null) return { signal: aborter.signal, cancel }
  if (!(theirs instanceof AbortSignal)) return undefined
  return { signal: AbortSignal.any([theirs, aborter.signal]), cancel }
}

/** `result` as a dual, if it is a promise and a greenlet runs; else as it is. */
export function dualInGreenlet<T>(result: T): T {
  if (getcurrent() !== undefined && result instanceof Promise) void dual(result)
  return result
}
