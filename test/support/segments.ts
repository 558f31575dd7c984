/**
 * Behaviours and questions for files that are fetched in segments over several connections.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Behaviour, SeenRequest, TestServer } from './server.ts'

/** The range that a request asks for, half-open, of a file of `length` bytes; undefined for all of it. */
export function rangeAsked(
  request: SeenRequest,
  length: number,
): { start: number; end: number } | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.header('range') ?? '')
  if (match === null) return undefined
  const end = match[2] === '' ? length : Number(match[2]) + 1
  return { start: Number(match[1]), end }
}

/** `odd` for the `nth` request of a path (0 is the first), `usual` for the others. */
export function nth(nth: number, odd: Behaviour, usual: Behaviour): Behaviour {
  return (exchange) => (exchange.earlier === nth ? odd : usual)(exchange)
}

/** Sends the range that was asked for up to `bytes` of it, in pieces of 64 KiB, and then nothing more. */
export function stallAfter(
  content: Buffer,
  bytes: number,
  headers: Record<string, string>,
): Behaviour {
  return async ({ request, response }) => {
    const { start, end } = rangeAsked(request, content.length) ?? { start: 0, end: content.length }
    const isPart = request.header('range') !== undefined
    response.writeHead(isPart ? 206 : 200, {
      'Accept-Ranges': 'bytes',
      'Content-Length': end - start,
      ...(isPart && { 'Content-Range': `bytes ${start}-${end - 1}/${content.length}` }),
      ...headers,
    })
    for (let at = start; at < Math.min(end, start + bytes); at += 65_536) {
      response.write(content.subarray(at, Math.min(at + 65_536, end, start + bytes)))
      await sleep(20)
    }
  }
}

/** What a server was asked for, as `start-end`; `all` for the whole. */
export function rangesSeen(server: TestServer): string[] {
  return server.requests.map((request) => request.header('range')?.slice('bytes='.length) ?? 'all')
}
