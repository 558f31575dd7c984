/**
 * nursery: a block that does not end before the greenlets that were started in it (trio's name, and
 * trio's reason: what a block started can't be forgotten, nor fail unseen).
 *
 * The first failure, of the body or of a child, is thrown as a GreenletExit into all others, the last
 * started first; the block waits for their cleanup and then throws the failure. A kill or a Timeout of
 * the greenlet that runs the block is a failure of the body. Only children whose very cleanup is in a
 * dead end (LoopExit) are left to the end of `run`.
 */
import { BlockingSwitchOutError, GreenletExit, LoopExit } from './errors.ts'
import { Greenlet } from './greenlet.ts'
import { getcurrent } from './hub.ts'
import type { Body, Operation } from './operation.ts'
import { made } from './trace.ts'
import { Waiter } from './waiter.ts'

/** Where the children of a block are started. */
export class Nursery {
  readonly #parent: Greenlet<unknown>
  readonly #children = new Set<Greenlet<unknown>>()
  /** Of the body, and of what the greenlet was thrown while it waited for the children. */
  readonly #ownErrors: unknown[] = []
  readonly #childErrors: unknown[] = []
  #state: 'open' | 'cancelled' | 'closed' = 'open'
  #waiter: Waiter<void> | undefined

  /** @internal */
  constructor(parent: Greenlet<unknown>) {
    this.#parent = parent
  }

  /** How many children have not ended. */
  get size(): number {
    return this.#children.size
  }

  /** Starts a child. An Error when the block has ended or failed. */
  spawn<T, A extends readonly unknown[]>(body: Body<T, A>, ...args: A): Greenlet<T> {
    if (this.#state === 'cancelled' || this.#state === 'closed') {
      throw new Error('the nursery is closed: it takes no more children')
    }
    const child = new Greenlet<T>(body as Body<T, readonly unknown[]>, ...args)
    child.quiet = true
    this.#children.add(child)
    child.rawlink(() => this.#onEnd(child))
    child.start()
    return child
  }

  /** @internal */
  *run<T>(body: (nursery: Nursery) => Operation<T>): Operation<T> {
    let result: T | undefined
    try {
      result = yield* body(this)
      // oxlint-disable-next-line gdl/rethrow-exit -- it is thrown when the children have ended
    } catch (error) {
      this.#ownErrors.push(error)
      this.#cancel()
    }
    while (this.size > 0) {
      this.#waiter = new Waiter<void>(undefined, this)
      try {
        yield* this.#waiter.get()
        // oxlint-disable-next-line gdl/rethrow-exit -- so is this
      } catch (error) {
        // Even their cleanup waits for what will never come: so would we.
        if (error instanceof LoopExit && this.#state === 'cancelled') break
        this.#ownErrors.push(error)
        this.#cancel()
      }
    }
    this.#state = 'closed'
    this.#raise()
    return result as T
  }

  #onEnd(child: Greenlet<unknown>): void {
    this.#children.delete(child)
    if (!child.successful) {
      const isFirst = this.#state === 'open'
      this.#childErrors.push(child.exception)
      this.#cancel()
      // Once: the body may be cleaning up, or waiting for those who do.
      if (isFirst) this.#parent.throw(new GreenletExit('a sibling has failed'))
    }
    if (this.size === 0) this.#waiter?.switch()
  }

  /** Ends the children, the last one first; once. */
  #cancel(): void {
    if (this.#state === 'cancelled') return
    this.#state = 'cancelled'
    for (const child of [...this.#children].reverse()) child.killSoon()
  }

  #raise(): void {
    const all = [...this.#ownErrors, ...this.#childErrors]
    // A kill, a failed sibling's too, is no error, and gives way to one (S30).
    const errors = all.filter((error) => !(error instanceof GreenletExit))
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} errors in a nursery`)
    if (all.length > 0) throw errors.length > 0 ? errors[0] : all[0]
  }
}

/**
 * Runs `body` with a place to start children in, and parks until it and they have ended; gives what
 * `body` returned. If one fails, the others are killed, and its error is thrown once they have ended;
 * several, the body's own first, as an AggregateError. A kill comes through as a kill.
 */
export function nursery<T>(body: (nursery: Nursery) => Operation<T>): Operation<T> {
  return made(nursing(body))
}

function* nursing<T>(body: (nursery: Nursery) => Operation<T>): Operation<T> {
  const parent = getcurrent()
  if (parent === undefined) throw new BlockingSwitchOutError('only a greenlet can run a nursery')
  return yield* new Nursery(parent).run(body)
}
