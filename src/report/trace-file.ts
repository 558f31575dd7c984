/**
 * A file in Chrome's trace-event format, as it grows: a JSON object whose `traceEvents` stand one a line.
 * The format is described in "Trace Event Format" (docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
 *
 * Written synchronously, in pieces of 64 KiB: those who are traced must not be switched by it, and a run
 * that ends in the middle still closes its brackets. Events of a whole run in memory, to be written at the
 * end, were rejected: ten thousand downloads have a million of them.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { FileError, UsageError } from '../errors.ts'

const PIECE_LENGTH = 65_536

/** Of an event that has details. */
export type TraceArgs = Readonly<Record<string, string | number | undefined>>

/** The fields of a span that are the same for all of its kind. */
export function kindOf(name: string, category: string): string {
  return `"name":${JSON.stringify(name)},"cat":"${category}"`
}

/** Times are whole microseconds since the first `now`. All lanes are of process 1. */
export class TraceFile {
  readonly #path: string
  readonly #originMs = performance.now()
  #fd: number | undefined
  #piece = '{"displayTimeUnit":"ms","traceEvents":[\n'
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
    this.#piece += `{"ph":"M","ts":0,"pid":1,"tid":1,"name":"process_name","args":{"name":"gdl"}}`
  }

  now(): number {
    return Math.round((performance.now() - this.#originMs) * 1000)
  }

  /** Names a lane. */
  name(lane: number, name: string): void {
    this.#add('M', 'thread_name', 0, lane, `,"args":${JSON.stringify({ name })}`)
  }

  /** Something that began at `ts` and is over. `kind` is what `kindOf` gives: most spans are of few kinds. */
  span(lane: number, kind: string, ts: number, end: number): void {
    this.#put(`"ph":"X","ts":${ts},"pid":1,"tid":${lane},${kind},"dur":${end - ts}`)
  }

  /** Something begins, that lasts until the `end` of the same lane that matches. */
  begin(lane: number, name: string, category: string, ts: number, args: TraceArgs = {}): void {
    this.#add('B', name, ts, lane, `,"cat":"${category}","args":${JSON.stringify(args)}`)
  }

  end(lane: number, name: string, ts: number): void {
    this.#add('E', name, ts, lane, '')
  }

  /** Something happens, and takes no time. */
  instant(lane: number, name: string, category: string, ts: number, args: TraceArgs = {}): void {
    this.#add('i', name, ts, lane, `,"s":"t","cat":"${category}","args":${JSON.stringify(args)}`)
  }

  /** Completes the file. Gives the error of the first write that failed, after which nothing was written. */
  close(): FileError | undefined {
    if (this.#fd === undefined) return this.#error
    this.#piece += '\n]}\n'
    this.#write()
    closeSync(this.#fd)
    this.#fd = undefined
    return this.#error
  }

  #add(phase: string, name: string, ts: number, lane: number, rest: string): void {
    const head = `"ph":"${phase}","ts":${ts},"pid":1,"tid":${lane}`
    this.#put(`${head},"name":${JSON.stringify(name)}${rest}`)
  }

  #put(fields: string): void {
    this.#piece += `,\n{${fields}}`
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
