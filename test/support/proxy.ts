/**
 * Real proxies on loopback: one of HTTP, with TLS or without, that forwards absolute URLs and tunnels by
 * CONNECT, and one of SOCKS5 with or without a password. Each remembers what it was asked.
 */
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { certificates } from './certificates.ts'

/** A proxy that runs. */
export interface TestProxy extends AsyncDisposable {
  readonly port: number
  /** `GET http://host:1/path`, `CONNECT host:1`, `SOCKS host:1`, each with the credentials that came, if any. */
  readonly asked: readonly string[]
}

/** How it behaves. */
export interface ProxyOptions {
  readonly tls?: boolean
  /** `name:password`; others are refused. */
  readonly password?: string
  /** What CONNECT and SOCKS are answered, in place of a tunnel. */
  readonly refusal?: number
}

/** Starts a proxy of HTTP. */
export async function httpProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const asked: string[] = []
  const expected =
    options.password === undefined
      ? undefined
      : `Basic ${Buffer.from(options.password).toString('base64')}`
  const note = (what: string, request: http.IncomingMessage): boolean => {
    const given = request.headers['proxy-authorization']
    asked.push(given === undefined ? what : `${what} ${given}`)
    return expected === undefined || given === expected
  }
  const forward: http.RequestListener = (request, response) => {
    if (!note(`${request.method} ${request.url}`, request)) {
      response.writeHead(407, { 'Content-Length': 0 }).end()
      return
    }
    const { 'proxy-authorization': _, ...headers } = request.headers
    const onward = http.get(request.url!, { headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
  }
  const server =
    options.tls === true
      ? https.createServer({ key: certificates.key, cert: certificates.certificate }, forward)
      : http.createServer(forward)
  server.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
    socket.on('error', () => {})
    const status = note(`CONNECT ${request.url}`, request) ? options.refusal : 407
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const { hostname, port } = new URL(`http://${request.url}`)
    join(
      socket,
      hostname.replace(/^\[|\]$/g, ''),
      Number(port),
      'HTTP/1.1 200 Yes\r\nVia: me\r\n\r\n',
    )
  })
  return listening(server, asked)
}

/** Starts a proxy of SOCKS5 (RFC 1928, 1929). */
export async function socksProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const asked: string[] = []
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    const isGuarded = options.password !== undefined
    const steps = [
      (data: Buffer) => {
        const method = isGuarded ? 2 : 0
        socket.write(Buffer.from([5, data.subarray(2).includes(method) ? method : 255]))
      },
      (data: Buffer) => {
        const name = data.toString('utf8', 2, 2 + data[1]!)
        const given = `${name}:${data.toString('utf8', 3 + data[1]!)}`
        socket.write(Buffer.from([1, given === options.password ? 0 : 1]))
      },
      (data: Buffer) => {
        const isName = data[3] === 3
        const length = isName ? data[4]! : data[3] === 1 ? 4 : 16
        const at = isName ? 5 : 4
        const address = data.subarray(at, at + length)
        const host = isName ? address.toString() : data[3] === 1 ? address.join('.') : '::1'
        const port = data.readUInt16BE(at + length)
        asked.push(`SOCKS ${host}:${port}`)
        const reply = Buffer.from([5, options.refusal ?? 0, 0, 1, 0, 0, 0, 0, 0, 0])
        if (options.refusal === undefined) join(socket, host, port, reply)
        else socket.end(reply)
      },
    ]
    if (!isGuarded) steps.splice(1, 1)
    const next = (): void => {
      const step = steps.shift()
      if (step === undefined) return
      socket.once('data', (data: Buffer) => {
        step(data)
        next()
      })
    }
    next()
  })
  return listening(server, asked)
}

function join(socket: net.Socket, host: string, port: number, greeting: Buffer | string): void {
  const onward = net.connect(port, host, () => {
    socket.write(greeting)
    onward.pipe(socket)
    socket.pipe(onward)
  })
  onward.on('error', () => socket.destroy())
  socket.on('close', () => onward.destroy())
}

async function listening(server: net.Server, asked: string[]): Promise<TestProxy> {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as net.AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
