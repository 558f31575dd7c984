/**
 * Channel: a queue without room. Who puts and who gets meet: the getter has the item, and has been
 * switched to, before the putter goes on.
 *
 * A getter takes the item of the first putter when it runs, not before, so that one that is killed on
 * the way takes nothing with it. `putNowait` can't wait for the getter to run: its item lies in
 * `#handed` until then, and is for the next getter should this one die.
 */
import { Empty, Full } from './errors.ts'
import type { Operation } from './operation.ts'
import { Ring } from './ring.ts'
import { Waiters } from './waiters.ts'

/** Items from hand to hand. */
export class Channel<T> {
  readonly #getters = new Waiters(this)
  readonly #putters = new Waiters<{ readonly item: T }>(this)
  readonly #handed = new Ring<T>()
  #notified = false

  /** Always 0: nothing lies in it. */
  get qsize(): number {
    return 0
  }

  /** Always true. */
  get empty(): boolean {
    return true
  }

  /** Always true: who puts has to wait for a getter. */
  get full(): boolean {
    return true
  }

  /**
   * Parks until a getter has got `item`; Full after `timeoutMs` milliseconds. With 0 it does not park:
   * as `putNowait`.
   */
  *put(item: T, timeoutMs?: number): Operation<void> {
    if (timeoutMs !== undefined && timeoutMs <= 0) return this.putNowait(item)
    this.#notifySoon()
    if (!(yield* this.#putters.wait(timeoutMs, { item }))) throw new Full('nobody took the item')
  }

  /** Gives `item` to a getter that waits, and for which there is none yet; else Full. From anywhere. */
  putNowait(item: T): void {
    if (this.#putters.size > 0 || this.#getters.size <= this.#handed.size) {
      throw new Full('nobody waits for an item')
    }
    this.#handed.push(item)
    this.#notifySoon()
  }

  /** Takes the item of the first putter; parks until there is one. Empty after `timeoutMs` milliseconds, at once with 0. */
  *get(timeoutMs?: number): Operation<T> {
    const isNow = timeoutMs !== undefined && timeoutMs <= 0
    if (!isNow && (!this.#hasItem || this.#getters.size > 0)) {
      if (!(yield* this.#getters.wait(timeoutMs))) throw new Empty('nobody put an item in time')
    }
    return this.getNowait()
  }

  /** `get(0)` as a plain call, from anywhere. The putter goes on when its turn comes. */
  getNowait(): T {
    if (this.#handed.size > 0) return this.#handed.shift() as T
    const offer = this.#putters.firstPayload
    if (offer === undefined) throw new Empty('nobody waits to put an item')
    // Not at once, even in the hub: the getter goes first.
    this.#putters.release()
    return offer.item
  }

  get #hasItem(): boolean {
    return this.#handed.size > 0 || this.#putters.size > 0
  }

  #notifySoon(): void {
    if (this.#notified || this.#getters.size === 0) return
    this.#notified = true
    this.#getters.soon(this.#notify)
  }

  readonly #notify = (): void => {
    this.#notified = false
    while (this.#hasItem && this.#getters.wakeOne()) {
      // The greenlet that was woken has taken an item.
    }
  }
}
