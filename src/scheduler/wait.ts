/**
 * Waiting for any of several things: greenlets, events, semaphores, results, or whatever else has
 * `rawlink` and `unlink`.
 */
import type { Callback } from './callback.ts'
import { ConcurrentObjectUseError } from './errors.ts'
import { getHub } from './hub.ts'
import type { Operation } from './operation.ts'
import { made } from './trace.ts'
import { TIMEOUT_PRIORITY, Waiter } from './waiter.ts'
import type { TimerWatcher } from './watcher.ts'

/** Something that calls back in the hub, once, when it is ready, later also when it is ready now. */
export interface Linkable {
  /** Has `callback` called, in the hub, when this is ready. */
  rawlink(callback: (object: unknown) => unknown): void
  /** Takes that back. */
  unlink(callback: (object: unknown) => unknown): void
}

/** What comes one after the other, each to be waited for. */
export interface Steps<T> {
  /** Parks until the next is there; undefined when there is none to come. One greenlet at a time. */
  next(): Operation<T | undefined>
  /** Leaves early: lets go of all that is being waited for, and `next` gives undefined. Twice is once. */
  close(): void
}

/** How long, and for how many. */
export interface WaitOptions {
  /** In milliseconds, for all together; 0 gives those that are ready. Default: for ever. */
  timeout?: number | undefined
  /** Come back when so many are ready. Default: all. */
  count?: number | undefined
}

/**
 * The objects in the order in which they become ready, until there were `count` of them or the time,
 * which counts from the first step, is over. One that is listed twice comes twice. It links on its
 * first step, and unlinks when it comes to its end or is closed. O(objects) in all.
 */
export function iwait<O extends Linkable>(
  objects: Iterable<O>,
  options: WaitOptions = {},
): Steps<O> {
  return new ReadinessSteps(objects, options)
}

/**
 * Parks until `objects` are ready, or `count` of them, or the time is over, and gives those that are,
 * in the order in which they became so. Without objects: until the loop has run dry (true), or the
 * time is over (false).
 */
export function wait(
  objects?: undefined,
  options?: { timeout?: number | undefined },
): Operation<boolean>
export function wait<O extends Linkable>(
  objects: Iterable<O>,
  options?: WaitOptions,
): Operation<O[]>
export function wait<O extends Linkable>(
  objects?: Iterable<O>,
  options: WaitOptions = {},
): Operation<O[] | boolean> {
  return made(waiting(objects, options))
}

function* waiting<O extends Linkable>(
  objects: Iterable<O> | undefined,
  options: WaitOptions,
): Operation<O[] | boolean> {
  if (objects === undefined) return yield* getHub().join(options.timeout)
  const ready: O[] = []
  const steps = iwait(objects, options)
  try {
    for (;;) {
      const object = yield* steps.next()
      if (object === undefined) return ready
      ready.push(object)
    }
  } finally {
    steps.close()
  }
}

/** @internal The steps of `iwait`. */
export class ReadinessSteps<O extends Linkable> implements Steps<O> {
  readonly #objects: readonly O[]
  readonly #timeoutMs: number | undefined
  /** How many are still to be given. */
  #left: number
  readonly #ready: O[] = []
  #given = 0
  #links: (() => void)[] | undefined
  #timer: TimerWatcher | Callback | undefined
  #isOver = false
  #waiter: Waiter<void> | undefined

  constructor(objects: Iterable<O>, { timeout, count = Infinity }: WaitOptions) {
    if (Number.isNaN(timeout)) throw new RangeError('a timeout of NaN ms')
    this.#objects = [...objects]
    this.#timeoutMs = timeout
    this.#left = Math.min(count, this.#objects.length)
  }

  *next(): Operation<O | undefined> {
    if (this.#waiter !== undefined) {
      throw new ConcurrentObjectUseError('another greenlet waits for the next step')
    }
    if (this.#left > 0) this.#begin()
    if (this.#left > 0 && this.#given === this.#ready.length && !this.#isOver) {
      this.#waiter = new Waiter<void>(getHub(), this.#objects)
      try {
        yield* this.#waiter.get()
      } finally {
        this.#waiter = undefined
      }
    }
    if (this.#left <= 0 || this.#given === this.#ready.length) {
      this.close()
      return undefined
    }
    if (--this.#left <= 0) this.#letGo()
    return this.#ready[this.#given++]
  }

  close(): void {
    this.#left = 0
    this.#letGo()
    this.#waiter?.switch()
  }

  #begin(): void {
    if (this.#links !== undefined) return
    this.#links = this.#objects.map((object) => {
      // A function for each, since an event takes the same one only once.
      const onReady = (): void => {
        this.#ready.push(object)
        this.#waiter?.switch()
      }
      object.rawlink(onReady)
      return () => object.unlink(onReady)
    })
    this.#startTimer()
  }

  #startTimer(): void {
    if (this.#timeoutMs === undefined) return
    const { loop } = getHub()
    const onTime = (): void => {
      this.#isOver = true
      this.#waiter?.switch()
    }
    // What is ready has its callback in the FIFO, ahead of this one.
    if (this.#timeoutMs <= 0) this.#timer = loop.runCallback(onTime)
    else {
      loop.update()
      const timer = loop.timer(this.#timeoutMs)
      timer.priority = TIMEOUT_PRIORITY
      timer.start(onTime)
      this.#timer = timer
    }
  }

  #letGo(): void {
    for (const unlink of this.#links ?? []) unlink()
    this.#links = []
    this.#timer?.stop()
    this.#timer = undefined
  }
}
