/**
 * A listening port, as a greenlet sees it: `accept`, as in a thread.
 *
 * Node accepts by itself, and can't be asked to wait: what nobody has accepted here waits in a queue,
 * unread. The port holds the process only while a greenlet is parked in `accept`, so that a program
 * whose main has ended does end.
 */
import type { AddressInfo, Server, Socket } from 'node:net'
import { getHub, type Hub, type IoWatcher, type Operation } from '../scheduler/index.ts'
import { failureOf } from './failure.ts'
import { TcpSocket } from './tcp-socket.ts'

/** A server's socket. */
export class TcpListener {
  /** The one that was given out, if none was asked for. */
  readonly port: number
  readonly #hub: Hub = getHub()
  readonly #watcher: IoWatcher = this.#hub.loop.io()
  readonly #server: Server
  #waiting: TcpSocket[] = []
  #error: Error | undefined
  #closed = false

  /** @internal Of a server that listens already, which tells by `event` of a connection that is ready. */
  constructor(server: Server, event: 'connection' | 'secureConnection') {
    const { address, port } = server.address() as AddressInfo
    this.port = port
    this.#server = server
    server.unref()
    server.on(event, (accepted: Socket) => {
      accepted.pause()
      const peer = `${accepted.remoteAddress ?? address}:${accepted.remotePort ?? ''}`
      this.#waiting.push(new TcpSocket(peer, () => accepted, this.#hub))
      this.#watcher.feed()
    })
    server.on('error', (error) => {
      this.#error = error
      this.#watcher.feed()
    })
  }

  /**
   * Parks until a connection is there, under TLS one whose handshake is over, and gives it. Throws
   * what the kernel says (no more files may be open: NetworkError; a later call tries again), and
   * ConcurrentObjectUseError when another greenlet is accepting. A kill here loses no connection.
   */
  *accept(): Operation<TcpSocket> {
    while (this.#waiting.length === 0) {
      if (this.#closed) throw closedError()
      const error = this.#error
      this.#error = undefined
      if (error !== undefined) throw failureOf(error, `port ${this.port}`)
      this.#server.ref()
      try {
        yield* this.#hub.wait(this.#watcher)
      } finally {
        if (!this.#watcher.active) this.#server.unref()
      }
    }
    return this.#waiting.shift()!
  }

  /** Listens no more, and closes what was not accepted. A greenlet that is parked in `accept` gets an Error. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#server.close()
    for (const accepted of this.#waiting) accepted.close()
    this.#waiting = []
    this.#hub.cancelWait(this.#watcher, closedError())
  }
}

function closedError(): Error {
  return new Error('the port is no longer listened on')
}
