/**
 * A real server on loopback, on a port of its own, that answers by route and remembers what it was
 * asked. What it answers is the business of `behaviours.ts`, where the lies are; this file only
 * carries them.
 *
 * It is built on node:http, whose parser reads the requests; a behaviour is free to leave the
 * response alone and to write what it likes to the socket. `serveSockets` does without HTTP at all.
 *
 *     await using server = await serve({ '/a.bin': body(bytes(1000)) })
 *     await runGdl([`${server.origin}/a.bin`])
 *     expect(server.requests[0]?.header('range')).toBeUndefined()
 */
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import { certificates } from './certificates.ts'

/** A request as it came in. */
export interface SeenRequest {
  readonly method: string
  /** The target, as it stood on the request line. */
  readonly url: string
  /** `1.1`, or `2.0`. */
  readonly httpVersion: string
  /** Name and value of each field, in their order and case of arrival. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Which connection it came on; 1 for the server's first. */
  readonly connection: number
  /** `performance.now()` at arrival. */
  readonly atMs: number
  /** The value of the field `name` in any case, or undefined; several values are joined by a comma. */
  header(name: string): string | undefined
}

/** Answers one request. What it throws or rejects with ends the connection. */
export type Behaviour = (exchange: Exchange) => void | Promise<void>

/** What a behaviour has to work with. */
export interface Exchange {
  readonly request: SeenRequest
  /** The socket under the request (of HTTP/1), for answers that no HTTP library would give. */
  readonly socket: net.Socket
  readonly response: http.ServerResponse
  /** The server that was asked, for redirects to itself. */
  readonly server: TestServer
  /** How often this path was asked before. */
  readonly earlier: number
}

/**
 * The path (with its query, or without) of a request to its behaviour. `'*'` is for all other paths,
 * which are otherwise answered by 404. A function decides by itself, for ten thousand paths at once.
 */
export type Routes = Readonly<Record<string, Behaviour>> | ((path: string) => Behaviour | undefined)

/** How a server listens. */
export interface ServeOptions {
  /** Speak TLS with the fixed certificate, or with the one that has expired. */
  readonly tls?: 'valid' | 'expired'
  /** With `tls`: ask for a client certificate, and refuse who shows none. */
  readonly clientCertificate?: boolean
  /** With `tls`: offer HTTP/2 too. Behaviours that write to the socket do not work there. */
  readonly http2?: boolean
  /** The address to listen on; 127.0.0.1 unless told. */
  readonly host?: string
  /** The port to listen on; a free one unless told. */
  readonly port?: number
}

/** Starts an HTTP server (or HTTPS with `tls`) that answers by `routes`. */
export async function serve(routes: Routes, options: ServeOptions = {}): Promise<TestServer> {
  const asked = new Map<string, number>()
  const server = httpServer(options, (incoming, response) => {
    const request = running.record(incoming, response)
    // A peer that goes away in the middle is what many tests are about, not an error of the server.
    response.on('error', () => {})

    const earlier = asked.get(request.url) ?? 0
    asked.set(request.url, earlier + 1)
    const behaviour = routeOf(routes, request.url) ?? notFound
    const exchange = { request, socket: incoming.socket, response, server: running, earlier }
    void Promise.resolve()
      .then(() => behaviour(exchange))
      .catch(() => incoming.socket.destroy())
  })
  const running = new TestServer(server, options)
  return running.listen(options.port)
}

/** Starts a server without HTTP: `onSocket` gets each connection as it is accepted. */
export async function serveSockets(
  onSocket: (socket: net.Socket) => void,
  options: Pick<ServeOptions, 'host' | 'port'> = {},
): Promise<TestServer> {
  const server = net.createServer({ allowHalfOpen: true }, onSocket)
  return new TestServer(server, options).listen(options.port)
}

/** An origin where nobody listens: its port was free a moment ago, and connections are refused. */
export async function refusedOrigin(): Promise<string> {
  const server = await serveSockets(() => {})
  const { origin } = server
  await server.close()
  return origin
}

function notFound({ response }: Exchange): void {
  response.writeHead(404, { 'Content-Type': 'text/plain' })
  response.end('not here\n')
}

