/**
 * A file in Chrome's trace-event format, as it grows: a JSON object whose `traceEvents` stand one a line.
 * The format is described in "Trace Event Format" (docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
 *
 * Written synchronously, in pieces: those who are traced must not be switched by it, and a run that ends in
 * the middle still closes its brackets. Events of a whole run in memory, to be written at the end, were
 * rejected: ten thousand downloads have forty thousand of them. Lines that are put together as strings, or digit
 * by digit as bytes, were rejected as well: more code than `JSON.stringify`, and not faster, for in a run of a
 * second V8 has hardly begun to compile it.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { FileError, UsageError } from '../errors.ts'

/** So many are written together. */
const PIECE_LENGTH = 128

/** Of an event that has details. */
export type TraceArgs = Readonly<Record<string, string | number | undefined>>

/** What an event is called, what sort of thing it is, and its details. */
export interface Kind {
  readonly name: string
  readonly cat: string
  readonly args?: TraceArgs | undefined
}

/** Times are whole microseconds. All lanes are of process 1. */
export class TraceFile {
  readonly #path: string
  readonly #originMs = performance.now()
  #fd: number | undefined
  #events: object[] = []
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
    this.#write(
      '{"displayTimeUnit":"ms","traceEvents":[\n{"ph":"M","ts":0,"pid":1,"tid":1,"name":"process_name","args":{"name":"gdl"}}',
    )
  }

  /** The time: microseconds since it was made. */
  now(): number {
    return Math.round((performance.now() - this.#originMs) * 1000)
  }

  /** Names a lane. */
  name(lane: number, name: string): void {
    this.#add({ ph: 'M', pid: 1, tid: lane, ts: 0, name: 'thread_name', args: { name } })
  }

  /** Something that began at `ts` and is over. */
  span(lane: number, { name, cat, args }: Kind, ts: number, end: number): void {
    this.#add({ ph: 'X', pid: 1, tid: lane, ts, dur: end - ts, name, cat, args })
  }

  /** Something happens, and takes no time. */
  instant(lane: number, { name, cat, args }: Kind, ts: number): void {
    this.#add({ ph: 'i', s: 't', pid: 1, tid: lane, ts, name, cat, args })
  }

  /** Completes the file. Gives the error of the first write that failed, after which nothing was written. */
  close(): FileError | undefined {
    if (this.#fd === undefined) return this.#error
    this.#drain()
    this.#write('\n]}\n')
    closeSync(this.#fd)
    this.#fd = undefined
    return this.#error
  }

  #add(event: object): void {
    if (this.#events.push(event) >= PIECE_LENGTH) this.#drain()
  }

  #drain(): void {
    if (this.#events.length === 0) return
    // In a string of JSON a quotation mark has a backslash before it, so this stands between events alone.
    const lines = JSON.stringify(this.#events).slice(1, -1).replaceAll('},{"ph"', '},\n{"ph"')
    this.#events = []
    this.#write(`,\n${lines}`)
  }

  #write(text: string): void {
    const bytes = Buffer.from(text)
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
