/**
 * What a greenlet's body is made of: generators that park by yielding a Wait.
 *
 * Only the scheduler's own leaf operations yield one; everybody else delegates to an operation with
 * `yield*`. The type says so: `yield sleep(1)`, with a forgotten star, does not compile.
 */

declare const wait: unique symbol

/** What a parking leaf yields to the hub. Nobody but the scheduler has one. */
export interface Wait {
  /** @internal Its mark: there is no such thing outside of the types. */
  readonly [wait]: true
}

/** What `yield*` takes: something that may park its greenlet, and comes back with a T. */
export type Operation<T> = Generator<Wait, T, unknown>

/** What `spawn` takes: a `function*`, or a function that gives an operation. */
export type Body<T, A extends readonly unknown[] = []> = (...args: A) => Operation<T>

/** @internal The one Wait. Who waits for what is said to the hub, not to the generator's caller. */
export const PARK: Wait = Object.freeze({}) as Wait
