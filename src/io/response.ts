/**
 * An answer: its status and fields, and its body, read chunk by chunk by a greenlet.
 */
import { NetworkError } from '../errors.ts'
import type { Operation } from '../scheduler/index.ts'
import type { Decoder } from './coding.ts'
import type { Batch, Exchange } from './exchange.ts'
import { contentLength, type ResponseFields } from './fields.ts'
import { hostOf } from './redirect.ts'

/** How much of a body that nobody wants is waited for, and how long. */
const DISCARDED_BYTES = 64 * 1024
const DISCARD_MS = 500

/** Never seen outside. */
const IMPATIENT = new NetworkError('GDL_ERR_STALLED', 'the body has not come yet')

interface Surroundings {
  readonly timeoutMs: number
  readonly onClose: () => void
  readonly decoder: Decoder | undefined
}

/** An answer whose body is read chunk by chunk. `close` it, unless it was read to its end. */
export class Response {
  /** Where it came from. */
  readonly url: string
  readonly status: number
  /** By lower-case name. */
  readonly headers: ResponseFields
  /** The body's length in bytes, when the server has told it, and it is not decoded. */
  readonly length: number | undefined
  /** The body is not as it was sent: its coding is undone. What is known of lengths and ranges is not of it. */
  readonly decoded: boolean
  readonly #exchange: Exchange
  readonly #decoder: Decoder | undefined
  readonly #late: { ms: number; error: () => NetworkError }
  readonly #onClose: () => void
  #closed = false

  /** @internal */
  constructor(url: string, exchange: Exchange, { timeoutMs, onClose, decoder }: Surroundings) {
    this.url = url
    this.status = exchange.status!
    this.headers = exchange.fields
    this.decoded = decoder !== undefined
    this.length = decoder === undefined ? contentLength(exchange.fields) : undefined
    this.#exchange = exchange
    this.#decoder = decoder
    this.#late = { ms: timeoutMs, error: () => stalled(hostOf(url), timeoutMs) }
    this.#onClose = onClose
  }

  /**
   * Parks until bytes of the body are there, and gives all of them, on loan: release the batch when
   * they are used up. Undefined at the end. Throws what went wrong with the exchange. While this is
   * not called, little more is read from the socket. Copies nothing.
   */
  readBatch(): Operation<Batch | undefined> {
    return this.#decoder === undefined ? this.#readRaw() : this.#readDecoded(this.#decoder)
  }

  *#readRaw(): Operation<Batch | undefined> {
    const exchange = this.#exchange
    if (!exchange.readable) yield* exchange.waitFor(() => exchange.readable, this.#late)
    if (exchange.queued.bytes > 0) return exchange.take()
    if (!this.decoded) this.close()
    return undefined
  }

  *#readDecoded(decoder: Decoder): Operation<Batch | undefined> {
    const batch = yield* decoder.read(() => this.#readRaw())
    if (batch === undefined) this.close()
    return batch
  }

  /** How many bytes of the body have come, read or not, as they were sent. */
  get received(): number {
    return this.#exchange.received
  }

  /** Whether the whole body has come, and what of it was not read waits. Never so for one that is decoded. */
  get ended(): boolean {
    return this.#exchange.ended && !this.decoded
  }

  /** What has come and waits to be read, on loan until it is read or closed. */
  get waiting(): readonly Buffer[] {
    return this.#exchange.queued.chunks
  }

  /**
   * Parks until the whole body has come, and waits to be read: then true; at most `withinMs`. What went
   * wrong is for `readBatch` to throw, after what had come. Only for one that is known to be short.
   */
  *arrived(withinMs: number): Operation<boolean> {
    const exchange = this.#exchange
    if (exchange.ended) return true
    const untilMs = performance.now() + withinMs
    const isOver = (): boolean => exchange.ended || performance.now() >= untilMs
    try {
      yield* exchange.waitFor(isOver, { ms: withinMs, error: () => IMPATIENT })
    } catch (error) {
      if (error !== IMPATIENT && error !== exchange.error) throw error
    }
    return exchange.ended
  }

  /** Closes it, but first waits a moment for the rest of a short body, so that the connection is kept. */
  *discard(): Operation<void> {
    const exchange = this.#exchange
    const late = stalled(hostOf(this.url), DISCARD_MS)
    try {
      if ((this.length ?? Infinity) <= DISCARDED_BYTES) {
        yield* exchange.waitFor(() => exchange.ended, { ms: DISCARD_MS, error: () => late })
      }
    } catch (error) {
      // The body is not wanted: that it can't be had is no error. A kill or a foreign deadline is.
      if (error !== late && error !== exchange.error) throw error
    } finally {
      this.close()
    }
  }

  /** `readBatch` as one buffer that is the caller's to keep. Undefined at the end. */
  *read(): Operation<Buffer | undefined> {
    const batch = yield* this.readBatch()
    if (batch === undefined) return undefined
    return batch.chunks.length === 1 ? batch.chunks[0] : Buffer.concat(batch.chunks, batch.bytes)
  }

  /** The whole body. Parks until its end. */
  *buffer(): Operation<Buffer> {
    const parts: Buffer[] = []
    for (let part = yield* this.read(); part !== undefined; part = yield* this.read()) {
      parts.push(part)
    }
    return Buffer.concat(parts)
  }

  /** The whole body as UTF-8. */
  *text(): Operation<string> {
    const body = yield* this.buffer()
    return body.toString()
  }

  /** The whole body as JSON; SyntaxError when it is none. */
  *json(): Operation<unknown> {
    const text = yield* this.text()
    return JSON.parse(text)
  }

  /** Ends it: the connection is kept if the body had come to its end, else closed. Twice is once. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#decoder?.close()
    this.#exchange.detach()
    this.#onClose()
  }
}

/** Nothing has come for so long. */
export function stalled(host: string, ms: number): NetworkError {
  return new NetworkError('GDL_ERR_STALLED', `${host}: not a byte in ${ms / 1000} s`, {
    retryable: true,
  })
}
