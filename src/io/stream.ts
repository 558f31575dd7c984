/**
 * A Node stream as a greenlet reads it: standard input, say.
 */
import type { Readable } from 'node:stream'
import { getHub, type IoWatcher, type Operation, withTimeout } from '../scheduler/index.ts'

const MOST_QUEUED_BYTES = 256 * 1024

/** What `read` gives when nothing has come in time. */
export const IDLE: unique symbol = Symbol('idle')

/** Reads chunks of a stream. The stream flows only while they are wanted. */
export class StreamReader {
  readonly #stream: Readable
  readonly #watcher: IoWatcher = getHub().loop.io('input')
  #chunks: Buffer[] = []
  #bytes = 0
  #ended = false
  #error: Error | undefined

  constructor(stream: Readable) {
    this.#stream = stream
    stream.on('data', this.#onData)
    stream.on('end', this.#onEnd)
    stream.on('error', this.#onError)
  }

  /** Parks until bytes are there, and gives them; undefined at the end; IDLE after `idleMs`. Throws the stream's error. */
  *read(idleMs?: number): Operation<Buffer | undefined | typeof IDLE> {
    while (this.#chunks.length === 0) {
      if (this.#error !== undefined) throw this.#error
      if (this.#ended) return undefined
      const wait = (): Operation<unknown> => getHub().wait(this.#watcher)
      if ((yield* withTimeout(idleMs, wait, { value: IDLE })) === IDLE) return IDLE
    }
    const all = Buffer.concat(this.#chunks)
    this.#chunks = []
    this.#bytes = 0
    this.#stream.resume()
    return all
  }

  /** Reads no more, and lets the process end while the stream is open. */
  close(): void {
    this.#stream.off('data', this.#onData)
    this.#stream.off('end', this.#onEnd)
    this.#stream.destroy()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > MOST_QUEUED_BYTES) this.#stream.pause()
    this.#watcher.feed()
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    this.#watcher.feed()
  }

  readonly #onError = (error: Error): void => {
    this.#error = error
    this.#watcher.feed()
  }
}
