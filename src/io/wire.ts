/**
 * A socket under undici: its reads go into slabs, and its fd is read only while somebody wants it.
 *
 * Backpressure is applied here and not with undici's `controller.pause()`: that asserts and kills the
 * process when the peer closes a connection whose parser is paused (nodejs/undici#5360). With this,
 * undici only ever sees data that it may parse.
 *
 * A slab is pinned while it is read into, by the parser from the read until undici asks for more, and by
 * each chunk of a body that lies in it. One slab takes many reads, for under TLS a read is of 16 KiB: with
 * a slab for each, a gigabyte took 3.1 s instead of 1.4, most of it to find and to clear memory. Those of
 * one poll are given to undici together, which takes 6 % off that gigabyte. What comes with a reset in the
 * same poll is lost with it, and asked for again.
 */
import { readSync } from 'node:fs'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { Slab, SLAB_BYTES } from './slab.ts'

/** Where the first digit of a status is: behind `HTTP/1.1 `. */
const STATUS_AT = 9
const ONE = 0x31
/**
 * A slab is left as it is when so much of it is filled. Records of TLS come one after the other, as long as
 * there are any, and each wants its room; otherwise the rest is too little for a read of its own.
 */
const MOST_FILLED_BYTES = { encrypted: SLAB_BYTES - 16 * 1024, plain: SLAB_BYTES / 2 }

/** One socket's reading side. Made before the socket, whose `onread` option it gives. */
export class Wire {
  /** The socket's own error, if it had one: undici takes a reset for the end of some bodies. */
  error: Error | undefined
  #socket: Socket | undefined
  #stopped = false
  /** The next bytes are the beginning of an answer. */
  #atHead = false
  /** What is read into; pinned by us. */
  #reading: Slab | undefined
  /** How much of it is filled. */
  #filled = 0
  #mostFilledBytes = MOST_FILLED_BYTES.plain
  /** Whether reads are gathered, and how many bytes of the slab are: the last that are filled. Pinned by them. */
  #isGathering = false
  #gathered = 0
  /** Pushed to undici, which has not taken them. */
  #pushed: Slab[] = []
  /** Taken by undici's parser, and perhaps still being parsed. */
  #parsing: Slab[] = []

  /** How much is read at a time, at most. */
  readBytes: number = Infinity

  /** The option of `net.connect` and `tls.connect` that has them read into slabs. */
  get onread(): { buffer: () => Buffer; callback: (bytes: number) => boolean } {
    return {
      buffer: () => this.#nextBuffer(),
      callback: (bytes) => this.#onRead(bytes),
    }
  }

  /** This socket is on the way: `destroy` closes it, until another one is attached or adopted. */
  attach(socket: Socket): void {
    this.#socket = socket
  }

