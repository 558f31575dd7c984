/**
 * Group and Pool: greenlets that are kept track of together; a Pool has so many at once.
 */
import type { Greenlet } from './greenlet.ts'
import { getcurrent } from './hub.ts'
import { killall } from './join.ts'
import type { Body, Operation } from './operation.ts'
import { Semaphore } from './semaphore.ts'
import { spawn } from './spawn.ts'
import { Waiters } from './waiters.ts'

/** A set of greenlets that forgets those that have ended. */
export class Group {
  readonly #members = new Set<Greenlet<unknown>>()
  readonly #joiners = new Waiters(this)
  #failure: { readonly error: unknown } | undefined

  get size(): number {
    return this.#members.size
  }

  [Symbol.iterator](): Iterator<Greenlet<unknown>> {
    return this.#members.values()
  }

  has(greenlet: Greenlet<unknown>): boolean {
    return this.#members.has(greenlet)
  }

  /** Starts a member. */
  spawn<T, A extends readonly unknown[]>(body: Body<T, A>, ...args: A): Greenlet<T> {
    const greenlet = spawn(body, ...args)
    this.add(greenlet)
    return greenlet
  }

  /** Keeps track of `greenlet` until it ends. Twice is once. */
  add(greenlet: Greenlet<unknown>): void {
    if (this.#members.has(greenlet)) return
    this.#members.add(greenlet)
    greenlet.rawlink(this.#onEnd)
  }

  /** Forgets `greenlet`, which lives on. */
  discard(greenlet: Greenlet<unknown>): void {
    greenlet.unlink(this.#onEnd)
    this.#remove(greenlet)
  }

  /**
   * Parks until it was empty once (true), or `timeoutMs` have passed (false). With `raiseError`, the
   * error of the first member that failed since the last such join is thrown once all have ended.
   */
  *join(
    timeoutMs?: number,
    { raiseError = false }: { raiseError?: boolean } = {},
  ): Operation<boolean> {
    const poll = timeoutMs !== undefined && timeoutMs <= 0
    const empty = this.size === 0 || (!poll && (yield* this.#joiners.wait(timeoutMs)))
    if (raiseError && this.#failure !== undefined) {
      const { error } = this.#failure
      this.#failure = undefined
      throw error
    }
    return empty
  }

  /** Kills all members, each once, those too that are added meanwhile; parks until there are none. */
  *kill(error?: unknown, options: { block?: boolean; timeout?: number } = {}): Operation<void> {
    do {
      yield* killall(this.#members, error, options)
      // One that ended just before has not told yet.
      for (const member of this.#members) if (member.ready) this.#onEnd(member)
    } while (this.size > 0 && options.block !== false)
  }

  readonly #onEnd = (greenlet: Greenlet<unknown>): void => {
    if (!this.#members.has(greenlet)) return
    if (!greenlet.successful) this.#failure ??= { error: greenlet.exception }
    this.#remove(greenlet)
  }

  #remove(greenlet: Greenlet<unknown>): void {
    if (!this.#members.delete(greenlet)) return
    if (this.size > 0) return
    const { arrivals } = this.#joiners
    this.#joiners.soon(() => this.#joiners.wakeUpTo(arrivals))
  }
}

/** At most `size` greenlets at once; whoever spawns one more parks until a member has ended. */
export class Pool {
  readonly #members = new Group()
  readonly #room: Semaphore

  /** RangeError for a negative size. A pool of 0 never has room. */
  constructor(size: number) {
    this.#room = new Semaphore(size)
  }

  get size(): number {
    return this.#members.size
  }

  /** How many more may be spawned without parking. */
  get freeCount(): number {
    return this.#room.counter
  }

  get full(): boolean {
    return this.#room.locked
  }

  /** Starts a member; parks while the pool is full, first come first served. A kill here costs no room. */
  *spawn<T, A extends readonly unknown[]>(body: Body<T, A>, ...args: A): Operation<Greenlet<T>> {
    if (typeof body !== 'function') throw new TypeError('a pool needs a function* to spawn')
    yield* this.#room.acquire()
    const greenlet = this.#members.spawn(body, ...args)
    greenlet.rawlink(() => this.#room.release())
    return greenlet
  }

  /** Runs `body` on each item, and gives the results in the order of the items, or throws the first error. */
  *map<T, I>(body: Body<T, [I]>, items: Iterable<I>): Operation<T[]> {
    const greenlets: Greenlet<T>[] = []
    for (const item of items) greenlets.push(yield* this.spawn(body, item))
    const results: T[] = []
    for (const greenlet of greenlets) results.push(yield* greenlet.get())
    return results
  }

  /** Runs `body` in a member and gives its result; a member does so itself, so as not to wait for its own room. */
  *apply<T, A extends readonly unknown[]>(body: Body<T, A>, ...args: A): Operation<T> {
    const me = getcurrent()
    if (me !== undefined && this.#members.has(me)) return yield* body(...args)
    const greenlet = yield* this.spawn(body, ...args)
    return yield* greenlet.get()
  }

  /** As `Group.join`. */
  *join(timeoutMs?: number, options?: { raiseError?: boolean }): Operation<boolean> {
    return yield* this.#members.join(timeoutMs, options)
  }

  /** As `Group.kill`. */
  *kill(error?: unknown, options?: { block?: boolean; timeout?: number }): Operation<void> {
    yield* this.#members.kill(error, options)
  }
}
