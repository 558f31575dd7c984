/**
 * A session as an async iterable: promises outside, greenlets inside.
 *
 * Nothing begins before the first `next`. All calls share one hub of their own, apart from the hub of a
 * program that uses `gdl/scheduler` itself: its `run`, when it ends, kills what is left on its hub. No
 * greenlet here is a main, so no signal and no event of `process` is listened to.
 *
 * An async generator alone was rejected: its `return` waits for a `next` that is under way, and a
 * download that stalls would hold up whoever wants to stop it. Here `return` stops the run first.
 */
import { until } from '../io/index.ts'
import { type Greenlet, Hub, type Operation, rethrowExit, spawn } from '../scheduler/index.ts'
import { Backlog } from './backlog.ts'
import { Chronicle } from './chronicle.ts'
import { conduct } from './conduct.ts'
import type { Item } from './entry.ts'
import type { RunEvent } from './events.ts'
import type { SessionOptions } from './options.ts'
import { Session } from './session.ts'

/** So many events wait for their reader before no more downloads begin. */
const MOST_EVENTS = 1000

let shared: Hub | undefined

/**
 * Downloads `items`, and gives what happens. The iterator throws `signal`'s reason when that aborts, and
 * what `items` throws, once the downloads have been stopped and have cleaned up.
 */
export function downloadItems(
  items: AsyncIterable<Item>,
  options: SessionOptions,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<RunEvent> {
  const run = new StreamedRun(items, options)
  const events = run.events(signal)
  return {
    next: () => events.next(),
    return: () => {
      run.stop()
      return events.return(undefined)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

class StreamedRun {
  readonly #items: AsyncIterable<Item>
  readonly #options: SessionOptions
  #events: RunEvent[] = []
  #backlog: Backlog | undefined
  #work: Greenlet<void> | undefined
  #isStopped = false
  /** Wakes the reader: there are events, or the work has ended. */
  #wake: (() => void) | undefined

  constructor(items: AsyncIterable<Item>, options: SessionOptions) {
    this.#items = items
    this.#options = options
  }

  /** The events, to be read once. Its end, whatever the reason, is after the end of the downloads. */
  async *events(signal: AbortSignal | undefined): AsyncGenerator<RunEvent, undefined, void> {
    signal?.throwIfAborted()
    if (this.#isStopped) return
    const onAbort = (): void => this.stop()
    signal?.addEventListener('abort', onAbort)
    const work = this.#start()
    try {
      for (;;) {
        const events = this.#events
        this.#events = []
        for (const event of events) {
          this.#backlog?.change(-1)
          yield event
          signal?.throwIfAborted()
        }
        if (work.ready && this.#events.length === 0) break
        if (this.#events.length === 0) await this.#more()
        signal?.throwIfAborted()
      }
      if (work.exception !== undefined) throw work.exception as Error
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.stop()
      while (!work.ready) await this.#more()
    }
  }

  /** Has the downloads stopped; `events` ends when they have. Twice is once. */
  stop(): void {
    this.#isStopped = true
    this.#work?.killSoon()
  }

  #start(): Greenlet<void> {
    shared ??= new Hub()
    const work = shared.within(() => spawn(() => this.#run()))
    // What it throws, the iterator throws.
    work.quiet = true
    work.rawlink(() => this.#wake?.())
    this.#work = work
    return work
  }

  *#run(): Operation<void> {
    const session = new Session(this.#options, (event) => chronicle.event(event))
    const backlog = new Backlog(session, MOST_EVENTS)
    this.#backlog = backlog
    const chronicle = new Chronicle(session.state, (event) => {
      this.#events.push(event)
      backlog.change(1)
      this.#wake?.()
    })
    chronicle.begin()
    yield* conduct(
      session,
      () => feed(session, this.#items),
      (nowMs) => chronicle.tick(nowMs),
    )
    chronicle.end()
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

function* feed(session: Session, items: AsyncIterable<Item>): Operation<void> {
  const iterator = items[Symbol.asyncIterator]()
  let isOpen = true
  try {
    for (;;) {
      const { done, value } = yield* until(iterator.next())
      if (done === true) break
      session.take(value)
      yield* session.room()
    }
    isOpen = false
  } catch (error) {
    rethrowExit(error)
    isOpen = false
    throw error
  } finally {
    // Not waited for: it may be in the middle of something that never ends.
    if (isOpen) iterator.return?.().then(undefined, () => {})
  }
}
