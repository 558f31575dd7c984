/**
 * Members: what a Group and a Pool have in common. They differ in how a greenlet comes in: into a group
 * at once, into a pool when there is room.
 */
import type { Greenlet } from './greenlet.ts'
import { getcurrent } from './hub.ts'
import { type ImapOptions, ImapSteps } from './imap.ts'
import { killall } from './join.ts'
import type { Body, Operation } from './operation.ts'
import type { Steps } from './wait.ts'
import { Waiters } from './waiters.ts'

/** Greenlets that are kept track of together until they end. */
export abstract class Members {
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

  /**
   * Runs `body` on each item, and gives the results in the order of the items, or throws the first
   * error by position; the others run on.
   */
  *map<T, I>(body: Body<T, [I]>, items: Iterable<I>): Operation<T[]> {
    const greenlets: Greenlet<T>[] = []
    for (const item of items) greenlets.push(yield* this.launch(body, item))
    const results: T[] = []
    for (const greenlet of greenlets) results.push(yield* greenlet.get())
    return results
  }

  /**
   * Runs `body` on each item, and gives the results one after the other, in the order of the items. A
   * step throws what its item's run threw, and the next goes on behind it; an error of `items` comes in
   * its place, as the last. With `maxsize`, no more than so many results are on the way or unread, so
   * that a slow reader slows the source down. `close` takes no more items, and lets those run that run.
   */
  imap<T, I>(body: Body<T, [I]>, items: Iterable<I>, options?: ImapOptions): Steps<T> {
    return new ImapSteps((item) => this.launch(body, item), items, true, options)
  }

  /** `imap` that gives the results in the order in which they come. */
  imapUnordered<T, I>(body: Body<T, [I]>, items: Iterable<I>, options?: ImapOptions): Steps<T> {
    return new ImapSteps((item) => this.launch(body, item), items, false, options)
  }

  /** Runs `body` in a member and gives its result; a member does so itself, so as not to wait for its own room. */
  *apply<T, A extends readonly unknown[]>(body: Body<T, A>, ...args: A): Operation<T> {
    const me = getcurrent()
    if (me !== undefined && this.has(me)) return yield* body(...args)
    const greenlet = yield* this.launch(body, ...args)
    return yield* greenlet.get()
  }

  /** Starts a member, when there is room. */
  protected abstract launch<T, A extends readonly unknown[]>(
    body: Body<T, A>,
    ...args: A
  ): Operation<Greenlet<T>>

  /** Keeps track of `greenlet` until it ends, and says whether that is new. */
  protected track(greenlet: Greenlet<unknown>): boolean {
    if (this.#members.has(greenlet)) return false
    this.#members.add(greenlet)
    greenlet.rawlink(this.#onEnd)
    return true
  }

  /** A member has ended or was discarded. */
  protected onRemove(): void {}

  readonly #onEnd = (greenlet: Greenlet<unknown>): void => {
    if (!this.#members.has(greenlet)) return
    if (!greenlet.successful) this.#failure ??= { error: greenlet.exception }
    this.#remove(greenlet)
  }

  #remove(greenlet: Greenlet<unknown>): void {
    if (!this.#members.delete(greenlet)) return
    this.onRemove()
    if (this.size > 0) return
    const { arrivals } = this.#joiners
    this.#joiners.soon(() => this.#joiners.wakeUpTo(arrivals))
  }
}
