/**
 * One exchange of HTTP/2: a stream that lives and ends by itself, with its own flow control.
 */
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { NetworkError } from '../errors.ts'
import type { Carrier, Exchange } from './exchange.ts'
import { failureOf, truncated } from './failure.ts'
import { contentLength, type Field } from './fields.ts'
import type { Http2Connection } from './http2-connection.ts'
import { hostOf, type Target } from './redirect.ts'

/** Fields that speak of a connection have no place here (RFC 9113, 8.2.2). */
const FORBIDDEN = /^(?:connection|host|keep-alive|proxy-.*|te|transfer-encoding|upgrade)$/i

/** One exchange on a connection. */
export class Http2Stream implements Carrier {
  onChange: (() => void) | undefined
  readonly #connection: Http2Connection
  #stream: ClientHttp2Stream | undefined
  #headers: http2.OutgoingHttpHeaders = {}
  #exchange: Exchange | undefined
  #isOver = false
  readonly #wasOpen: boolean

  constructor(connection: Http2Connection) {
    this.#connection = connection
    this.#wasOpen = connection.state === 'open'
  }

  get connected(): boolean {
    return this.#connection.state === 'open'
  }

  /** It speaks HTTP/1.1, or was closed just then. */
  get isStale(): boolean {
    const { state } = this.#connection
    return state === 'declined' || (this.#wasOpen && state === 'closed')
  }

  get peer(): string {
    return this.#connection.peer
  }

  get error(): Error | undefined {
    return this.#connection.error
  }

  send({ href, path }: Pick<Target, 'href' | 'path'>, own: readonly Field[], to: Exchange): void {
    this.#exchange = to
    const given = own.find(([name]) => name.toLowerCase() === 'host')?.[1]
    this.#headers = { ':path': path, ':authority': given ?? hostOf(href), ':scheme': 'https' }
    for (const [name, value] of own) {
      if (FORBIDDEN.test(name)) continue
      const key = name.toLowerCase()
      const earlier = this.#headers[key]
      // Fields of one name are one list, but for cookies (RFC 9113, 8.2.3).
      const glue = key === 'cookie' ? '; ' : ', '
      this.#headers[key] = earlier === undefined ? value : `${String(earlier)}${glue}${value}`
    }
    this.#connection.join(this)
  }

  begin(session: ClientHttp2Session): void {
    const exchange = this.#exchange!
    let stream: ClientHttp2Stream
    try {
      stream = session.request(this.#headers, { endStream: true })
    } catch (error) {
      // It has been closed in this very moment; or Node does not take a field.
      this.#over()
      exchange.onResponseError(undefined, error as Error)
      return
    }
    this.#stream = stream
    stream.on('response', ({ ':status': status, ...fields }) => {
      exchange.onResponseStart(undefined, status ?? 0, fields)
    })
    stream.on('data', (chunk: Buffer) => exchange.onResponseData(undefined, chunk))
    stream.on('error', (error) => {
      if (this.#connection.error === undefined) this.#fail(streamError(stream, this.peer, error))
    })
    const isWhole = watchForEnd(stream)
    stream.on('end', () => {
      if (isWhole()) this.#end(stream)
    })
    stream.on('close', () => this.#fail(streamError(stream, this.peer)))
    this.onChange?.()
  }

  fail(): void {
    const lost = Object.assign(new Error('closed'), { code: 'ECONNRESET' })
    this.#fail(this.#connection.error ?? lost)
  }

  stopReading(): void {
    this.#stream?.pause()
  }

  startReading(): void {
    if (this.#stream?.isPaused() === true) this.#stream.resume()
  }

  /** Node's buffers are each stream's own. */
  pinSlabOf(): undefined {
    return undefined
  }

  destroy(): void {
    this.#over()
    this.#stream?.close(http2.constants.NGHTTP2_CANCEL)
  }

  #end(stream: ClientHttp2Stream): void {
    const exchange = this.#exchange!
    const length = contentLength(exchange.fields)
    if (exchange.status === undefined) this.#fail(streamError(stream, this.peer))
    else if (length !== undefined && length !== exchange.received) this.#fail(truncated(this.peer))
    else {
      this.#over()
      exchange.onResponseEnd()
    }
  }

  #fail(error: Error): void {
    if (this.#isOver) return
    this.#over()
    this.#exchange?.onResponseError(undefined, failureOf(error, this.peer))
  }

  #over(): void {
    this.#isOver = true
    this.#connection.leave(this)
  }
}

/**
 * Whether END_STREAM has come. A stream that is reset with NO_ERROR, or whose connection goes, has an
 * `end` in Node too; but it is closed before that is pushed, and a good one after.
 */
function watchForEnd(stream: ClientHttp2Stream): () => boolean {
  let isWhole = false
  const push = stream.push.bind(stream)
  stream.push = (chunk, encoding) => {
    if (chunk === null && !stream.closed) isWhole = true
    return push(chunk, encoding)
  }
  return () => isWhole
}

/** A stream that ended before its end: RST_STREAM, or the connection went (RFC 9113, 5.4). */
function streamError({ rstCode }: ClientHttp2Stream, peer: string, cause?: Error): NetworkError {
  const what = rstCode === undefined || rstCode === 0 ? 'was lost' : `was reset (code ${rstCode})`
  const message = `${peer}: the HTTP/2 stream ${what}`
  return new NetworkError('GDL_ERR_CONNECTION_LOST', message, { cause, retryable: true })
}
