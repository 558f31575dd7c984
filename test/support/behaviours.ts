/**
 * What a server may answer: the truth, and every kind of lie that a downloader meets. A behaviour
 * answers one request; `serve` binds it to a path, `inTurn` strings several together.
 *
 *     await serve({
 *       '/good.bin': file(content, { etag: '"1"' }),
 *       '/cut.bin': inTurn(resetBody(content, 1000), file(content)),
 *       '/busy.bin': failing(2, status(503, { 'Retry-After': '0' }), body(content)),
 *     })
 *
 * This file has what stays within HTTP as node:http writes it; `broken-answers.ts` has the rest.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Behaviour, Exchange } from './server.ts'

type Content = Buffer | string

/** How fast a body is written: a piece of `pieceBytes`, then a pause of `everyMs`. */
export interface Pace {
  readonly pieceBytes: number
  readonly everyMs: number
}

/** What a good file server says about a file. */
export interface FileOptions {
  readonly etag?: string
  /** As it stands in the field: `Wed, 21 Oct 2015 07:28:00 GMT`. */
  readonly lastModified?: string
  readonly contentType?: string
  readonly headers?: OutgoingHttpHeaders
  readonly pace?: Pace
  /** Drop the connection (RST) when so many bytes of an answer's body have been sent … */
  readonly dropAfterBytes?: number
  /** … in the first `drops` answers for this path; in all of them unless told. */
  readonly drops?: number
}

/** 200 with Content-Length, whatever range was asked for. */
export function body(content: Content, headers: OutgoingHttpHeaders = {}, pace?: Pace): Behaviour {
  return async ({ request, response }) => {
    response.writeHead(200, { 'Content-Length': Buffer.byteLength(content), ...headers })
    await send(response, request.method, content, pace)
  }
}

/**
 * A file as a good server gives it: HEAD, one range with If-Range, If-None-Match and
 * If-Modified-Since (RFC 9110, sections 13 and 14), 206, 304 and 416.
 */
export function file(content: Buffer, options: FileOptions = {}): Behaviour {
  const common = {
    'Accept-Ranges': 'bytes',
    'Content-Type': options.contentType ?? 'application/octet-stream',
    ...(options.etag === undefined ? {} : { ETag: options.etag }),
    ...(options.lastModified === undefined ? {} : { 'Last-Modified': options.lastModified }),
    ...options.headers,
  }
  return async (exchange) => {
    const { request, response } = exchange
    if (isUnchanged(exchange, options)) {
      response.writeHead(304, common).end()
      return
    }
    const range = rangeOf(exchange, content.length, options)
    if (range === 'unsatisfiable') {
      response.writeHead(416, { ...common, 'Content-Range': `bytes */${content.length}` }).end()
      return
    }
    const [start, end] = range ?? [0, content.length]
    const partial = { 'Content-Range': `bytes ${start}-${end - 1}/${content.length}` }
    response.writeHead(range === undefined ? 200 : 206, {
      ...common,
      'Content-Length': end - start,
      ...(range === undefined ? {} : partial),
    })
    const part = content.subarray(start, end)
    if (options.dropAfterBytes === undefined || exchange.earlier >= (options.drops ?? Infinity)) {
      await send(response, request.method, part, options.pace)
    } else {
      await write(response, part.subarray(0, options.dropAfterBytes), options.pace)
      await reset(exchange)
    }
  }
}

/** 200 with `Transfer-Encoding: chunked`, in pieces of 16 KiB unless told, with trailer fields or none. */
export function chunkedBody(
  content: Content,
  options: { pace?: Pace; headers?: OutgoingHttpHeaders; trailers?: Record<string, string> } = {},
): Behaviour {
  return async ({ response }) => {
    if (options.trailers !== undefined) {
      response.setHeader('Trailer', Object.keys(options.trailers))
      response.addTrailers(options.trailers)
    }
    response.writeHead(200, options.headers)
    await write(response, content, options.pace ?? { pieceBytes: 16384, everyMs: 0 })
    response.end()
  }
}

/** 200 with Content-Length whose bytes drip in: `pieceBytes`, a pause, and so on. */
export function drip(content: Content, pace: Pace): Behaviour {
  return body(content, {}, pace)
}

/** 200 with `Content-Encoding: gzip`, whoever asked for it. */
export function gzipBody(content: Content, headers: OutgoingHttpHeaders = {}): Behaviour {
  return body(gzipSync(content), { 'Content-Encoding': 'gzip', ...headers })
}

/** A final status with a short text: `status(404)`, `status(429, { 'Retry-After': '1' })`. */
export function status(code: number, headers: OutgoingHttpHeaders = {}): Behaviour {
  const text = code === 204 || code === 304 ? '' : `status ${code}\n`
  return answer(code, text, headers)
}

/** 401 with a Basic challenge until the right name and password come; then `granted`. */
export function guarded(user: string, password: string, granted: Behaviour): Behaviour {
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const refused = status(401, { 'WWW-Authenticate': 'Basic realm="gdl"' })
  return (exchange) =>
    (exchange.request.header('authorization') === expected ? granted : refused)(exchange)
}

/** A redirect; without a `location` it lacks the field. Relative locations, other schemes: as given. */
export function redirect(code: 301 | 302 | 303 | 307 | 308, location?: string): Behaviour {
  return answer(code, 'elsewhere\n', location === undefined ? {} : { Location: location })
}

/**
 * Redirects to itself with a counter in the query, `/path?hop=1`, `?hop=2`, …: for ever, or until
 * `hops` redirects were made, when `goal` answers.
 */
