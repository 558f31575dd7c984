/**
 * Queue: items from those who make them to those who need them, and a limit to how many may lie in it.
 *
 * Items, getters and putters are all first come first served; but an item stays in the queue until
 * the getter that it is for runs, and a `get` that comes before that may take it: the getter keeps
 * its place and goes on waiting. Likewise a putter's own item goes in when the putter runs. So what
 * happens to a getter or a putter on the way (a kill, a timeout) loses no item.
 *
 * What order items leave in is the storage's business: `storage.ts` has that of the other queues.
 */
import { Empty, Full, ShutDown } from './errors.ts'
import type { Operation } from './operation.ts'
import { Ring } from './ring.ts'
import type { Storage } from './storage.ts'
import { Waiters } from './waiters.ts'

/** Items, first in, first out. */
export class Queue<T> {
  readonly #items: Storage<T>
  readonly #maxsize: number
  readonly #getters = new Waiters(this)
  readonly #putters = new Waiters(this)
  #notified = false
  #isShutDown = false

  /** At most `maxsize` items, 0 for as many as come. RangeError for a negative or broken number. */
  constructor(maxsize?: number)
  constructor(maxsize: number, items: Storage<T>)
  constructor(maxsize = 0, items: Storage<T> = new Ring<T>()) {
    if (!(maxsize >= 0)) throw new RangeError(`a queue can't have room for ${maxsize} items`)
    this.#maxsize = maxsize === 0 ? Infinity : maxsize
    this.#items = items
  }

  /** How many items lie in it. */
  get qsize(): number {
    return this.#items.size
  }

  /** Whether no item lies in it. */
  get empty(): boolean {
    return this.#items.size === 0
  }

  /** Whether there is no room for one more. */
  get full(): boolean {
    return this.#items.size >= this.#maxsize
  }

  /**
   * Puts `item` in; parks while the queue is full. Full after `timeoutMs` milliseconds, at once with
   * 0. ShutDown if it is, or is being shut down meanwhile.
   */
  *put(item: T, timeoutMs?: number): Operation<void> {
    if (this.full && this.#mayWait(timeoutMs) && !(yield* this.#putters.wait(timeoutMs))) {
      throw new Full('the queue had no room in time')
    }
    this.putNowait(item)
  }

  /** `put(item, 0)` as a plain call, from anywhere. */
  putNowait(item: T): void {
    if (this.#isShutDown) throw new ShutDown('the queue was shut down: it takes nothing any more')
    if (this.full) throw new Full('the queue is full')
    this.#items.push(item)
    this.onPut()
    if (this.#getters.size > 0) this.#notifySoon()
  }

  /**
   * Takes the next item; parks while there is none. Empty after `timeoutMs` milliseconds, at once with
   * 0. ShutDown when there is none and none will come.
   */
  *get(timeoutMs?: number): Operation<T> {
    if (this.empty && this.#mayWait(timeoutMs) && !(yield* this.#getters.wait(timeoutMs))) {
      throw new Empty('the queue had no item in time')
    }
    return this.getNowait()
  }

  /** `get(0)` as a plain call, from anywhere. */
  getNowait(): T {
    this.#needItem()
    const item = this.#items.shift() as T
    if (this.#putters.size > 0) this.#notifySoon()
    return item
  }

  /** `get` that leaves the item where it is. */
  *peek(timeoutMs?: number): Operation<T> {
    if (this.empty && this.#mayWait(timeoutMs) && !(yield* this.#getters.wait(timeoutMs))) {
      throw new Empty('the queue had no item in time')
    }
    this.#needItem()
    return this.#items.peek() as T
  }

  /**
   * Takes no more items: `put` throws ShutDown, also in those who wait to put; `get` does once the
   * items are gone. With `immediate` the items are dropped. Not undone; twice is once.
   */
  shutdown(immediate = false): void {
    this.#isShutDown = true
    while (immediate && !this.empty) {
      this.#items.shift()
      this.onDrop()
    }
    this.#notifySoon()
  }

  /** An item went in. */
  protected onPut(): void {}

  /** An item was dropped that nobody has got. */
  protected onDrop(): void {}

  #mayWait(timeoutMs: number | undefined): boolean {
    return !this.#isShutDown && !(timeoutMs !== undefined && timeoutMs <= 0)
  }

  #needItem(): void {
    if (!this.empty) return
    if (this.#isShutDown) throw new ShutDown('the queue was shut down, and is empty')
    throw new Empty('the queue is empty')
  }

  get #putterCanGo(): boolean {
    return this.#putters.size > 0 && (!this.full || this.#isShutDown)
  }

  get #getterCanGo(): boolean {
    return this.#getters.size > 0 && (!this.empty || this.#isShutDown)
  }

  #notifySoon(): void {
    if (this.#notified) return
    const waiters = this.#getters.size > 0 ? this.#getters : this.#putters
    this.#notified = waiters.size > 0
    waiters.soon(this.#notify)
  }

  readonly #notify = (): void => {
    this.#notified = false
    // Not those who come meanwhile: a putter and a getter could wake each other here for ever.
    const [lastPutter, lastGetter] = [this.#putters.arrivals, this.#getters.arrivals]
    for (;;) {
      const put = this.#putterCanGo && this.#putters.wakeOne(lastPutter)
      const got = this.#getterCanGo && this.#getters.wakeOne(lastGetter)
      if (!put && !got) break
    }
    if (this.#putterCanGo || this.#getterCanGo) this.#notifySoon()
  }
}
