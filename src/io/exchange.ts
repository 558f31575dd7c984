/**
 * One request and what comes back: undici's handler on one side, a greenlet on the other.
 *
 * undici calls in from host callbacks, and synchronously from `destroy()`; so each call only notes what
 * came and feeds the io watcher. The greenlet parks on that watcher until what it wants is there, or a
 * deadline has passed. No greenlet is ever switched to in here.
 *
 * Chunks that nobody has taken wait in a queue; when more than `readAheadBytes` are in it, the socket
 * is no longer read.
 */
import type { Dispatcher } from 'undici'
import type { GdlError } from '../errors.ts'
import { getHub, type IoWatcher, type Operation } from '../scheduler/index.ts'
import { failureOf, isParserError, malformed, truncated } from './failure.ts'
import type { Field, ResponseFields } from './fields.ts'
import type { Target } from './redirect.ts'
import type { Slab } from './slab.ts'
import type { Story } from './story.ts'

/**
 * How much of a body may wait to be taken. With twice as much, sixteen files at once took 15 MiB more, and no less
 * time; with half, a gigabyte took 3 % more.
 */
const READ_AHEAD_BYTES: number = 1024 * 1024
/** Between the third time that a timer fires and the first, the host has polled in any case. */
const TIMES_BEFORE_LATE = 3

/** Body bytes that were received, on loan: `release` gives their memory back to be overwritten. */
export class Batch {
  readonly chunks: Buffer[] = []
  bytes = 0
  readonly #slabs: Slab[] = []

  /** @internal */
  add(chunk: Buffer, slab: Slab | undefined): void {
    this.chunks.push(chunk)
    this.bytes += chunk.length
    if (slab !== undefined) this.#slabs.push(slab)
  }

  /** The chunks are no longer needed. Once; without it the garbage collector has them, at its own time. */
  release(): void {
    for (const slab of this.#slabs) slab.unpin()
    this.#slabs.length = 0
  }
}

/** What an exchange goes over: a connection of its own, or a stream of a shared one. */
export interface Carrier {
  readonly connected: boolean
  /** What is connected to, for messages: the server, or a proxy. */
  readonly peer: string
  /** The socket's own error, if it had one. */
  readonly error: Error | undefined
  /** That nothing was answered may be the carrier's fault alone: another one may take the request. */
  readonly isStale: boolean
  /** Called when it is connected, and when it is closed. */
  onChange: (() => void) | undefined
  /** Is told of the connection that `send` makes, if it makes one. */
  story?: Story | undefined
  /** Sends a GET for `target`, whose answer goes to `exchange`. Does not park. */
  send(target: Pick<Target, 'href' | 'path'>, fields: readonly Field[], exchange: Exchange): void
  /** Reads so many bytes at a time, at most, where it can. */
  readAtMost?(bytes: number): void
  /** Reads no more, until `startReading`. What was read before may still arrive. */
  stopReading(): void
  startReading(): void
  /** The slab that a chunk of a body lies in; pinned for the caller. */
  pinSlabOf(chunk: Buffer): Slab | undefined
  /** Ends the exchange at once, if it is under way, with the connection if it can't be kept. */
  destroy(): void
}

/** One HTTP exchange on one connection. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly carrier: Carrier
  status: number | undefined
  /** What the server says to it; '' in HTTP/2, which has none. */
  reason = ''
  fields: ResponseFields = {}
  /** The body is complete. */
  ended = false
  error: GdlError | undefined
  /** Whether anything at all has come back. */
  answered = false
  /** How many bytes of the body have come. */
  received = 0
  #queue = new Batch()
  readonly #host: string
  readonly #readAheadBytes: number
  readonly #watcher: IoWatcher