export function redirectChain(hops: number, goal: Behaviour): Behaviour {
  return (exchange) => {
    const { pathname, searchParams } = new URL(exchange.request.url, 'http://loopback')
    const hop = Number(searchParams.get('hop') ?? 0)
    return (hop >= hops ? goal : redirect(302, `${pathname}?hop=${hop + 1}`))(exchange)
  }
}

/** A redirect to the very same target. */
export function redirectLoop(): Behaviour {
  return (exchange) => redirect(302, exchange.request.url)(exchange)
}

/** The first request for a path gets the first behaviour, and so on; the last stays. */
export function inTurn(...behaviours: [Behaviour, ...Behaviour[]]): Behaviour {
  return (exchange) => behaviours[Math.min(exchange.earlier, behaviours.length - 1)]!(exchange)
}

/** `failure` for the first `times` requests for a path, then `success`. */
export function failing(times: number, failure: Behaviour, success: Behaviour): Behaviour {
  return (exchange) => (exchange.earlier < times ? failure : success)(exchange)
}

/** `then`, after a pause. */
export function late(afterMs: number, then: Behaviour): Behaviour {
  return async (exchange) => {
    await sleep(afterMs)
    await then(exchange)
  }
}

/** 103 Early Hints (RFC 8297), `times` of them, before the final answer. */
export function earlyHints(then: Behaviour, times = 1): Behaviour {
  return async (exchange) => {
    for (let sent = 0; sent < times; sent++) {
      exchange.response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
    }
    await then(exchange)
  }
}

/** Takes the request and says nothing, for ever. */
export function silence(): Behaviour {
  return () => {}
}

/** Sends headers and `afterBytes` of the body, and then nothing more, for ever. */
export function stall(content: Content, afterBytes = 0): Behaviour {
  return async ({ response }) => {
    response.writeHead(200, { 'Content-Length': Buffer.byteLength(content) })
    response.flushHeaders()
    await write(response, Buffer.from(content).subarray(0, afterBytes))
  }
}

/** A truthful 206 whose Content-Range is another than the one that was asked for. */
export function wrongContentRange(content: Buffer, shiftBytes = 1): Behaviour {
  return async (exchange) => {
    const range = rangeOf(exchange, content.length, {})
    if (range === undefined || range === 'unsatisfiable') return file(content)(exchange)
    const start = Math.min(range[0] + shiftBytes, content.length - 1)
    exchange.response.writeHead(206, {
      'Content-Length': content.length - start,
      'Content-Range': `bytes ${start}-${content.length - 1}/${content.length}`,
    })
    exchange.response.end(content.subarray(start))
  }
}

/** Ends the connection with a TCP reset, once what was written has left this process. */
export async function reset({ socket }: Pick<Exchange, 'socket'>): Promise<void> {
  while (socket.writableLength > 0 && !socket.destroyed) await sleep(1)
  // An RST overtakes bytes that the peer's kernel has not taken yet; give it the time.
  await sleep(20)
  socket.resetAndDestroy()
}

/** Writes `content` in its pace, minding back-pressure; gives up quietly when the peer has gone. */
export async function write(
  stream: Writable,
  content: Content,
  pace: Pace = { pieceBytes: 1 << 20, everyMs: 0 },
): Promise<void> {
  const data = Buffer.from(content)
  for (let at = 0; at < data.length && !stream.destroyed; at += pace.pieceBytes) {
    if (at > 0 && pace.everyMs > 0) await sleep(pace.everyMs)
    if (!stream.write(data.subarray(at, at + pace.pieceBytes))) await drained(stream)
  }
}

async function drained(stream: Writable): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.once('drain', done)
    stream.once('close', done)
  })
}

async function send(
  response: ServerResponse,
  method: string,
  content: Content,
  pace?: Pace,
): Promise<void> {
  if (method !== 'HEAD') await write(response, content, pace)
  response.end()
}

function answer(code: number, text: string, headers: OutgoingHttpHeaders): Behaviour {
  return ({ response }) => {
    response.writeHead(code, { 'Content-Length': Buffer.byteLength(text), ...headers })
    response.end(text)
  }
}

function isUnchanged({ request }: Exchange, options: FileOptions): boolean {
  const tags = request.header('if-none-match')
  if (tags !== undefined) {
    return tags === '*' || (options.etag !== undefined && tags.includes(options.etag))
  }
  const since = request.header('if-modified-since')
  if (since === undefined || options.lastModified === undefined) return false
  return Date.parse(options.lastModified) <= Date.parse(since)
}

/** The half-open range that is to be sent; undefined for the whole file. */
function rangeOf(
  { request }: Exchange,
  size: number,
  options: FileOptions,
): [start: number, end: number] | 'unsatisfiable' | undefined {
  const asked = /^bytes=(\d*)-(\d*)$/.exec(request.header('range') ?? '')
  const guard = request.header('if-range')
  if (asked === null || request.method !== 'GET') return undefined
  // A weak tag never matches here (RFC 9110, 13.1.5); a date must be the very same.
  const strong = options.etag?.startsWith('W/') === true ? undefined : options.etag
  if (guard !== undefined && guard !== strong && guard !== options.lastModified) return undefined
  const [, first = '', last = ''] = asked
  if (first === '') return last === '' ? undefined : [Math.max(0, size - Number(last)), size]
  if (Number(first) >= size) return 'unsatisfiable'
  return [Number(first), last === '' ? size : Math.min(size, Number(last) + 1)]
}
