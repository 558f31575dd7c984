// What a server may answer: a file as it should be given, and the lies. An answer takes the exchange
// that `server.js` makes; what is sent of a body is counted there, so that what is fetched twice shows.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

const MODIFIED = 'Wed, 21 Oct 2015 07:28:00 GMT'
const PIECE_BYTES = 64 * 1024
/** Long enough for the other side to have read what was sent, as a reset throws away the rest. */
const READ_MS = 300

/** Writes `bytes` to the socket, in pieces with a pause after each; stops when it is closed. */
async function send({ request, socket, server }, bytes, { everyMs = 0, pieceBytes = PIECE_BYTES }) {
  if (request.method === 'HEAD') return
  for (let at = 0; at < bytes.length && !socket.destroyed; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes)
    server.bodyBytes += piece.length
    if (!socket.write(piece)) await drained(socket)
    if (everyMs > 0) await sleep(everyMs)
  }
}

/** What is over first takes the other's listeners along: a connection may be asked very often. */
async function drained(socket) {
  const over = new AbortController()
  const { signal } = over
  await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })])
  over.abort()
}

function head(socket, status, fields) {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  socket.write(`HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n`)
}

/** The range that is asked for and may be given, as `[start, end)`; undefined is the whole. */
function rangeOf({ request: { headers } }, length, { etag, hasRanges = true }) {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '')
  const guard = headers['if-range']
  if (!hasRanges || asked === null || (guard !== undefined && guard !== etag)) return undefined
  const end = asked[2] === '' ? length : Math.min(length, Number(asked[2]) + 1)
  return [Number(asked[1]), end]
}

/**
 * A file, given as RFC 9110 has it. Options: `etag`, further `fields`, `hasRanges`, `hasValidators`, `everyMs` between
 * pieces of `pieceBytes`; `endsAt`, a place in the file where the connection ends by `how`: `fin`, `rst`
 * or `stall`; `shift`, by which a range is another than was asked for.
 */
export function file(content, options = {}) {
  const { etag = '"one"', fields, endsAt = content.length, how = 'fin', shift = 0 } = options
  return async (exchange) => {
    const { socket } = exchange
    const range = rangeOf(exchange, content.length, { ...options, etag })
    if (range !== undefined && range[0] >= content.length) {
      head(socket, 416, { 'Content-Range': `bytes */${content.length}`, 'Content-Length': 0 })
      return
    }
    const [asked, end] = range ?? [0, content.length]
    const start = range === undefined ? asked : Math.max(0, asked - shift)
    head(socket, range === undefined ? '200 OK' : '206 Partial Content', {
      'Content-Length': end - start,
      ...(options.hasValidators === false ? {} : { ETag: etag, 'Last-Modified': MODIFIED }),
      ...(options.hasRanges === false ? {} : { 'Accept-Ranges': 'bytes' }),
      ...(range === undefined
        ? {}
        : { 'Content-Range': `bytes ${start}-${end - 1}/${content.length}` }),
      ...fields,
    })
    await send(exchange, content.subarray(start, Math.min(end, Math.max(start, endsAt))), options)
    if (endsAt < end) await cut(socket, how)
  }
}

/** A file without a length: its end is that of the connection, by `how`, at `endsAt`. */
export function closeDelimited(content, { endsAt = content.length, how = 'fin' } = {}) {
  return async (exchange) => {
    head(exchange.socket, '200 OK', { Connection: 'close' })
    await send(exchange, content.subarray(0, endsAt), {})
    await cut(exchange.socket, how)
  }
}

/** A chunked file that ends in a chunk at `endsAt`, or well. */
export function chunked(content, { endsAt = content.length } = {}) {
  return async (exchange) => {
    const { socket } = exchange
    head(socket, '200 OK', { 'Transfer-Encoding': 'chunked' })
    socket.write(`${content.length.toString(16)}\r\n`)
    await send(exchange, content.subarray(0, endsAt), {})
    if (endsAt < content.length) await cut(socket, 'fin')
    else socket.write('\r\n0\r\n\r\n')
  }
}

async function cut(socket, how) {
  await sleep(READ_MS)
  if (how === 'rst') socket.resetAndDestroy()
  else if (how === 'fin') socket.destroySoon()
}

/** A status, with a short text. */
export function status(code, fields = {}) {
  return ({ socket }) => head(socket, `${code} Status`, { 'Content-Length': 0, ...fields })
}

/** `code` with Retry-After until so many seconds after the first request, then `answer`. */
export function busyFor(seconds, code, answer) {
  const refusal = status(code, { 'Retry-After': seconds })
  return (exchange) => {
    const [first] = exchange.server.requests
    const elapsedMs = performance.now() - first.atMs
    return (elapsedMs < seconds * 1000 ? refusal : answer)(exchange)
  }
}

/** One answer after the other, and the last one for good. */
export function inTurn(...answers) {
  return (exchange) => answers[Math.min(exchange.earlier, answers.length - 1)](exchange)
}

/** By path; 404 for all others. */
export function routes(answers) {
  return (exchange) => (answers[exchange.request.url] ?? status(404))(exchange)
}
