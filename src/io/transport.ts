/**
 * A Transport: connections that are kept, and what every request gets of a run's settings: credentials,
 * cookies, the way through a proxy.
 *
 * It does not limit how many connections there are: who asks for more than are wanted at once is the
 * caller's business, which has a semaphore for it. Parts that the settings do not ask for are neither
 * loaded nor called: ten thousand small files pay for nothing of it.
 */
import { NetworkError, ProtocolError } from '../errors.ts'
import type { Operation } from '../scheduler/index.ts'
import type * as codingModule from './coding.ts'
import type * as connectorModule from './connector.ts'
import type * as cookieJarModule from './cookie-jar.ts'
import { type CookieFile, readCookieFile } from './cookies.ts'
import { type Authorize, authorizer } from './credentials.ts'
import type { Dialer } from './dialer.ts'
import { type Carrier, Exchange } from './exchange.ts'
import { type Field, hasField } from './fields.ts'
import type { Http2Connections } from './http2.ts'
import { until } from './promise.ts'
import { type ProxyOf, proxyChooser } from './proxy.ts'
import { hostOf, IDENTITY, type Target } from './redirect.ts'
import { resolverOf } from './resolve.ts'
import { Response, stalled } from './response.ts'
import { TRANSPORT_DEFAULTS, type TransportOptions } from './settings.ts'
import type { Story } from './story.ts'
import { tlsSettings } from './tls.ts'

/** How long to wait for what, in milliseconds. */
export interface HttpTimeouts {
  /** For a connection, TLS included. Default 10 s. */
  readonly connectTimeoutMs?: number
  /** Without a byte, before the answer or in it. Default 30 s. */
  readonly timeoutMs?: number
}

/** How one request is sent. */
export interface RequestOptions extends HttpTimeouts {
  /** How much of the body may wait to be read, in bytes; default 1 MiB. Less, where a rate is to be kept. */
  readonly readAheadBytes?: number | undefined
  /** Is told how it goes. */
  readonly story?: Story | undefined
}

/** What is loaded with the first request, so that who sends nothing does not pay for undici. */
interface Parts {
  readonly connector: typeof connectorModule
  readonly dialer: Dialer
  readonly http2: Http2Connections | undefined
  readonly jar: cookieJarModule.CookieJar | undefined
  readonly coding: typeof codingModule | undefined
}

/** Connections, and requests on them. */
export class Transport {
  /** What in the settings' files could not be used, for people. */
  readonly warnings: readonly string[]
  readonly #idle = new Map<string, connectorModule.Connection[]>()
  readonly #settings: TransportOptions
  readonly #authorize: Authorize | undefined
  readonly #cookies: CookieFile | undefined
  readonly #proxyOf: ProxyOf | undefined
  /** Made by the settings, from files that were read then. */
  readonly #newDialer: (make: typeof Dialer) => Dialer
  /** Requests carry the fields of their targets alone. */
  readonly #isPlain: boolean
  #parts: Parts | undefined
  #closed = false

  /** Reads the files that the settings name. Throws a UsageError for what can't be used. */
  constructor(options: Partial<TransportOptions> = {}) {
    const settings = { ...TRANSPORT_DEFAULTS, ...options }
    this.#settings = settings
    this.#authorize = authorizer(settings)
    this.#cookies = settings.cookies === undefined ? undefined : readCookieFile(settings.cookies)
    this.#proxyOf = proxyChooser(settings)
    const [resolver, tls] = [resolverOf(settings), tlsSettings(settings)]
    this.#newDialer = (make) => new make(resolver, tls)
    this.#isPlain =
      this.#authorize === undefined && this.#cookies === undefined && !settings.compressed
    this.warnings = this.#cookies?.complaints ?? []
  }

