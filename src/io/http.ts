/**
 * HTTP as a greenlet sees it: `const response = yield* http.get(url)`, then `yield* response.read()`.
 *
 * A Transport keeps the connections that are idle. It does not limit how many there are: who asks for
 * more than are wanted at once is the caller's business, which has a semaphore for it.
 */
import { NetworkError, ProtocolError, redact } from '../errors.ts'
import type { Operation } from '../scheduler/index.ts'
import type * as connectorModule from './connector.ts'
import { type Batch, Exchange } from './exchange.ts'
import { contentLength, fieldValue, type ResponseFields } from './fields.ts'
import { until } from './promise.ts'
import {
  hostOf,
  isRedirect,
  redirectTarget,
  requestFields,
  type Target,
  targetOf,
} from './redirect.ts'

/** How long to wait for what, in milliseconds. */
export interface HttpTimeouts {
  /** For a connection, TLS included. Default 10 s. */
  readonly connectTimeoutMs?: number
  /** Without a byte, before the answer or in it. Default 30 s. */
  readonly timeoutMs?: number
}

/** What `get` may be told. */
export interface GetOptions extends HttpTimeouts {
  readonly headers?: Readonly<Record<string, string>>
  /** Default 20. */
  readonly maxRedirects?: number
}

/** How much of a body that nobody wants is waited for, and how long. */
const DISCARDED_BYTES = 64 * 1024
const DISCARD_MS = 500

/** Never seen outside. */
const IMPATIENT = new NetworkError('GDL_ERR_STALLED', 'the body has not come yet')

/** An answer whose body is read chunk by chunk. `close` it, unless it was read to its end. */
export class Response {
  /** Where it came from. */
  readonly url: string
  readonly status: number
  /** By lower-case name. */
  readonly headers: ResponseFields
  /** The body's length in bytes, when the server has told it. */
  readonly length: number | undefined
  readonly #exchange: Exchange
  readonly #late: { ms: number; error: () => NetworkError }
  readonly #onClose: () => void
  #closed = false

  /** @internal */
  constructor(url: string, exchange: Exchange, timeoutMs: number, onClose: () => void) {
    this.url = url
    this.status = exchange.status!
    this.headers = exchange.fields
    this.length = contentLength(exchange.fields)
    this.#exchange = exchange
    this.#late = { ms: timeoutMs, error: () => stalled(url, timeoutMs) }
    this.#onClose = onClose
  }

  /**
   * Parks until bytes of the body are there, and gives all of them, on loan: release the batch when
   * they are used up. Undefined at the end. Throws what went wrong with the exchange. While this is
   * not called, little more is read from the socket. Copies nothing.
   */
  *readBatch(): Operation<Batch | undefined> {
    const exchange = this.#exchange
    if (!exchange.readable) yield* exchange.waitFor(() => exchange.readable, this.#late)
    if (exchange.queued.bytes > 0) return exchange.take()
    this.close()
    return undefined
  }

  /** Whether the body was compressed for the way, and is not here: then it has no length, and no ranges. */
  readonly decoded: boolean = false

  /** What has come and waits to be read, on loan until it is read or closed. */
  get waiting(): readonly Buffer[] {
    return this.#exchange.queued.chunks
  }

  /** How many bytes of the body have come, read or not. */
  get received(): number {
    return this.#exchange.received
  }

  /** Whether the whole body has come; what of it was not read waits. */
  get ended(): boolean {
    return this.#exchange.ended
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
    const late = stalled(this.url, DISCARD_MS)
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
    this.#exchange.detach()
    this.#onClose()
  }
}

let connector: typeof connectorModule | undefined

/** Connections, and requests on them. */
export class Transport {
  readonly #idle = new Map<string, connectorModule.Connection[]>()
  #closed = false;

