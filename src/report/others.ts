/**
 * What others write to the terminal that we draw on: warnings of Node, messages of a library, the output
 * of commands. Written where the cursor happens to rest it would eat a bar, and put the next frame in the
 * wrong place. So it is taken, made of whole lines, and stands above the bars like our own.
 *
 * Known weakness: who writes to the descriptor itself, as a crash of V8 does, is not seen.
 */
import { sanitize } from './sanitize.ts'

/** The part of a stream that is taken over; `process.stderr` is one. */
export interface Writable {
  write(text: string): unknown
}

/** Makes whole lines of pieces of text. */
export class LineSplitter {
  readonly #take: (line: string) => void
  #rest = ''

  /** `take` is given each line, harmless for a terminal and without its end. */
  constructor(take: (line: string) => void) {
    this.#take = take
  }

  push(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/)
    this.#rest = lines.pop()!
    for (const line of lines) this.#take(sanitize(line))
  }

  /** What has no line end yet is a line too. */
  end(): void {
    if (this.#rest !== '') this.#take(sanitize(this.#rest))
    this.#rest = ''
  }
}

/** Gives the lines that are written to `stream` to `take`, until the function that it gives is called. */
export function takeLines(stream: Writable, take: (line: string) => void): () => void {
  const lines = new LineSplitter(take)
  const own = Object.getOwnPropertyDescriptor(stream, 'write')
  const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    lines.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
    const done = rest.at(-1)
    if (typeof done === 'function') process.nextTick(done)
    return true
  }
  Object.defineProperty(stream, 'write', { value: write, configurable: true, writable: true })
  return () => {
    if (own === undefined) Reflect.deleteProperty(stream, 'write')
    else Object.defineProperty(stream, 'write', own)
    lines.end()
  }
}