  /** Takes charge of `socket`. Before undici does: our listeners come first. */
  adopt(socket: Socket): void {
    this.#socket = socket
    if ('encrypted' in socket) this.#gatherReads(socket)
    // In onread mode, net.Socket's own `read` starts the fd whenever undici looks for data.
    socket.read = (size?: number): unknown => {
      this.#parsed()
      const chunk: unknown = Duplex.prototype.read.call(socket, size)
      if (chunk !== null) {
        this.#parsing = this.#pushed
        this.#pushed = []
      }
      return chunk
    }
    socket._read = (size: number): void => {
      if (!this.#stopped) Socket.prototype._read.call(socket, size)
    }
    socket.on('error', (error) => {
      this.error = error
    })
    socket.on('end', () => {
      this.error ??= resetBehindEnd(socket)
    })
    socket.on('close', () => this.#letGo())
  }

  /** A request is about to be sent. */
  expectHead(): void {
    this.#atHead = true
  }

  /** Reads no more from the fd, until `startReading`. What was read before may still arrive. */
  stopReading(): void {
    this.#stopped = true
  }

  startReading(): void {
    if (!this.#stopped) return
    this.#stopped = false
    if (this.#socket?.destroyed === false) this.#socket._read(0)
  }

  /** Closes the socket at once. */
  destroy(): void {
    this.#socket?.destroy()
  }

  /** The slab that `chunk`, which undici's parser has just cut, lies in; pinned for the caller. */
  pinSlabOf(chunk: Buffer): Slab | undefined {
    const slab = this.#parsing.find(({ buffer }) => buffer.buffer === chunk.buffer)
    slab?.pin()
    return slab
  }

  /** What the next read goes into: the rest of the slab, or a free one. */
  #nextBuffer(): Buffer {
    const slab = this.#reading
    if (slab === undefined || this.#filled >= this.#mostFilledBytes) {
      slab?.unpin()
      this.#reading = Slab.take()
      this.#filled = 0
    } else if (!slab.isShared) this.#filled = 0
    const { buffer } = this.#reading!
    const end = Math.min(buffer.length, this.#filled + this.readBytes)
    return this.#filled === 0 && end === buffer.length ? buffer : buffer.subarray(this.#filled, end)
  }

  #onRead(bytes: number): boolean {
    const slab = this.#reading
    if (slab === undefined || this.#socket === undefined) return false
    this.#filled += bytes
    if (this.#isGathering) this.#gather(slab, bytes)
    else this.#push(slab, bytes)
    return !this.#stopped
  }

  /** Gives undici the last `bytes` that were read. */
  #push(slab: Slab, bytes: number): void {
    let data = slab.buffer.subarray(this.#filled - bytes, this.#filled)
    if (this.#atHead) data = data.subarray(lengthOfContinues(data))
    if (data.length === 0) return
    this.#atHead = false
    slab.pin()
    this.#pushed.push(slab)
    Duplex.prototype.push.call(this.#socket!, data)
  }

  #gatherReads(socket: Socket): void {
    this.#isGathering = true
    this.#mostFilledBytes = MOST_FILLED_BYTES.encrypted
    // Node pushes the end by itself.
    socket.push = (...pushed: Parameters<Duplex['push']>): boolean => {
      this.#pushGathered()
      return Duplex.prototype.push.apply(socket, pushed)
    }
  }

  #gather(slab: Slab, bytes: number): void {
    if (this.#gathered === 0) {
      slab.pin()
      setImmediate(this.#pushGathered)
    }
    this.#gathered += bytes
    const isEnough = this.#gathered >= this.readBytes || this.#filled >= this.#mostFilledBytes
    if (isEnough) this.#pushGathered()
  }

  readonly #pushGathered = (): void => {
    const slab = this.#reading
    if (slab === undefined || this.#gathered === 0) return
    const bytes = this.#gathered
    this.#gathered = 0
    this.#push(slab, bytes)
    slab.unpin()
  }

  /** undici's parser has come back for more: it is through with what it had. */
  #parsed(): void {
    for (const slab of this.#parsing) slab.unpin()
    this.#parsing = []
  }

  #letGo(): void {
    this.#parsed()
    for (const slab of this.#pushed) slab.unpin()
    this.#pushed = []
    if (this.#gathered > 0) this.#reading?.unpin()
    this.#gathered = 0
    this.#reading?.unpin()
    this.#reading = undefined
  }
}

/**
 * How many bytes at the beginning of `data` are `100 Continue` answers. A client takes those at any time
 * (RFC 9110, 15.2), but undici ends the connection at one that it did not ask for. One that comes in
 * several reads is left to undici.
 */
function lengthOfContinues(data: Buffer): number {
  let length = 0
  // Nearly all answers begin with their own status.
  if (data[STATUS_AT] !== ONE) return 0
  while (/^HTTP\/1\.[01] 100[ \r]/.test(data.toString('latin1', length, length + 13))) {
    const end = data.indexOf('\r\n\r\n', length)
    if (end === -1) break
    length = end + 4
  }
  return length
}

/**
 * The reset that libuv took for a FIN, if it did. When the last bytes and an RST are found by the same
 * poll, it reads the bytes, sees POLLHUP, and tells of the end without another read (`uv__stream_io`).
 * The error still waits at the fd then: a read gives it, where a FIN gives 0. On Windows there is no fd.
 */
function resetBehindEnd(socket: Socket): Error | undefined {
  const { fd } = (socket as unknown as { _handle?: { fd?: number } })._handle ?? {}
  if (fd === undefined || fd < 0) return undefined
  try {
    readSync(fd, Buffer.alloc(1), 0, 1, null)
    return undefined
  } catch (error) {
    return (error as { code?: string }).code === 'ECONNRESET' ? (error as Error) : undefined
  }
}
