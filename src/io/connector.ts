/**
 * Connections: one undici Client with its one socket each, through a `connect` of ours.
 *
 * undici pools connections too, but then nobody can tell which socket an answer came from, and we need
 * to: to stop its fd, to know its slabs, and to learn that what looked like the end of a body was a
 * reset. The queue in front of the connections is the scheduler's anyway.
 */
import type { Socket } from 'node:net'
import type { buildConnector, Client } from 'undici'
import makeConnector from 'undici/lib/core/connect.js'
import UndiciClient from 'undici/lib/dispatcher/client.js'
import { Wire } from './wire.ts'

/** Node's 250 ms fail for hosts that are far away (nodejs/node#54359). */
const ATTEMPT_TIMEOUT_MS = 1500

/** TLS sessions by origin, the newest of each, so that a further connection is resumed. */
const sessions = new Map<string, Buffer>()
const MOST_SESSIONS = 500

/** A connection to one origin, idle or with one request under way. */
export class Connection {
  readonly origin: string
  readonly client: Client
  /** The socket of now; a closed one is replaced when undici connects again. */
  wire: Wire = new Wire()
  connected = false
  /** Called when it is connected, and when it is closed. */
  onChange: (() => void) | undefined

  constructor(origin: string) {
    this.origin = origin
    this.client = new UndiciClient(origin, {
      pipelining: 1,
      // Deadlines are ours, on our own timers, which are exact; undici's tick twice a second.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (target, callback) => this.#connect(target, callback),
    })
  }

  /** Closes it at once, with whatever is under way. */
  destroy(): void {
    this.client.destroy().catch(() => {
      // It had been destroyed before.
    })
    // undici knows no socket that is still connecting, and would leave it open.
    this.wire.destroy()
  }

  #connect(target: buildConnector.Options, callback: buildConnector.Callback): void {
    const wire = new Wire()
    this.wire = wire
    const session = sessions.get(this.origin)
    const options: object = {
      timeout: 0,
      maxCachedSessions: 0,
      ...(session !== undefined && { session }),
      autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
      onread: wire.onread,
    }
    // It gives the socket, which its type does not say.
    const connect: (...args: Parameters<buildConnector.connector>) => unknown =
      makeConnector(options)
    const socket = connect(target, (...result) => {
      this.connected = result[0] === null
      callback(...result)
      this.onChange?.()
    }) as Socket
    wire.adopt(socket)
    socket.on('session', (fresh: Buffer) => rememberSession(this.origin, fresh))
    socket.on('close', () => {
      if (this.wire !== wire) return
      this.connected = false
      this.onChange?.()
    })
  }
}

function rememberSession(origin: string, session: Buffer): void {
  sessions.delete(origin)
  sessions.set(origin, session)
  if (sessions.size <= MOST_SESSIONS) return
  const [oldest] = sessions.keys()
  if (oldest !== undefined) sessions.delete(oldest)
}