  constructor(carrier: Carrier, host: string, readAheadBytes: number = READ_AHEAD_BYTES) {
    this.carrier = carrier
    this.#host = host
    this.#watcher = getHub().loop.io(`network: ${host}`)
    this.#readAheadBytes = readAheadBytes
    carrier.readAtMost?.(readAheadBytes)
    carrier.onChange = () => this.#watcher.feed()
  }

  /** Sends the request. Does not park. */
  send(target: Pick<Target, 'href' | 'path'>, fields: readonly Field[]): void {
    this.carrier.send(target, fields, this)
  }

  /**
   * Parks until `arrived` says so or the exchange has failed. Each time when `late.ms` pass without
   * anything new, `late.error` is thrown; but only when the host has polled since: after a stopped
   * process goes on, the time is over before the bytes that wait are read. A kill leaves the exchange
   * as it is: close it.
   */
  *waitFor(arrived: () => boolean, late: { ms: number; error: () => GdlError }): Operation<void> {
    const hub = getHub()
    while (!arrived()) {
      if (this.error !== undefined) throw this.error
      let timesFired = 0
      const deadline = hub.loop.timer(late.ms, 1)
      deadline.priority = -1
      deadline.start(() => {
        if (++timesFired === TIMES_BEFORE_LATE) this.#watcher.feed()
      })
      try {
        yield* hub.wait(this.#watcher)
      } finally {
        deadline.stop()
      }
      const isLate = timesFired >= TIMES_BEFORE_LATE
      if (isLate && this.error === undefined && !arrived()) throw late.error()
    }
  }

  /** Body bytes are there, or their end is. */
  get readable(): boolean {
    return this.#queue.bytes > 0 || this.ended
  }

  /** The body bytes that wait to be taken. */
  get queued(): Pick<Batch, 'chunks' | 'bytes'> {
    return this.#queue
  }

  /** Takes all body bytes that have come. The caller releases them. */
  take(): Batch {
    const batch = this.#queue
    this.#queue = new Batch()
    this.carrier.startReading()
    return batch
  }

  /** Lets the connection go: back to its pool if the exchange is over, else closed. */
  detach(): void {
    this.#queue.release()
    this.#queue = new Batch()
    this.carrier.onChange = undefined
    this.carrier.startReading()
    if (!this.ended) this.carrier.destroy()
  }

  onRequestStart(): void {
    // undici knows by it which kind of handler this is.
  }

  onResponseStart(_controller: unknown, status: number, fields: ResponseFields, reason = ''): void {
    this.answered = true
    // 103 and the like come before the answer (RFC 9110, 15.2).
    if (status < 200) return
    this.status = status
    this.reason = reason
    this.fields = fields
    this.#watcher.feed()
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (chunk.length === 0) return
    this.received += chunk.length
    this.#queue.add(chunk, this.carrier.pinSlabOf(chunk))
    if (this.#queue.bytes > this.#readAheadBytes) this.carrier.stopReading()
    this.#watcher.feed()
  }

  onResponseEnd(): void {
    // A reset ends a body without a length as if it were whole; the socket knows better.
    const { error } = this.carrier
    if (error === undefined) this.ended = true
    else this.error = failureOf(error, this.#host)
    this.#watcher.feed()
  }

  onResponseError(_controller: unknown, error: Error): void {
    // The socket's own error, which may be one that undici gave it, says more.
    this.error ??= this.#failure(this.carrier.error ?? error)
    this.#watcher.feed()
  }

  #failure(reason: Error): GdlError {
    const code = 'code' in reason ? reason.code : undefined
    if (this.status === undefined) {
      // undici says so of any head that its parser refuses after a Content-Length in it.
      const isMalformed = code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
      return isMalformed ? malformed(this.#host, reason) : failureOf(reason, this.#host)
    }
    // A peer that closed in good order, or a parser that has nothing left: the body's end is missing.
    const isCut = code === 'UND_ERR_SOCKET' || (isParserError(reason) && reason.data === '')
    return isCut ? truncated(this.#host, reason) : failureOf(reason, this.#host)
  }
}