  /**
   * Sends a GET and parks until its answer's head has come, whatever its status; redirects are not
   * followed. Throws a GdlError: NetworkError, TlsError or ProtocolError, or a ResponseError where a
   * proxy refuses. A kill closes the connection. `sent` is called when there is a connection to send it
   * over, and again where that turns out to have been closed.
   */
  *request(
    target: Target,
    { connectTimeoutMs = 10_000, timeoutMs = 30_000, readAheadBytes, story }: RequestOptions = {},
    sent?: () => void,
  ): Operation<Response> {
    const { href } = target
    const parts = (this.#parts ??= yield* this.#load())
    const fields = this.#isPlain ? target.fields.own : this.#fieldsFor(target, parts)
    for (;;) {
      const carrier = this.#carrierFor(target.origin, parts, story)
      const exchange = new Exchange(carrier, hostOf(href), readAheadBytes)
      let answered = false
      try {
        if (story !== undefined && carrier.connected) story.isKept(carrier.peer)
        exchange.send(target, fields)
        yield* exchange.waitFor(() => carrier.connected || exchange.status !== undefined, {
          ms: connectTimeoutMs,
          error: () => connectTimedOut(carrier.peer, connectTimeoutMs),
        })
        sent?.()
        story?.sent(href, fields)
        yield* exchange.waitFor(() => exchange.status !== undefined, {
          ms: timeoutMs,
          error: () => stalled(hostOf(href), timeoutMs),
        })
        answered = true
        story?.answered(exchange.status!, exchange.reason, exchange.fields)
      } catch (error) {
        // An idle connection that the server closed just then (RFC 9112, 9.3.1): on a fresh one again.
        if (carrier.isStale && !exchange.answered && error === exchange.error) continue
        throw error
      } finally {
        if (!answered) {
          exchange.detach()
          story?.ended(0)
        }
      }
      return this.#answer(href, exchange, { timeoutMs, story }, parts)
    }
  }

  /** Closes the connections that are idle, and those that become idle. */
  close(): void {
    this.#closed = true
    for (const connections of this.#idle.values()) for (const idle of connections) idle.destroy()
    this.#idle.clear()
    this.#parts?.http2?.close()
  }

  *#load(): Operation<Parts> {
    const { http2, compressed } = this.#settings
    const cookies = this.#cookies
    const connector = yield* until(import('./connector.ts'))
    const dialer = this.#newDialer((yield* until(import('./dialer.ts'))).Dialer)
    const [jars, coding, sessions] = yield* until(
      Promise.all([
        cookies === undefined ? undefined : import('./cookie-jar.ts'),
        compressed ? import('./coding.ts') : undefined,
        http2 ? import('./http2.ts') : undefined,
      ]),
    )
    // Another request may have been here meanwhile.
    return (
      this.#parts ?? {
        connector,
        dialer,
        http2: sessions && new sessions.Http2Connections(dialer, this.#proxyOf),
        jar: jars && new jars.CookieJar(cookies?.cookies ?? []),
        coding,
      }
    )
  }

  #carrierFor(
    origin: string,
    { connector, dialer, http2 }: Parts,
    story: Story | undefined,
  ): Carrier {
    if (http2 !== undefined && origin.startsWith('https:')) {
      const stream = http2.carrierFor(origin, story)
      if (stream !== undefined) return stream
    }
    const idle = this.#idle.get(origin)?.pop()
    const connection = idle ?? new connector.Connection(origin, dialer, this.#proxyOf?.(origin))
    connection.story = story
    return connection
  }

  #fieldsFor({ href, origin, asked, fields }: Target, { jar, coding }: Parts): readonly Field[] {
    const { own } = fields
    const added: Field[] = []
    if (this.#authorize !== undefined && !hasField(own, 'authorization')) {
      const authorization = this.#authorize({ origin, asked })
      if (authorization !== undefined) added.push(['Authorization', authorization])
    }
    if (jar !== undefined && !hasField(own, 'cookie')) {
      const cookies = jar.headerFor(href)
      if (cookies !== '') added.push(['Cookie', cookies])
    }
    // A part of a file is a part of what was coded: only the whole can be decoded.
    if (coding === undefined || hasField(own, 'range')) return [...own, ...added]
    return [...own.map((field) => (field === IDENTITY ? coding.ACCEPTED : field)), ...added]
  }

  #answer(
    href: string,
    exchange: Exchange,
    { timeoutMs, story }: { timeoutMs: number; story: Story | undefined },
    { jar, coding }: Parts,
  ): Response {
    const onClose = (): void => {
      this.#keep(exchange)
      story?.ended(exchange.received)
    }
    const decoder = coding?.decoderOf(exchange.status!, exchange.fields, hostOf(href))
    const response = new Response(href, exchange, { timeoutMs, onClose, decoder })
    if (Number.isNaN(response.length)) {
      response.close()
      throw new ProtocolError('GDL_ERR_PROTOCOL', `${hostOf(href)}: an unusable Content-Length`)
    }
    jar?.take(href, exchange.fields['set-cookie'])
    return response
  }

  #keep({ carrier, ended }: Exchange): void {
    if (!ended || !carrier.connected || !(carrier instanceof this.#parts!.connector.Connection)) {
      return
    }
    if (this.#closed) {
      carrier.destroy()
      return
    }
    const idle = this.#idle.get(carrier.origin) ?? []
    if (idle.length === 0) this.#idle.set(carrier.origin, idle)
    idle.push(carrier)
    carrier.onChange = () => {
      // Closed while idle: by the server, or by undici after 4 s.
      const index = idle.indexOf(carrier)
      if (index >= 0) idle.splice(index, 1)
      if (idle.length === 0) this.#idle.delete(carrier.origin)
    }
  }
}

function connectTimedOut(peer: string, ms: number): NetworkError {
  return new NetworkError('GDL_ERR_CONNECT_TIMEOUT', `${peer}: no connection in ${ms / 1000} s`, {
    retryable: true,
  })
}
