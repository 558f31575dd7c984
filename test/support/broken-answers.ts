/**
 * Answers that are not HTTP, or that break off: written to the socket byte by byte, because no HTTP
 * library would send them. Each is a behaviour for `serve`, over HTTP/1.1 and TLS alike.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { reset, write } from './behaviours.ts'
import type { Pace } from './behaviours.ts'
import type { Behaviour } from './server.ts'

/** How the end of a body is told: by a length, by chunks, or by the end of the connection. */
export type Framing = 'length' | 'chunked' | 'close'

/**
 * Writes exactly `data`, and then ends the connection, keeps it open, or resets it.
 */
export function raw(data: Buffer | string, then: 'end' | 'keep' | 'reset' = 'end'): Behaviour {
  return async ({ socket }) => {
    socket.write(data)
    if (then === 'end') socket.end()
    if (then === 'reset') await reset({ socket })
  }
}

/** No Content-Length, `Connection: close`: the body ends where the connection does, in good order. */
export function closeDelimited(content: Buffer, pace?: Pace): Behaviour {
  return async ({ socket }) => {
    socket.write(head('close', content.length))
    await write(socket, content, pace)
    socket.end()
  }
}

/** Promises all of `content` and sends only the first `sentBytes`; then a FIN, as from a good peer. */
export function shortBody(
  content: Buffer,
  sentBytes: number,
  framing: 'length' | 'chunked' = 'length',
): Behaviour {
  return async ({ socket }) => {
    socket.write(head(framing, content.length))
    await write(socket, framed(framing, content.subarray(0, sentBytes)))
    socket.end()
  }
}

/** Sends the first `sentBytes` of `content`, and then resets the connection (RST). */
export function resetBody(
  content: Buffer,
  sentBytes: number,
  framing: Framing = 'length',
): Behaviour {
  return async ({ socket }) => {
    socket.write(head(framing, content.length))
    await write(socket, framed(framing, content.subarray(0, sentBytes)))
    await reset({ socket })
  }
}

/** Resets the connection instead of an answer. */
export function resetAtOnce(): Behaviour {
  return (exchange) => reset(exchange)
}

/** Closes the connection instead of an answer. */
export function closeAtOnce(): Behaviour {
  return ({ socket }) => void socket.end()
}

/** Sends more than Content-Length: the rest is left on the connection, which stays open. */
export function longBody(content: Buffer, extra: Buffer | string): Behaviour {
  return raw(Buffer.concat([head('length', content.length), content, Buffer.from(extra)]), 'keep')
}

/**
 * A good answer, and a little later, unasked, the bytes `smuggled` on the connection that is kept:
 * they must never be taken for the answer to the next request.
 */
export function followedBy(content: Buffer, smuggled: string, afterMs = 0): Behaviour {
  return async ({ socket }) => {
    socket.write(Buffer.concat([head('length', content.length), content]))
    if (afterMs > 0) await sleep(afterMs)
    socket.write(smuggled)
  }
}

/** Two Content-Lengths that differ. */
export function twoLengths(content: Buffer, otherLength = content.length + 1): Behaviour {
  const lines = `Content-Length: ${content.length}\r\nContent-Length: ${otherLength}`
  return raw(`HTTP/1.1 200 OK\r\n${lines}\r\n\r\n${content.toString('latin1')}`)
}

/** A Content-Length that is none: `-1`, `1e3`, `0x10`, `12abc`, `99999999999999999999`. */
export function unusableLength(value: string, content: Buffer): Behaviour {
  const start = `HTTP/1.1 200 OK\r\nContent-Length: ${value}\r\n\r\n`
  return raw(Buffer.concat([Buffer.from(start), content]))
}

/** A chunk size that is none: `zz`, `-1`, `ffffffffffffffffff`. */
export function unusableChunkSize(value: string, content: Buffer): Behaviour {
  const start = `${head('chunked', 0).toString()}${value}\r\n`
  return raw(Buffer.concat([Buffer.from(start), content, Buffer.from('\r\n0\r\n\r\n')]))
}

/** Something that no HTTP server says. */
export function garbage(text = 'SSH-2.0-OpenSSH_9.2\r\n\0\x01\x02garbage\r\n'): Behaviour {
  return raw(text)
}

/** A body without a status line, as before 1996. */
export function http09(content: Buffer | string): Behaviour {
  return raw(content)
}

/** Header fields of more than `sizeBytes` in all, before a good body. */
export function oversizedHeaders(content: Buffer, sizeBytes = 1 << 17): Behaviour {
  const line = `X-Padding: ${'x'.repeat(1000)}\r\n`
  const padding = line.repeat(Math.ceil(sizeBytes / line.length))
  const start = `HTTP/1.1 200 OK\r\n${padding}Content-Length: ${content.length}\r\n\r\n`
  return raw(Buffer.concat([Buffer.from(start), content]))
}

function head(framing: Framing, length: number): Buffer {
  const field = {
    length: `Content-Length: ${length}`,
    chunked: 'Transfer-Encoding: chunked',
    close: 'Connection: close',
  }[framing]
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n${field}\r\n\r\n`,
    'latin1',
  )
}

/** `content` as it stands on the wire; a chunked one without its last chunk. */
function framed(framing: Framing, content: Buffer): Buffer {
  if (framing !== 'chunked') return content
  const size = Buffer.from(`${content.length.toString(16)}\r\n`)
  return Buffer.concat([size, content, Buffer.from('\r\n')])
}
