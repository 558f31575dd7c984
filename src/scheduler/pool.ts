/**
 * Pool: a Group with a limit. It is the spawner that waits while the pool is full, so that there is
 * never a heap of greenlets that only wait for their turn.
 */
import { PoolFull } from './errors.ts'
import type { Greenlet } from './greenlet.ts'
import { Members } from './members.ts'
import type { Body, Operation } from './operation.ts'
import { Semaphore } from './semaphore.ts'
import { spawn } from './spawn.ts'

/** At most `size` greenlets at once; whoever spawns one more parks until a member has ended. */
export class Pool extends Members {
  readonly #room: Semaphore

  /** RangeError for a negative size. A pool of 0 never has room; without a size there always is. */
  constructor(size: number = Infinity) {
    super()
    this.#room = new Semaphore(size, this)
  }

  /** How many more may be spawned without parking. */
  get freeCount(): number {
    return this.#room.counter
  }

  /** Whether who spawns one more has to wait. */
  get full(): boolean {
    return this.#room.locked
  }

  /** Starts a member; parks while the pool is full, first come first served. A kill here costs no room. */
  *spawn<T, A extends readonly unknown[]>(body: Body<T, A>, ...args: A): Operation<Greenlet<T>> {
    if (typeof body !== 'function') throw new TypeError('a pool needs a function* to spawn')
    yield* this.#room.acquire()
    const greenlet = spawn(body, ...args)
    this.track(greenlet)
    return greenlet
  }

  /**
   * Keeps track of `greenlet`, which takes up room until it ends; parks while there is none. PoolFull
   * when there is none after `timeout` milliseconds, at once with 0 or without `block`. Twice is once.
   */
  *add(
    greenlet: Greenlet<unknown>,
    { block = true, timeout }: { block?: boolean; timeout?: number } = {},
  ): Operation<void> {
    if (this.has(greenlet)) return
    if (!(yield* this.#room.acquire({ timeout: block ? timeout : 0 }))) {
      throw new PoolFull('the pool had no room in time')
    }
    if (!this.track(greenlet)) this.#room.release()
  }

  protected override launch<T, A extends readonly unknown[]>(
    body: Body<T, A>,
    ...args: A
  ): Operation<Greenlet<T>> {
    return this.spawn(body, ...args)
  }

  protected override onRemove(): void {
    this.#room.release()
  }
}
