/**
 * Connections: one undici Client with its one socket each, through a `connect` of ours.
 *
 * undici pools connections too, but then nobody can tell which socket an answer came from, and we need
 * to: to stop its fd, to know its slabs, and to learn that what looked like the end of a body was a
 * reset. The queue in front of the connections is the scheduler's anyway.
 */
import type { Socket } from 'node:net'
import type { buildConnector, Client } from 'undici'
import UndiciClient from 'undici/lib/dispatcher/client.js'
import type { Dialer } from './dialer.ts'
import type { Carrier, Exchange } from './exchange.ts'
import { type Field, hasField } from './fields.ts'
import { type Proxy, proxyAuthorization } from './proxy.ts'
import { hostOf, type Target } from './redirect.ts'
import type { Slab } from './slab.ts'
import type { Story } from './story.ts'
import { Wire } from './wire.ts'

/** What a head may have, fields and all: as much as Node's own parser takes. */
const MOST_HEADER_BYTES = 16 * 1024

/**
 * A connection to one origin, idle or with one request under way. For http behind an http proxy it ends
 * at the proxy, which is asked by absolute URLs (RFC 9112, 3.2.2); else a proxy is tunnelled through.
 */
export class Connection implements Carrier {
  readonly origin: string
  readonly peer: string
  /** It was kept from an earlier request. */
  isStale = false
  connected = false
  story: Story | undefined
  onChange: (() => void) | undefined
  readonly #client: Client
  readonly #dialer: Dialer
  readonly #proxy: Proxy | undefined
  readonly #isForwarded: boolean
  /** The socket of now; a closed one is replaced when undici connects again. */
  #wire: Wire = new Wire()
  #readBytes = Infinity

  constructor(origin: string, dialer: Dialer, proxy?: Proxy) {
    this.origin = origin
    this.peer = proxy?.name ?? origin.slice(origin.indexOf('//') + 2)
    this.#dialer = dialer
    this.#proxy = proxy
    this.#isForwarded = proxy !== undefined && proxy.kind !== 'socks5' && origin.startsWith('http:')
    this.#client = new UndiciClient(origin, {
      pipelining: 1,
      maxHeaderSize: MOST_HEADER_BYTES,
      // Deadlines are ours, on our own timers, which are exact; undici's tick twice a second.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_target, callback) => this.#connect(callback),
    })
  }

  get error(): Error | undefined {
    return this.#wire.error
  }

  readAtMost(bytes: number): void {
    this.#readBytes = bytes
    this.#wire.readBytes = bytes
  }

  send({ href, path }: Pick<Target, 'href' | 'path'>, own: readonly Field[], to: Exchange): void {
    const fields = this.#isForwarded ? this.#forwarded(href, own) : own
    this.isStale = this.connected
    this.#wire.expectHead()
    this.#client.dispatch(
      { method: 'GET', path: this.#isForwarded ? href : path, headers: flattened(fields) },
      to,
    )
  }

  stopReading(): void {
    this.#wire.stopReading()
  }

  startReading(): void {
    this.#wire.startReading()
  }

  pinSlabOf(chunk: Buffer): Slab | undefined {
    return this.#wire.pinSlabOf(chunk)
  }

  /** Closes it at once, with whatever is under way. */
  destroy(): void {
    this.#client.destroy().catch(() => {
      // It had been destroyed before.
    })
    // undici knows no socket that is still connecting, and would leave it open.
    this.#wire.destroy()
  }

  #forwarded(href: string, own: readonly Field[]): readonly Field[] {
    const authorization = proxyAuthorization(this.#proxy!)
    const isGiven = authorization === undefined || hasField(own, 'proxy-authorization')
    const host: readonly Field[] = hasField(own, 'host') ? [] : [['Host', hostOf(href)]]
    return isGiven ? [...host, ...own] : [...host, ...own, authorization]
  }

  #connect(callback: buildConnector.Callback): void {
    const wire = new Wire()
    wire.readBytes = this.#readBytes
    this.#wire = wire
    const dialed = (result: Socket | Error): void => {
      if (result instanceof Error) {
        // What the dialer says of it is more than the socket knows.
        wire.error = result
        callback(result, null)
      } else {
        this.connected = true
        result.on('close', () => {
          if (this.#wire !== wire) return
          this.connected = false
          this.onChange?.()
        })
        // undici sends now what it was given.
        wire.expectHead()
        callback(null, result)
      }
      this.onChange?.()
    }
    const { origin, story } = this
    if (this.#isForwarded) this.#dialer.dialProxy(this.#proxy!, wire, story, dialed)
    else this.#dialer.dial({ origin, proxy: this.#proxy, story }, wire, dialed)
  }
}

/** Names and values in turn. By hand: `flat` takes a fiftieth of the time of a list of small files. */
function flattened(fields: readonly Field[]): string[] {
  const flat: string[] = []
  for (const [name, value] of fields) flat.push(name, value)
  return flat
}
