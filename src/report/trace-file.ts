/**
 * A file in Chrome's trace-event format, as it grows: a JSON object whose `traceEvents` stand one a line.
 * The format is described in "Trace Event Format" (docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
 *
 * Written synchronously, in pieces: those who are traced must not be switched by it, and a run that ends in
 * the middle still closes its brackets. Events of a whole run in memory, to be written at the end, were
 * rejected: ten thousand downloads have a hundred thousand of them. Lines of bytes, put together digit by
 * digit, were rejected as well: in a run of a second V8 has hardly begun to compile what does so, and 3,000
 * files took 2 % longer than with strings.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { FileError, UsageError } from '../errors.ts'

const PIECE_LENGTH = 16_384

/** Of an event that has details. */
export type TraceArgs = Readonly<Record<string, string | number | undefined>>

/** The fields of an event that are not its place and time: most events are of few kinds. */
export function kindOf(name: string, category: string, args?: TraceArgs): string {
  const kind = `"name":${JSON.stringify(name)},"cat":"${category}"`
  return args === undefined ? kind : `${kind},"args":${JSON.stringify(args)}`
}

/** Times are whole microseconds since it was made. All lanes are of process 1. */
export class TraceFile {
  readonly #path: string
  readonly #originMs = performance.now()
  #fd: number | undefined
  #piece = ''
  #error: FileError | undefined

  /** Opens `path`, which becomes empty. UsageError when it can't be written. */
  constructor(path: string) {
    this.#path = path
    try {
      this.#fd = openSync(path, 'w', 0o600)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new UsageError('GDL_ERR_USAGE', `--trace ${path}: it can't be written: ${code}`, {
        cause: error,
      })
    }
    this.#add(
      '{"displayTimeUnit":"ms","traceEvents":[\n{"ph":"M","ts":0,"pid":1,"tid":1,"name":"process_name","args":{"name":"gdl"}}',
    )
  }

  /** The time of the file at a `performance.now()`. */
  timeOf(atMs: number): number {
    return Math.round((atMs - this.#originMs) * 1000)
  }

  /** Names a lane. */
  name(lane: number, name: string): void {
    const args = JSON.stringify({ name })
    this.#add(`,\n{"ph":"M","ts":0,"pid":1,"tid":${lane},"name":"thread_name","args":${args}}`)
  }

  /** Something that began at `ts` and is over; `kind` is what `kindOf` gives. */
  span(lane: number, kind: string, ts: number, end: number): void {
    this.#add(`,\n{"ph":"X","pid":1,"tid":${lane},"ts":${ts},"dur":${end - ts},${kind}}`)
  }

  /** Something happens, and takes no time. */
  instant(lane: number, kind: string, ts: number): void {
    this.#add(`,\n{"ph":"i","s":"t","pid":1,"tid":${lane},"ts":${ts},${kind}}`)
  }

  /** Completes the file. Gives the error of the first write that failed, after which nothing was written. */
  close(): FileError | undefined {
    if (this.#fd === undefined) return this.#error
    this.#add('\n]}\n')
    this.#write()
    closeSync(this.#fd)
    this.#fd = undefined
    return this.#error
  }

  #add(text: string): void {
    this.#piece += text
    if (this.#piece.length >= PIECE_LENGTH) this.#write()
  }

  #write(): void {
    const bytes = Buffer.from(this.#piece)
    this.#piece = ''
    if (this.#fd === undefined || this.#error !== undefined) return
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      this.#error = new FileError('GDL_ERR_FILE', `--trace ${this.#path}: ${code}`, {
        cause: error,
      })
    }
  }
}