  /**
   * Sends a GET and parks until its answer's head has come, whatever its status; redirects are not
   * followed. Throws a GdlError: NetworkError, TlsError or ProtocolError. A kill closes the connection.
   */
  *request(
    { href, origin, path, fields }: Target,
    { connectTimeoutMs = 10_000, timeoutMs = 30_000 }: HttpTimeouts = {},
  ): Operation<Response> {
    // Loaded here, so that what sends nothing does not pay for undici.
    connector ??= yield* until(import('./connector.ts'))
    for (;;) {
      const connection = this.#idle.get(origin)?.pop() ?? new connector.Connection(origin)
      const reused = connection.connected
      const exchange = new Exchange(connection, hostOf(href))
      let answered = false
      try {
        exchange.send(path, fields.own)
        yield* exchange.waitFor(() => connection.connected || exchange.status !== undefined, {
          ms: connectTimeoutMs,
          error: () => connectTimedOut(href, connectTimeoutMs),
        })
        yield* exchange.waitFor(() => exchange.status !== undefined, {
          ms: timeoutMs,
          error: () => stalled(href, timeoutMs),
        })
        answered = true
      } catch (error) {
        // An idle connection that the server closed just then (RFC 9112, 9.3.1): on a fresh one again.
        if (reused && !exchange.answered && error === exchange.error) continue
        throw error
      } finally {
        if (!answered) exchange.detach()
      }
      const response = new Response(href, exchange, timeoutMs, () => this.#keep(exchange))
      if (Number.isNaN(response.length)) {
        response.close()
        throw new ProtocolError('GDL_ERR_PROTOCOL', `${hostOf(href)}: an unusable Content-Length`)
      }
      return response
    }
  }

  /** Closes the connections that are idle, and those that become idle. */
  close(): void {
    this.#closed = true
    for (const connections of this.#idle.values()) for (const idle of connections) idle.destroy()
    this.#idle.clear()
  }

  #keep({ connection, ended }: Exchange): void {
    if (!ended || !connection.connected) return
    if (this.#closed) {
      connection.destroy()
      return
    }
    const idle = this.#idle.get(connection.origin) ?? []
    if (idle.length === 0) this.#idle.set(connection.origin, idle)
    idle.push(connection)
    connection.onChange = () => {
      // Closed while idle: by the server, or by undici after 4 s.
      const index = idle.indexOf(connection)
      if (index >= 0) idle.splice(index, 1)
      if (idle.length === 0) this.#idle.delete(connection.origin)
    }
  }
}

let shared: Transport | undefined

/** Requests on the connections that the whole process shares. */
export const http = {
  /**
   * GETs `url`, follows redirects, and parks until the answer's head has come; any status is an answer.
   * Given headers go to the first origin alone. Throws a GdlError; a TypeError for what is no http(s) URL.
   */
  *get(url: string, options: GetOptions = {}): Operation<Response> {
    const { headers = {}, maxRedirects = 20 } = options
    shared ??= new Transport()
    const normalised = new URL(url)
    if (!/^https?:$/.test(normalised.protocol)) {
      throw new TypeError(`${normalised.protocol} is neither http: nor https:`)
    }
    normalised.hash = ''
    let target = targetOf(normalised.href, requestFields(Object.entries(headers), []))
    for (let followed = 0; ; followed++) {
      const response = yield* shared.request(target, options)
      if (!isRedirect(response.status)) return response
      yield* response.discard()
      if (followed === maxRedirects) throw tooManyRedirects(url, maxRedirects)
      target = redirectTarget(target, fieldValue(response.headers, 'location'))
    }
  },
}

/** More redirects than are followed. */
export function tooManyRedirects(url: string, most: number): ProtocolError {
  return new ProtocolError(
    'GDL_ERR_TOO_MANY_REDIRECTS',
    `${redact(url)} redirects more than ${most} times`,
  )
}

function connectTimedOut(href: string, ms: number): NetworkError {
  return new NetworkError(
    'GDL_ERR_CONNECT_TIMEOUT',
    `${hostOf(href)}: no connection in ${ms / 1000} s`,
    { retryable: true },
  )
}

function stalled(href: string, ms: number): NetworkError {
  return new NetworkError('GDL_ERR_STALLED', `${hostOf(href)}: not a byte in ${ms / 1000} s`, {
    retryable: true,
  })
}
