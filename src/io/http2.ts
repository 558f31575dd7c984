/**
 * HTTP/2 (RFC 9113): one connection for many exchanges with an origin, on Node's own client.
 *
 * Not undici's: when a server says GOAWAY it fails one request of a connection and sends the others
 * again, whatever has come of their bodies. And a paused stream of Node's stops itself alone.
 */
import type { Dialer } from './dialer.ts'
import type { Carrier } from './exchange.ts'
import { Http2Connection } from './http2-connection.ts'
import { Http2Stream } from './http2-stream.ts'
import type { ProxyOf } from './proxy.ts'
import type { Story } from './story.ts'

/** The connections of a Transport. */
export class Http2Connections {
  readonly #dialer: Dialer
  readonly #proxyOf: ProxyOf | undefined
  readonly #open = new Map<string, Http2Connection[]>()
  /** Origins that don't speak it. */
  readonly #declined = new Set<string>()

  constructor(dialer: Dialer, proxyOf: ProxyOf | undefined) {
    this.#dialer = dialer
    this.#proxyOf = proxyOf
  }

  /** A stream to an origin, over https; undefined when that is known to speak HTTP/1.1 alone. */
  carrierFor(origin: string, story: Story | undefined): Carrier | undefined {
    if (this.#declined.has(origin)) return undefined
    const open = (this.#open.get(origin) ?? []).filter(({ state }) => state !== 'closed')
    let connection = open.find(({ isFull }) => !isFull)
    if (connection === undefined) {
      connection = new Http2Connection(origin, () => this.#declined.add(origin))
      connection.open(this.#dialer, this.#proxyOf, story)
      open.push(connection)
    }
    this.#open.set(origin, open)
    return new Http2Stream(connection)
  }

  /** Closes them all, when what is on them is over. */
  close(): void {
    for (const connections of this.#open.values()) for (const one of connections) one.close()
    this.#open.clear()
  }
}
