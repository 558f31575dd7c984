/**
 * Plain-looking sockets: connect and listen, over TCP and TLS.
 */
import {
  createServer,
  isIP,
  type ListenOptions,
  type OnReadOpts,
  connect as openTcp,
  type Server,
  type Socket,
} from 'node:net'
import {
  type ConnectionOptions,
  connect as openTls,
  createServer as createTlsServer,
  type TlsOptions,
} from 'node:tls'
import { type Operation, rethrowExit } from '../scheduler/index.ts'
import { failureOf } from './failure.ts'
import { until } from './promise.ts'
import { TcpListener } from './tcp-listener.ts'
import { TcpSocket } from './tcp-socket.ts'

/** Node's 250 ms for each address fail for hosts that are far away (nodejs/node#54359). */
const ATTEMPT_TIMEOUT_MS = 1500

/** Where to connect to. */
export interface ConnectTo {
  host: string
  port: number
  /** TLS: true, or more about it, as `tls.connect` takes it. Certificates are verified unless that says no. */
  tls?: boolean | ConnectionOptions
}

/** Where to listen. */
export interface ListenOn {
  /** Default 0: any that is free. */
  port?: number
  /** Default 127.0.0.1: this machine alone. */
  host?: string
  /** The certificate and key, as `tls.createServer` takes them. */
  tls?: TlsOptions
}

/** Socket calls that park. */
export const socket = {
  /**
   * Parks until the connection is there, under TLS until the handshake is over. There is no deadline:
   * put `withTimeout` around it. Throws NetworkError (a name that can't be resolved, a refused
   * connection) or TlsError. A kill here closes what there is of it.
   */
  *connect({ host, port, tls = false }: ConnectTo): Operation<TcpSocket> {
    const peer = `${host}:${port}`
    try {
      return yield* until((done) => {
        let opened: Socket | undefined
        const connected = new TcpSocket(peer, (onread) => {
          opened = open(host, port, tls, onread)
          opened.once('error', done)
          opened.once(tls === false ? 'connect' : 'secureConnect', () => {
            opened?.pause()
            done(null, connected)
          })
          return opened
        })
        return () => void opened?.destroy()
      })
    } catch (error) {
      rethrowExit(error)
      throw failureOf(error, peer)
    }
  },

  /** Parks until the port is listened on. Throws NetworkError when it can't be had. A kill here gives it back. */
  *listen({ port = 0, host = '127.0.0.1', tls }: ListenOn = {}): Operation<TcpListener> {
    const server: Server =
      tls === undefined
        ? createServer({ allowHalfOpen: true, pauseOnConnect: true })
        : createTlsServer({ allowHalfOpen: true, ...tls })
    try {
      yield* until<void>((done) => {
        server.once('error', done)
        server.listen({ port, host } satisfies ListenOptions, () => done(null))
        return () => void server.close()
      })
    } catch (error) {
      rethrowExit(error)
      throw failureOf(error, `${host}:${port}`)
    }
    return new TcpListener(server, tls === undefined ? 'connection' : 'secureConnection')
  },
}

function open(
  host: string,
  port: number,
  tls: boolean | ConnectionOptions,
  onread: OnReadOpts,
): Socket {
  const target = {
    host,
    port,
    onread,
    allowHalfOpen: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
  }
  if (tls === false) return openTcp(target)
  const more = tls === true ? {} : tls
  return openTls({ ...(isIP(host) === 0 && { servername: host }), ...more, ...target })
}
