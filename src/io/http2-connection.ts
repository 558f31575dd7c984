/**
 * One connection of HTTP/2, and the streams on it.
 *
 * Windows are large, since a connection carries at most a window per round trip (RFC 9113, 5.2): with
 * Node's defaults that is 0.6 MB/s at 100 ms.
 */
import http2, { type ClientHttp2Session } from 'node:http2'
import type { Dialer } from './dialer.ts'
import type { ProxyOf } from './proxy.ts'
import { hostOf } from './redirect.ts'
import type { Story } from './story.ts'
import { Wire } from './wire.ts'

const STREAM_WINDOW_BYTES = 16 * 1024 * 1024
const CONNECTION_WINDOW_BYTES = 32 * 1024 * 1024
/** Before a server has said how many streams it takes. */
const STREAMS = 100
/** An idle connection is kept so long, as undici keeps those of HTTP/1.1. */
const IDLE_MS = 4000

/** A stream, as its connection knows it. */
interface Member {
  /** The connection is there. */
  begin(session: ClientHttp2Session): void
  /** The connection has ended, or was never made. */
  fail(): void
}

/** One connection, from its dialling to its end. */
export class Http2Connection {
  readonly origin: string
  readonly peer: string
  state: 'dialling' | 'open' | 'declined' | 'closed' = 'dialling'
  error: Error | undefined
  readonly #streams = new Set<Member>()
  readonly #wire = new Wire()
  readonly #onDeclined: () => void
  #session: ClientHttp2Session | undefined

  constructor(origin: string, onDeclined: () => void) {
    this.origin = origin
    this.peer = hostOf(`${origin}/`)
    this.#onDeclined = onDeclined
  }

  /** As many streams are on it as the server takes. */
  get isFull(): boolean {
    return this.#streams.size >= (this.#session?.remoteSettings?.maxConcurrentStreams ?? STREAMS)
  }

  /** Dials. An origin that speaks HTTP/1.1 alone has `onDeclined` called. */
  open(dialer: Dialer, proxyOf: ProxyOf | undefined, story: Story | undefined): void {
    const { origin } = this
    const alpn = ['h2', 'http/1.1']
    dialer.dial({ origin, proxy: proxyOf?.(origin), alpn, story }, this.#wire, (socket) => {
      if (socket instanceof Error) {
        this.#end(socket)
      } else if ((socket as { alpnProtocol?: unknown }).alpnProtocol !== 'h2') {
        socket.destroy()
        this.#onDeclined()
        this.#end(new Error('it does not speak HTTP/2'), 'declined')
      } else {
        this.#session = http2.connect(origin, {
          createConnection: () => socket,
          settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
          peerMaxConcurrentStreams: STREAMS,
        })
        this.#started(this.#session)
      }
    })
  }

  /** A stream that begins when the connection is there. */
  join(stream: Member): void {
    this.#streams.add(stream)
    if (this.#session === undefined) return
    this.#session.setTimeout(0)
    this.#session.ref()
    stream.begin(this.#session)
  }

  /** The last one leaves an idle connection behind, or gives up the dialling. */
  leave(stream: Member): void {
    this.#streams.delete(stream)
    if (this.#streams.size > 0) return
    if (this.state === 'dialling') this.close()
    else {
      this.#session?.setTimeout(IDLE_MS)
      this.#session?.unref()
    }
  }

  /** Takes no more streams, and ends with those that are on it. */
  close(): void {
    this.state = 'closed'
    this.#session?.close()
    if (this.#session === undefined) this.#wire.destroy()
  }

  #started(session: ClientHttp2Session): void {
    session.once('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES))
    session.on('error', (error) => {
      this.error = error
    })
    session.on('goaway', () => {
      // Streams that the server has taken go on; no new ones.
      if (this.state === 'open') this.close()
    })
    session.on('timeout', () => this.close())
    session.once('close', () => this.#end(undefined))
    this.state = 'open'
    for (const stream of this.#streams) stream.begin(session)
  }

  #end(error: Error | undefined, state: 'declined' | 'closed' = 'closed'): void {
    this.state = state
    this.error ??= error
    for (const stream of this.#streams) stream.fail()
  }
}
