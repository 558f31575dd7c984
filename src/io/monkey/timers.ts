/**
 * Timers for greenlets.
 *
 * undici and others read the global `setTimeout` when they need it, perhaps while a greenlet calls
 * them. So what a greenlet gets is Node's own Timeout, with `ref`, `refresh`, `close` and the rest,
 * for `clearTimeout` and everybody; two properties more make it something to wait for.
 */
import type { setTimeout as promiseTimeout } from 'node:timers/promises'
import { cancellable, dual } from './dual.ts'

type SetTimeout = (callback: unknown, ms?: number, ...args: unknown[]) => NodeJS.Timeout
type PromiseTimeout = typeof promiseTimeout

/**
 * What greenlets get for the global `setTimeout`: `yield* setTimeout(callback, ms)` parks until the
 * callback has been called, and so does `await`. A kill there leaves the timer running; one that is
 * cleared wakes nobody.
 */
export function timeoutForGreenlets(original: SetTimeout): SetTimeout {
  return (callback, ms, ...args) => {
    // Node refuses it.
    if (typeof callback !== 'function') return original(callback, ms, ...args)
    let onCalled!: () => void
    const called = dual(new Promise<void>((resolve) => (onCalled = resolve)))
    const call = (...given: unknown[]): void => {
      try {
        Reflect.apply(callback, timer, given)
      } finally {
        onCalled()
      }
    }
    const timer = original(call, ms, ...args)
    return Object.defineProperties(timer, {
      [Symbol.iterator]: { value: called[Symbol.iterator], configurable: true },
      // oxlint-disable-next-line unicorn/no-thenable -- so that it can be awaited
      then: { value: called.then.bind(called), configurable: true },
    })
  }
}

/** What greenlets get for `setTimeout` of timers/promises: a kill at the `yield*` clears the timer. */
export function promiseTimeoutForGreenlets(original: PromiseTimeout): PromiseTimeout {
  return (ms, value, options) => {
    const hasOptions = options === undefined || Object(options) === options
    const own = hasOptions ? cancellable(options?.signal) : undefined
    // What is no options, or no signal, Node refuses.
    if (own === undefined) return dual(original(ms, value, options))
    return dual(original(ms, value, { ...options, signal: own.signal }), own.cancel)
  }
}
