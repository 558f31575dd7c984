/**
 * Standard output, for data: a queue, and one greenlet that writes it.
 *
 * `process.stdout` was rejected: its writes to a pipe either hold up the whole process, signals included,
 * or queue without a bound; and nothing tells when they are over. Here a slow reader holds the run back
 * (`Backlog`), and the run ends when all is written, or when nobody reads any more.
 */
import { Backlog, outputError, type Session } from '../download/index.ts'
import type { GdlError } from '../errors.ts'
import { File } from '../io/index.ts'
import { Event, type Greenlet, type Operation, rethrowExit, spawn } from '../scheduler/index.ts'

const STDOUT_FD = 1
/** So many characters wait before no more downloads begin. */
const MOST_QUEUED = 1024 * 1024

/** To be made inside of `run`. */
export class DataOutput {
  /** Ends when the output is closed, or can't be written to any more. */
  readonly writer: Greenlet<void>
  /** Why it can't be written to any more. */
  failure: GdlError | undefined
  readonly #file = new File(STDOUT_FD, 'stream')
  readonly #backlog: Backlog
  readonly #changed = new Event()
  #queued = ''
  #isClosing = false

  constructor(session: Session) {
    this.#backlog = new Backlog(session, MOST_QUEUED)
    const output = (): Operation<void> => this.#run()
    this.writer = spawn(output)
  }

  /** Queues `text`; undefined is nothing. Does not park. Lost once there is a `failure`. */
  write(text: string | undefined): void {
    if (text === undefined || this.failure !== undefined) return
    this.#queued += text
    this.#backlog.change(text.length)
    this.#changed.set()
  }

  /** Parks until all is written, or can't be. */
  *close(): Operation<void> {
    this.#isClosing = true
    this.#changed.set()
    yield* this.writer.join()
  }

  *#run(): Operation<void> {
    try {
      for (;;) {
        const text = this.#queued
        if (text !== '') {
          this.#queued = ''
          yield* this.#file.write([Buffer.from(text)])
          this.#backlog.change(-text.length)
        } else if (this.#isClosing) return
        else {
          this.#changed.clear()
          yield* this.#changed.wait()
        }
      }
    } catch (error) {
      rethrowExit(error)
      this.failure = outputError(error)
    }
  }
}
