/**
 * A Waiter: one greenlet, waiting for one value or error. Everything that parks for a single thing
 * (join, withTimeout, a promise) stands on it; many greenlets that wait for the same stand in
 * `waiters.ts`.
 *
 * What arrives before `get` is kept for it (S20); what arrives second is dropped.
 */
import { ConcurrentObjectUseError } from './errors.ts'
import type { Greenlet } from './greenlet.ts'
import { getHub, type Hub } from './hub.ts'
import { type Operation, PARK } from './operation.ts'

/** @internal Low, so that data and plain timers of the same turn win over a timeout (S46). */
export const TIMEOUT_PRIORITY = -1

/** A place where one greenlet waits for a `T`. */
export class Waiter<T> {
  readonly #hub: Hub
  readonly #what: object
  #greenlet: Greenlet<unknown> | undefined
  #state: 'empty' | 'value' | 'error' = 'empty'
  #outcome: unknown

  /** `what` is what the greenlet is said to wait for; the Waiter itself if it is not given. */
  constructor(hub: Hub = getHub(), what?: object) {
    this.#hub = hub
    this.#what = what ?? this
  }

  /** Gives `value` to the greenlet: in the hub it is switched to at once, elsewhere on a later callback. */
  switch(value: T): void {
    this.#settle('value', value)
  }

  /** Throws `error` in the greenlet, likewise. */
  throw(error: unknown): void {
    this.#settle('error', error)
  }

  /** Parks until something arrives. A second greenlet here meanwhile: ConcurrentObjectUseError. */
  *get(): Operation<T> {
    if (this.#greenlet !== undefined) {
      throw new ConcurrentObjectUseError('another greenlet waits in this Waiter')
    }
    if (this.#state === 'empty') {
      const me = this.#hub.park(this.#what)
      this.#greenlet = me
      yield PARK
      this.#greenlet = undefined
      me.resumed()
    }
    if (this.#state === 'error') throw this.#outcome
    return this.#outcome as T
  }

  /** `get` that comes back with `late` when nothing has arrived in `timeoutMs`; undefined is for ever. */
  *getWithin(timeoutMs: number | undefined, late: T): Operation<T> {
    if (timeoutMs === undefined) return yield* this.get()
    const timer = this.#hub.loop.timer(timeoutMs)
    this.#hub.loop.update()
    timer.priority = TIMEOUT_PRIORITY
    timer.start(() => this.switch(late))
    try {
      return yield* this.get()
    } finally {
      timer.stop()
    }
  }

  #settle(state: 'value' | 'error', outcome: unknown): void {
    if (this.#state !== 'empty') return
    this.#state = state
    this.#outcome = outcome
    if (this.#greenlet !== undefined) this.#hub.wake(this.#greenlet)
  }
}
