/**
 * A connection over TCP, in the clear or under TLS, as a greenlet sees it: `recv` and `sendall`, as in
 * a thread.
 *
 * The fd is read only while a greenlet is parked in `recv`: what nobody waits for stays in the kernel,
 * and TCP holds the peer back. All connections of the thread are read into one shared buffer, and what
 * came is copied from there into a buffer of its own length, so an idle connection owns no memory; a
 * loan like `http`'s batches would save that copy, but then `recv` would not look plain. Sockets that a
 * server has accepted take no buffer of ours from Node: those read up to their high-water mark ahead.
 *
 * Errors are GdlErrors, as `http` throws them; `cause` is Node's.
 */
import type { OnReadOpts, Socket } from 'node:net'
import { NetworkError } from '../errors.ts'
import {
  ConcurrentObjectUseError,
  getHub,
  type Hub,
  type IoWatcher,
  type Operation,
} from '../scheduler/index.ts'
import { failureOf } from './failure.ts'
import { until } from './promise.ts'
import { Slab } from './slab.ts'

const DEFAULT_RECV_BYTES = 64 * 1024
/** Half of this or twice as much moved a gigabyte over loopback no faster. */
const SHARED_BYTES = 256 * 1024

/** What all connections are read into; made with the first. */
let shared: Buffer | undefined

/** A connection. One greenlet may receive while another sends. */
export class TcpSocket {
  /** The peer's address, for messages. */
  readonly peer: string
  readonly #hub: Hub
  readonly #socket: Socket
  readonly #incoming: IoWatcher
  readonly #outgoing: IoWatcher
  #unread: Buffer[] = []
  #unreadBytes = 0
  #ended = false
  #error: Error | undefined
  #closed = false

