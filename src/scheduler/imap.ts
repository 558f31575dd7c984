/**
 * The steps of `imap`: a greenlet of its own takes the items from their source and launches a run for
 * each; the reader takes the results. Both go as far ahead as there is room.
 *
 * Results lie in a map under the number of the step that is to give them: that of the item, or, where
 * the order does not matter, that of the arrival. An error of the source has the number behind all.
 */
import { ConcurrentObjectUseError } from './errors.ts'
import { rethrowExit } from './exits.ts'
import { Greenlet } from './greenlet.ts'
import { getHub } from './hub.ts'
import type { Operation } from './operation.ts'
import { Semaphore } from './semaphore.ts'
import type { Steps } from './wait.ts'
import { Waiter } from './waiter.ts'

/** How `imap` maps. */
export interface ImapOptions {
  /** How many results may be on the way or unread. Default: as many as there are items. */
  maxsize?: number | undefined
}

interface Result {
  readonly successful: boolean
  readonly value?: unknown
  readonly exception?: unknown
}

/** @internal One result after the other. */
export class ImapSteps<T, I> implements Steps<T> {
  readonly #unread: Semaphore
  readonly #results = new Map<number, Result>()
  readonly #feeder: Greenlet<void>
  #arrivals = 0
  /** The number of the next step. */
  #next = 0
  /** How many steps there are, once that is known. */
  #steps = Infinity
  #waiter: Waiter<void> | undefined

  constructor(
    launch: (item: I) => Operation<Greenlet<T>>,
    items: Iterable<I>,
    isOrdered: boolean,
    { maxsize = Infinity }: ImapOptions = {},
  ) {
    if (!(maxsize >= 1)) throw new RangeError(`no result can be had with a maxsize of ${maxsize}`)
    this.#unread = new Semaphore(maxsize)
    this.#feeder = new Greenlet<void>(() => this.#feed(launch, items, isOrdered))
    this.#feeder.name = 'imap'
    this.#feeder.start()
  }

  *next(): Operation<T | undefined> {
    if (this.#waiter !== undefined) {
      throw new ConcurrentObjectUseError('another greenlet waits for the next step')
    }
    while (this.#next < this.#steps && !this.#results.has(this.#next)) {
      this.#waiter = new Waiter<void>(getHub(), this)
      try {
        yield* this.#waiter.get()
      } finally {
        this.#waiter = undefined
      }
    }
    const result = this.#results.get(this.#next)
    if (result === undefined) return undefined
    this.#results.delete(this.#next++)
    this.#unread.release()
    if (!result.successful) throw result.exception
    return result.value as T
  }

  close(): void {
    this.#feeder.killSoon()
    this.#results.clear()
    this.#steps = 0
    this.#waiter?.switch()
  }

  *#feed(
    launch: (item: I) => Operation<Greenlet<T>>,
    items: Iterable<I>,
    isOrdered: boolean,
  ): Operation<void> {
    let count = 0
    let failure: Result | undefined
    try {
      for (const item of items) {
        yield* this.#unread.acquire()
        const number = count
        const greenlet = yield* launch(item)
        count++
        greenlet.rawlink(() => this.#put(isOrdered ? number : this.#arrivals++, greenlet))
      }
    } catch (error) {
      rethrowExit(error)
      failure = { successful: false, exception: error }
    }
    if (failure !== undefined) this.#put(count++, failure)
    this.#steps = Math.min(this.#steps, count)
    this.#waiter?.switch()
  }

  #put(number: number, result: Result): void {
    if (this.#steps === 0) return
    this.#results.set(number, result)
    if (number === this.#next) this.#waiter?.switch()
  }
}
