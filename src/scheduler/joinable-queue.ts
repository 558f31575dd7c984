/**
 * JoinableQueue: a Queue that knows when the work is done, not only when it was handed out.
 */
import { Event } from './event.ts'
import type { Operation } from './operation.ts'
import { Queue } from './queue.ts'

/** A Queue that counts the items that were put and are not done. */
export class JoinableQueue<T> extends Queue<T> {
  #unfinished = 0
  readonly #done = new Event()

  /** As of Queue. */
  constructor(maxsize = 0) {
    super(maxsize)
    this.#done.set()
  }

  /** Says that an item that was got is done. RangeError when that was said of all. */
  taskDone(): void {
    if (this.#unfinished === 0) throw new RangeError('taskDone was called more often than put')
    if (--this.#unfinished === 0) this.#done.set()
  }

  /** Parks until all that was put is done (true), or `timeoutMs` have passed (false). */
  *join(timeoutMs?: number): Operation<boolean> {
    return yield* this.#done.wait(timeoutMs)
  }

  protected override onPut(): void {
    this.#unfinished++
    this.#done.clear()
  }

  protected override onDrop(): void {
    this.taskDone()
  }
}
