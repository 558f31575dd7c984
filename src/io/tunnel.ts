/**
 * The way through a proxy: CONNECT (RFC 9110, 9.3.6) on an http or https proxy, or SOCKS5 (RFC 1928,
 * 1929), on a socket that is connected to it. What comes out is the same socket, with the server at its
 * other end. The SOCKS5 handshake is undici's; its agent for it warns that it is experimental, and opens
 * sockets of its own.
 */
import type { Socket } from 'node:net'
import { Socks5Client } from 'undici/lib/core/socks5-client.js'
import { type GdlError, NetworkError, ProtocolError, ResponseError } from '../errors.ts'
import { type Proxy, proxyAuthorization } from './proxy.ts'

const MOST_HEAD_BYTES = 16 * 1024
/** RFC 1928, section 6: the proxy can't reach the host just now. */
const UNREACHED = /^UND_ERR_SOCKS5_REPLY_[13456]$/
const REFUSED = /^UND_ERR_SOCKS5_AUTH_(?:REJECTED|FAILED|METHOD)$/

/** Called once, when the tunnel is there or with why it is not. */
type Done = (error?: Error) => void

/** Asks `proxy`, over `socket`, for a connection to `host` (no brackets). */
export function tunnel(socket: Socket, proxy: Proxy, host: string, port: number, done: Done): void {
  let isOver = false
  const once: Done = (error) => {
    if (!isOver) done(error)
    isOver = true
  }
  socket.once('error', once)
  socket.once('close', () => once(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
  if (proxy.kind === 'socks5') socks(socket, proxy, host, port, once)
  else connect(socket, proxy, host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, once)
}

function connect(socket: Socket, proxy: Proxy, authority: string, done: Done): void {
  let head = Buffer.alloc(0)
  const onData = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end === -1 && head.length <= MOST_HEAD_BYTES) return
    socket.off('data', onData)
    socket.pause()
    const [, status] = /^HTTP\/1\.[01] (\d{3})(?: |\r)/.exec(head.toString('latin1', 0, 16)) ?? []
    if (end !== -1 && status?.startsWith('2') === true) {
      if (head.length > end + 4) socket.unshift(head.subarray(end + 4))
      done()
    } else done(refusal(proxy, authority, end === -1 ? NaN : Number(status)))
  }
  socket.on('data', onData)
  const authorization = proxyAuthorization(proxy)
  const line = authorization === undefined ? '' : `${authorization.join(': ')}\r\n`
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${line}\r\n`, 'latin1')
}

function refusal(proxy: Proxy, authority: string, status: number): GdlError {
  if (status === 407) return unauthorized(proxy)
  if (Number.isNaN(status)) {
    return new ProtocolError('GDL_ERR_PROTOCOL', `${proxy.name}: its answer is not HTTP`)
  }
  const message = `${proxy.name}: no connection to ${authority}: ${status}`
  return new NetworkError('GDL_ERR_CONNECT', message, { retryable: status >= 500 })
}

function socks(socket: Socket, proxy: Proxy, host: string, port: number, done: Done): void {
  const { username, password } = proxy
  const client = new Socks5Client(socket, { username, password })
  client.on('error', (error) => {
    const { code = '' } = error as { code?: string }
    if (REFUSED.test(code)) done(unauthorized(proxy))
    else if (code.startsWith('UND_ERR_SOCKS5_REPLY_') && code !== 'UND_ERR_SOCKS5_REPLY_VERSION') {
      const message = `${proxy.name}: no connection to ${host}:${port}: ${error.message}`
      done(new NetworkError('GDL_ERR_CONNECT', message, { retryable: UNREACHED.test(code) }))
    } else if (code.startsWith('UND_ERR_')) {
      done(new ProtocolError('GDL_ERR_PROTOCOL', `${proxy.name}: its answer is not SOCKS5`))
    } else done(error)
  })
  client.on('authenticated', () => client.connect(host, port))
  client.on('connected', () => {
    socket.pause()
    done()
  })
  client.handshake()
}

function unauthorized(proxy: Proxy): ResponseError {
  const hint = 'give a name and password in its URL: http://name:password@host:port'
  const message = `${proxy.name}: 407 it refuses without a name and password that it knows`
  return new ResponseError('GDL_ERR_PROXY_UNAUTHORIZED', message, 407, { hint })
}
