/**
 * RLock: a lock that its owner may take again, and gives back as often.
 *
 * The owner is a greenlet, not a function: a greenlet that ends without releasing leaves it locked, as
 * in gevent. Release in a `finally`.
 */
import { BlockingSwitchOutError } from './errors.ts'
import type { Greenlet } from './greenlet.ts'
import { getcurrent } from './hub.ts'
import type { Operation } from './operation.ts'
import { Semaphore } from './semaphore.ts'

/** A lock that counts how often its owner has taken it. */
export class RLock {
  readonly #block = new Semaphore(1, this)
  #owner: Greenlet<unknown> | undefined
  #count = 0

  /** Whether a greenlet owns it. */
  get locked(): boolean {
    return this.#block.locked
  }

  /** How often its owner has taken it, 0 when there is none. */
  get counter(): number {
    return this.#count
  }

  /**
   * Takes it; parks while another greenlet owns it, first come first served, until it has it (true)
   * or `timeout` milliseconds have passed (false). For its owner it never parks.
   */
  *acquire(options: { timeout?: number | undefined } = {}): Operation<boolean> {
    const me = asker()
    if (me !== this.#owner && !(yield* this.#block.acquire(options))) return false
    this.#own(me)
    return true
  }

  /** Takes it if that is possible at once, and says whether. */
  tryAcquire(): boolean {
    const me = asker()
    if (me !== this.#owner && !this.#block.tryAcquire()) return false
    this.#own(me)
    return true
  }

  /** Gives it back once. An Error for who does not own it. */
  release(): void {
    if (this.#owner === undefined || this.#owner !== getcurrent()) {
      throw new Error(
        'this greenlet does not own the lock: only who has acquired it may release it',
      )
    }
    if (--this.#count > 0) return
    this.#owner = undefined
    this.#block.release()
  }

  #own(me: Greenlet<unknown>): void {
    this.#owner = me
    this.#count++
  }
}

function asker(): Greenlet<unknown> {
  const me = getcurrent()
  if (me === undefined) throw new BlockingSwitchOutError('only a greenlet can own an RLock')
  return me
}