function routeOf(routes: Routes, url: string): Behaviour | undefined {
  if (typeof routes === 'function') return routes(url)
  return routes[url] ?? routes[url.replace(/\?.*$/s, '')] ?? routes['*']
}

function seen(incoming: http.IncomingMessage, connection: number): SeenRequest {
  const headers: [string, string][] = []
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
    headers.push([incoming.rawHeaders[at]!, incoming.rawHeaders[at + 1]!])
  }
  return {
    method: incoming.method ?? '',
    url: incoming.url ?? '',
    httpVersion: incoming.httpVersion,
    headers,
    connection,
    atMs: performance.now(),
    header(name) {
      const values = headers.filter(([field]) => field.toLowerCase() === name.toLowerCase())
      return values.length === 0 ? undefined : values.map(([, value]) => value).join(', ')
    },
  }
}

function httpServer(options: ServeOptions, listener: http.RequestListener): net.Server {
  // Nothing but the test decides how long a connection lives.
  const patient = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }
  if (options.tls === undefined) return http.createServer(patient, listener)
  const secure = {
    key: certificates.key,
    cert: options.tls === 'expired' ? certificates.expired : certificates.certificate,
    ...(options.clientCertificate === true
      ? { requestCert: true, rejectUnauthorized: true, ca: certificates.certificate }
      : {}),
  }
  if (options.http2 !== true) return https.createServer({ ...patient, ...secure }, listener)
  // The compatibility API is close enough to node:http for behaviours that only use the response.
  return http2.createSecureServer({ ...secure, allowHTTP1: true }, listener as never)
}

/** A server that runs: knows its sockets and what it was asked, and ends them all. */
export class TestServer implements AsyncDisposable {
  readonly host: string
  /** Every request so far, in the order of arrival. */
  readonly requests: SeenRequest[] = []
  /** How many connections were made so far. */
  connections = 0
  /** How many were open at once at most. */
  mostConnections = 0
  /** How many requests were being answered at once at most. */
  mostRequests = 0

  readonly #server: net.Server
  readonly #scheme: 'http' | 'https'
  readonly #sockets = new Set<net.Socket>()
  readonly #numbers = new WeakMap<net.Socket, number>()
  #requestsUnderWay = 0

  constructor(server: net.Server, options: ServeOptions) {
    this.#server = server
    this.#scheme = options.tls === undefined ? 'http' : 'https'
    this.host = options.host ?? '127.0.0.1'
    server.on('connection', (socket: net.Socket) => this.#accepted(socket))
    // Over TLS, requests come on another socket object than the one that was accepted.
    server.on('secureConnection', (socket: net.Socket) => {
      this.#numbers.set(socket, this.connections)
      socket.on('error', () => {})
    })
    // A handshake that fails, a request that cannot be parsed: as in life.
    server.on('tlsClientError', () => {})
    server.on('clientError', (_error: Error, socket: net.Socket) => socket.destroy())
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  get origin(): string {
    const host = net.isIPv6(this.host) ? `[${this.host}]` : this.host
    return `${this.#scheme}://${host}:${this.port}`
  }

  /** How many connections are open now. */
  get openConnections(): number {
    return this.#sockets.size
  }

  /** The requests for one target. */
  requestsFor(url: string): SeenRequest[] {
    return this.requests.filter((request) => request.url === url)
  }

  /** Ends at once: no new connections, and those there are destroyed. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** For `serve`: begins to listen. */
  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, this.host, resolve)
    })
    return this
  }

  /** For `serve`: notes a request, and that it is being answered. */
  record(incoming: http.IncomingMessage, response: http.ServerResponse): SeenRequest {
    const request = seen(incoming, this.#numbers.get(incoming.socket) ?? this.connections)
    this.requests.push(request)
    this.#requestsUnderWay += 1
    this.mostRequests = Math.max(this.mostRequests, this.#requestsUnderWay)
    response.once('close', () => (this.#requestsUnderWay -= 1))
    return request
  }

  #accepted(socket: net.Socket): void {
    this.connections += 1
    this.#numbers.set(socket, this.connections)
    this.#sockets.add(socket)
    this.mostConnections = Math.max(this.mostConnections, this.#sockets.size)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
  }
}
