/**
 * Sockets to where a request goes: addresses looked up, through a proxy or not, TLS on top.
 *
 * undici's own connector does not know proxies below it, so the sockets are made here; the outermost
 * one, which the HTTP parser reads, is the wire's.
 */
import { lookup } from 'node:dns'
import net, { isIP, type Socket } from 'node:net'
import tls from 'node:tls'
import { failureOf } from './failure.ts'
import type { Proxy } from './proxy.ts'
import type { Resolver } from './resolve.ts'
import type { Story } from './story.ts'
import type { TlsChoice, TlsSettings } from './tls.ts'
import { tunnel } from './tunnel.ts'
import type { Wire } from './wire.ts'

/** Node's 250 ms fail for hosts that are far away (nodejs/node#54359). */
const ATTEMPT_TIMEOUT_MS = 1500
const KEEP_ALIVE_MS = 60_000
const MOST_SESSIONS = 500

/** The other end of a connection. */
interface End {
  readonly isSecure: boolean
  /** Without brackets. */
  readonly hostname: string
  readonly port: number
  readonly tls: TlsSettings
  readonly alpn?: readonly string[]
  readonly story: Story | undefined
}

/** What is to be connected to. */
interface Dialling {
  readonly origin: string
  readonly proxy?: Proxy | undefined
  readonly alpn?: string[]
  /** Who is told of it. */
  readonly story: Story | undefined
}

/** Given once: the connected socket, or why there is none. */
type Dialed = (result: Socket | Error) => void

/** Opens sockets by a Transport's settings. */
export class Dialer {
  readonly #resolver: Resolver
  readonly #tls: TlsChoice
  /** TLS sessions by host and port, the newest of each, so that a further connection is resumed. */
  readonly #sessions = new Map<string, Buffer>()

  constructor(resolver: Resolver, choice: TlsChoice) {
    this.#resolver = resolver
    this.#tls = choice
  }

  /**
   * Connects `wire` to `origin`, through a tunnel where there is a proxy. `wire.destroy` gives up. ALPN
   * offers HTTP/1.1 alone, unless told.
   */
  dial({ origin, proxy, alpn, story }: Dialling, wire: Wire, dialed: Dialed): void {
    const url = new URL(origin)
    const isSecure = url.protocol === 'https:'
    const end = {
      isSecure,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
      tls: this.#tls.server,
      ...(alpn !== undefined && { alpn }),
      story,
    }
    if (proxy === undefined) this.#open(end, wire, undefined, dialed)
    else this.#openThrough(proxy, end, wire, dialed)
  }

  /** Connects `wire` to an http or https proxy itself, which is then asked by absolute URLs. */
  dialProxy(proxy: Proxy, wire: Wire, story: Story | undefined, dialed: Dialed): void {
    this.#open(this.#proxyEnd(proxy, story), wire, undefined, naming(proxy, dialed))
  }

  #proxyEnd({ kind, hostname, port }: Proxy, story: Story | undefined): End {
    return { isSecure: kind === 'https', hostname, port, tls: this.#tls.proxy, story }
  }

  #openThrough(proxy: Proxy, end: End, wire: Wire, dialed: Dialed): void {
    // The server's TLS is a socket of its own on top, and that is then the wire's.
    const below = end.isSecure ? undefined : wire
    const failed = naming(proxy, dialed)
    const socket = this.#open(this.#proxyEnd(proxy, end.story), below, undefined, (connected) => {
      if (connected instanceof Error) return failed(connected)
      const fail = (told: Dialed, error: Error): void => {
        connected.destroy()
        told(error)
      }
      this.#nameFor(proxy, end, (name) => {
        if (name instanceof Error) return fail(dialed, name)
        tunnel(connected, proxy, name, end.port, (refused) => {
          if (refused !== undefined) fail(failed, refused)
          else if (end.isSecure) this.#open(end, wire, connected, dialed)
          else dialed(connected)
        })
      })
    })
    if (socket !== undefined) wire.attach(socket)
  }

  /** What the proxy is told for the host: its name, or an address where we are to look it up. */
  #nameFor(proxy: Proxy, { hostname, port }: End, found: (name: string | Error) => void): void {
    if (proxy.kind !== 'socks5' || proxy.resolves || isIP(hostname) !== 0) {
      found(hostname)
      return
    }
    const { family } = this.#resolver
    const look = this.#resolver.lookup(hostname, port) ?? lookup
    look(hostname, { family, all: false }, (error, address) => found(error ?? (address as string)))
  }

  #open(
    end: End,
    wire: Wire | undefined,
    over: Socket | undefined,
    dialed: Dialed,
  ): Socket | undefined {
    const { hostname, port, isSecure } = end
    const refusal = over === undefined ? this.#resolver.refusal(hostname) : undefined
    if (refusal !== undefined) {
      process.nextTick(dialed, refusal)
      return undefined
    }
    const lookUp = this.#resolver.lookup(hostname, port)
    const options = {
      host: hostname,
      port,
      family: this.#resolver.family,
      autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
      ...(lookUp !== undefined && { lookup: lookUp }),
      ...(wire !== undefined && { onread: wire.onread }),
    }
    const socket = isSecure ? this.#openTls(end, over, options) : net.connect(options)
    socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true)
    end.story?.dials(socket, hostname)
    // First the wire's listeners, then ours: they know the error when we tell of it.
    wire?.adopt(socket)
    let told = false
    const tell: Dialed = (result) => {
      if (!told) dialed(result)
      told = true
    }
    socket.once(isSecure ? 'secureConnect' : 'connect', () => tell(socket))
    socket.on('error', tell)
    socket.once('close', () => tell(closedEarly()))
    return socket
  }

  #openTls(end: End, over: Socket | undefined, options: object): Socket {
    const key = `${end.hostname}:${end.port}`
    const session = this.#sessions.get(key)
    const socket = tls.connect({
      ...options,
      ...end.tls,
      ...(over !== undefined && { socket: over }),
      ...(isIP(end.hostname) === 0 && { servername: end.hostname }),
      ...(session !== undefined && { session }),
      ALPNProtocols: end.alpn === undefined ? ['http/1.1'] : [...end.alpn],
    })
    socket.on('session', (fresh: Buffer) => this.#remember(key, fresh))
    return socket
  }

  #remember(key: string, session: Buffer): void {
    this.#sessions.delete(key)
    this.#sessions.set(key, session)
    if (this.#sessions.size <= MOST_SESSIONS) return
    const [oldest] = this.#sessions.keys()
    if (oldest !== undefined) this.#sessions.delete(oldest)
  }
}

/** Errors of a connection to the proxy are the proxy's, and say so. */
function naming(proxy: Proxy, dialed: Dialed): Dialed {
  return (result) => dialed(result instanceof Error ? failureOf(result, proxy.name) : result)
}

function closedEarly(): Error {
  return Object.assign(new Error('closed before it was connected'), { code: 'ECONNRESET' })
}