  /** @internal Of a socket of Node's, which it owns from now on; `open` may give it our way of reading. */
  constructor(peer: string, open: (onread: OnReadOpts) => Socket, hub: Hub = getHub()) {
    this.peer = peer
    this.#hub = hub
    this.#incoming = hub.loop.io()
    this.#outgoing = hub.loop.io()
    const buffer = (shared ??= Slab.take().buffer.subarray(0, SHARED_BYTES))
    const onBytes = (bytes: Buffer): false => {
      this.#unread.push(bytes)
      this.#unreadBytes += bytes.length
      this.#incoming.feed()
      return false
    }
    this.#socket = open({
      buffer,
      callback: (bytes) => onBytes(Buffer.from(buffer.subarray(0, bytes))),
    })
    this.#socket.on('data', onBytes)
    this.#socket.on('end', () => {
      this.#ended = true
      this.#incoming.feed()
    })
    this.#socket.on('error', (error) => {
      this.#error = error
      this.#incoming.feed()
    })
  }

  /**
   * Parks until bytes are there, and gives at most `maxBytes` (64 KiB) of them, as a Buffer that is
   * the caller's; undefined at the end of the stream. Does not park for what has come already. Throws
   * NetworkError when the peer has reset the connection, ConcurrentObjectUseError when another
   * greenlet is receiving, RangeError for what is no positive whole number. A kill or a Timeout here
   * loses nothing: the next `recv` gets the bytes.
   */
  *recv(maxBytes: number = DEFAULT_RECV_BYTES): Operation<Buffer | undefined> {
    checkCount(maxBytes, 1)
    this.#claim(this.#incoming, 'receiving')
    return (yield* this.#fill(1)) ? this.#take(maxBytes) : undefined
  }

  /**
   * Parks until `bytes` bytes are there, and gives exactly those. NetworkError when the stream ends
   * before; what has come then stays for `recv`, as it does after a kill or a Timeout. Else as `recv`.
   */
  *recvExactly(bytes: number): Operation<Buffer> {
    checkCount(bytes, 0)
    this.#claim(this.#incoming, 'receiving')
    if (yield* this.#fill(bytes)) return this.#take(bytes)
    throw new NetworkError(
      'GDL_ERR_CONNECTION_LOST',
      `${this.peer}: the stream ended after ${this.#unreadBytes} of ${bytes} bytes`,
      { retryable: true },
    )
  }

  /**
   * Sends all of `data` (a string: as UTF-8), and parks until the kernel has taken it, if it does not
   * do so at once. Throws
   * NetworkError when the connection is lost, ConcurrentObjectUseError when another greenlet is
   * sending. What was handed over can't be taken back: after a kill or a Timeout here it is sent all
   * the same, ahead of what a later `sendall` sends, unless the socket is closed first; so `data` must
   * not be changed then.
   */
  *sendall(data: string | Uint8Array): Operation<void> {
    this.#claim(this.#outgoing, 'sending')
    const sent: { done: boolean; error?: Error | null | undefined } = { done: false }
    this.#socket.write(data, (error) => {
      sent.done = true
      sent.error = error
      this.#outgoing.feed()
    })
    // Most data fits into the kernel's buffer at once, and Node would only say so in a later turn.
    if (this.#socket.writableLength === 0 && this.#socket.errored === null) return
    // What wakes it may be the end of an earlier write, whose greenlet was killed.
    while (!sent.done) yield* this.#hub.wait(this.#outgoing)
    // Of a socket that was destroyed meanwhile, Node says that all was written.
    const error = this.#error ?? sent.error
    if (error != null) throw failureOf(error, this.peer)
    if (this.#closed) throw closedError()
  }

  /** Parks until the peer has been told that nothing more will be sent (FIN). `recv` goes on. */
  *shutdown(): Operation<void> {
    this.#claim(this.#outgoing, 'sending')
    yield* until<void>((done) => void this.#socket.end(() => done(null)))
  }

  /**
   * Closes it, at once; greenlets that are parked in it get an Error. `yield*` on what it gives parks
   * until the fd is closed. What a `sendall` that was killed has left unsent is dropped. Twice is once.
   */
  close(): Operation<void> {
    if (!this.#closed) {
      this.#closed = true
      this.#hub.cancelWait(this.#incoming, closedError())
      this.#hub.cancelWait(this.#outgoing, closedError())
      // TLS takes its leave of the peer before the FIN; a peer that reads no more would keep us waiting.
      if (this.#socket.writableLength > 0) this.#socket.destroy()
      else this.#socket.end(() => this.#socket.destroy())
    }
    return this.#waitForClose()
  }

  *#waitForClose(): Operation<void> {
    if (this.#socket.closed) return
    yield* until<void>((done) => {
      this.#socket.once('close', () => done(null))
      return () => this.#socket.destroy()
    })
  }

  /** Parks until that many bytes are unread; false when the end comes before. */
  *#fill(bytes: number): Operation<boolean> {
    while (this.#unreadBytes < bytes) {
      if (this.#error !== undefined) throw failureOf(this.#error, this.peer)
      if (this.#ended) return false
      // These start and stop reading of the fd.
      this.#socket.resume()
      try {
        yield* this.#hub.wait(this.#incoming)
      } finally {
        this.#socket.pause()
      }
    }
    return true
  }

  #take(most: number): Buffer {
    const [first] = this.#unread
    const all = this.#unread.length === 1 ? first! : Buffer.concat(this.#unread)
    const taken = all.subarray(0, most)
    this.#unread = taken.length < all.length ? [all.subarray(taken.length)] : []
    this.#unreadBytes -= taken.length
    return taken
  }

  /** Throws where the caller could not go on, whatever comes. */
  #claim(watcher: IoWatcher, doing: string): void {
    if (this.#closed) throw closedError()
    if (watcher.active) {
      throw new ConcurrentObjectUseError(
        `${this.peer}: another greenlet is ${doing} on this socket: give each its own, or a Semaphore to all`,
      )
    }
    if (watcher === this.#incoming) return
    if (this.#error !== undefined) throw failureOf(this.#error, this.peer)
    if (this.#socket.writableEnded) throw new Error(`${this.peer}: the socket was shut down`)
  }
}

function closedError(): Error {
  return new Error('the socket was closed')
}

function checkCount(bytes: number, least: number): void {
  if (Number.isSafeInteger(bytes) && bytes >= least) return
  throw new RangeError(`can't receive ${bytes} bytes`)
}
