/**
 * That the servers of the tests do what their names say: a lie that is not told would let every test
 * above it pass. Asked with a bare socket, which forgives nothing and hides nothing.
 */
import net from 'node:net'
import tls from 'node:tls'
import { expect, test } from 'vitest'
import {
  body,
  chunkedBody,
  earlyHints,
  failing,
  file,
  inTurn,
  redirectChain,
  silence,
  stall,
  status,
} from './behaviours.ts'
import {
  closeDelimited,
  followedBy,
  garbage,
  http09,
  oversizedHeaders,
  resetAtOnce,
  resetBody,
  shortBody,
  twoLengths,
} from './broken-answers.ts'
import { bytes, sha256 } from './bytes.ts'
import { certificates } from './certificates.ts'
import { refusedOrigin, serve, serveSockets } from './server.ts'
import type { Behaviour, TestServer } from './server.ts'

const content = bytes(100_000, 'server.test')

interface Heard {
  readonly text: string
  readonly body: Buffer
  /** How the connection ended: in order, by a reset, refused, or not within the time given. */
  readonly ending: string
}

/** Sends `fields` after a GET for `path`, and listens until the connection ends or `patienceMs` is over. */
async function hear(
  server: TestServer,
  path: string,
  { fields = '', patienceMs = 400, method = 'GET' } = {},
): Promise<Heard> {
  const target = { host: server.host, port: server.port }
  const socket = server.origin.startsWith('https')
    ? tls.connect({ ...target, ca: certificates.certificate })
    : net.connect(target)
  const pieces: Buffer[] = []
  socket.on('data', (piece: Buffer) => pieces.push(piece))
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: loopback\r\n${fields}\r\n`)
  const ending = await new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.once('end', () => resolve('FIN'))
    setTimeout(() => resolve('open'), patienceMs)
  })
  socket.destroy()
  const all = Buffer.concat(pieces)
  const gap = all.indexOf('\r\n\r\n')
  return { text: all.toString('latin1'), body: all.subarray(gap + 4), ending }
}

async function hearOne(behaviour: Behaviour, options?: Parameters<typeof hear>[2]): Promise<Heard> {
  await using server = await serve({ '/it': behaviour })
  return await hear(server, '/it', options)
}

test('bytes of one seed are always the same, and those of another are others', () => {
  expect(sha256(bytes(5))).toBe(sha256(bytes(10).subarray(0, 5)))
  expect(bytes(16, 1).equals(bytes(16, 2))).toBe(false)
  expect(sha256(bytes(1000, 'fixed'))).toBe(
    'f6be0027c40510b2001ed59aac36814138ad049f12afe1d957a586e584b4c6a2',
  )
})

test('a server records requests, connections and headers in their order', async () => {
  await using server = await serve({ '/a': body('a'), '*': body('other') })
  await hear(server, '/a?q=1', { fields: 'X-B: 1\r\nx-a: 2\r\nX-B: 3\r\n', patienceMs: 50 })
  await hear(server, '/b', { patienceMs: 50 })
  expect(server.requests.map((request) => [request.method, request.url])).toEqual([
    ['GET', '/a?q=1'],
    ['GET', '/b'],
  ])
  expect(server.requests[0]!.headers).toEqual([
    ['Host', 'loopback'],
    ['X-B', '1'],
    ['x-a', '2'],
    ['X-B', '3'],
  ])
  expect(server.requests[0]!.header('x-b')).toBe('1, 3')
  expect(server.requests.map((request) => request.connection)).toEqual([1, 2])
  expect(server.connections).toBe(2)
})

test('a path without a behaviour is answered by 404', async () => {
  await using server = await serve({})
  expect((await hear(server, '/none', { patienceMs: 50 })).text).toMatch(/^HTTP\/1\.1 404 /)
})

test('a file honours ranges, If-Range and If-None-Match', async () => {
  await using server = await serve({ '/f': file(content, { etag: '"v1"' }) })
  const ask = (fields: string) => hear(server, '/f', { fields, patienceMs: 100 })
  expect((await ask('')).body.equals(content)).toBe(true)
  const middle = await ask('Range: bytes=10-19\r\nIf-Range: "v1"\r\n')
  expect(middle.text).toContain('206 Partial Content')
  expect(middle.text).toContain('Content-Range: bytes 10-19/100000')
  expect(middle.body.equals(content.subarray(10, 20))).toBe(true)
  expect((await ask('Range: bytes=99990-\r\n')).body).toHaveLength(10)
  expect((await ask('Range: bytes=10-19\r\nIf-Range: "v0"\r\n')).body).toHaveLength(100_000)
  expect((await ask('Range: bytes=100000-\r\n')).text).toMatch(/^HTTP\/1\.1 416 /)
  expect((await ask('If-None-Match: "v1"\r\n')).text).toMatch(/^HTTP\/1\.1 304 /)
})

test('a flaky file drops the connection as often as it is told, and recovers', async () => {
  const flaky = file(content, { etag: '"v1"', dropAfterBytes: 1000, drops: 1 })
  await using server = await serve({ '/f': flaky })
  const first = await hear(server, '/f')
  expect(first.ending).toBe('ECONNRESET')
  expect(first.body).toHaveLength(1000)
  const rest = await hear(server, '/f', { fields: 'Range: bytes=1000-\r\n' })
  expect(Buffer.concat([first.body, rest.body]).equals(content)).toBe(true)
})

test('bodies of unknown length are chunked, or end with the connection', async () => {
  const chunked = await hearOne(chunkedBody(content))
  expect(chunked.text).toContain('Transfer-Encoding: chunked')
  expect(chunked.text.endsWith('0\r\n\r\n')).toBe(true)
  const closed = await hearOne(closeDelimited(content))
  expect(closed.text).not.toMatch(/content-length|chunked/i)
  expect(closed.ending).toBe('FIN')
  expect(closed.body.equals(content)).toBe(true)
})

test('short bodies end in order, reset ones by an RST, with and without a length', async () => {
  const short = await hearOne(shortBody(content, 1234))
  expect(short.text).toContain('Content-Length: 100000')
  expect([short.body.length, short.ending]).toEqual([1234, 'FIN'])
  for (const framing of ['length', 'chunked', 'close'] as const) {
    const cut = await hearOne(resetBody(content, 1234, framing))
    expect(cut.ending).toBe('ECONNRESET')
    expect(cut.text).toContain(content.subarray(0, 1234).toString('latin1'))
    expect(/content-length/i.test(cut.text)).toBe(framing === 'length')
  }
  expect(await hearOne(resetAtOnce())).toMatchObject({ text: '', ending: 'ECONNRESET' })
})

test('stalls keep the connection open', async () => {
  expect(await hearOne(silence())).toMatchObject({ text: '', ending: 'open' })
  const stalled = await hearOne(stall(content, 10))
  expect([stalled.body.length, stalled.ending]).toEqual([10, 'open'])
})

test('behaviours take turns by path', async () => {
  await using server = await serve({
    '/turns': inTurn(status(500), status(429, { 'Retry-After': '7' }), body('well')),
    '/fails': failing(1, status(503), body('well')),
    '/chain': redirectChain(2, body('goal')),
  })
  const line = async (path: string) => (await hear(server, path, { patienceMs: 50 })).text
  expect(await line('/turns')).toContain('500 Internal')
  expect(await line('/turns')).toContain('Retry-After: 7')
  expect(await line('/turns')).toContain('well')
  expect(await line('/fails')).toContain('503')
  expect(await line('/fails')).toContain('well')
  expect(await line('/chain')).toContain('Location: /chain?hop=1')
  expect(await line('/chain?hop=1')).toContain('Location: /chain?hop=2')
  expect(await line('/chain?hop=2')).toContain('goal')
})

test('answers that are not HTTP go out as they are', async () => {
  expect((await hearOne(garbage())).text).toMatch(/^SSH-/)
  expect((await hearOne(http09('bare'))).text).toBe('bare')
  expect((await hearOne(twoLengths(content))).text.match(/Content-Length: \d+/g)).toEqual([
    'Content-Length: 100000',
    'Content-Length: 100001',
  ])
  expect((await hearOne(oversizedHeaders(content))).text.indexOf('\r\n\r\n')).toBeGreaterThan(
    1 << 17,
  )
  expect((await hearOne(earlyHints(body('x')))).text).toMatch(/^HTTP\/1\.1 103 [^]*HTTP\/1\.1 200 /)
  expect((await hearOne(followedBy(content, 'HTTP/1.1 200 OK\r\n'))).text).toMatch(/200 OK\r\n$/)
})

test('a refused origin refuses, and a bare server gives its sockets', async () => {
  const { hostname, port } = new URL(await refusedOrigin())
  const refused = net.connect(Number(port), hostname)
  const code = await new Promise((resolve) =>
    refused.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)),
  )
  expect(code).toBe('ECONNREFUSED')
  await using server = await serveSockets((socket) => socket.end('hello'))
  expect(await hear(server, '/')).toMatchObject({ text: 'hello', ending: 'FIN' })
})

test('over TLS the certificate is good for loopback, unless it has expired', async () => {
  await using good = await serve({ '/it': body('safe') }, { tls: 'valid' })
  expect((await hear(good, '/it')).text).toContain('safe')
  await using expired = await serve({ '/it': body('safe') }, { tls: 'expired' })
  const options = { host: expired.host, port: expired.port, ca: certificates.expired }
  const code = await new Promise((resolve) =>
    tls.connect(options).once('error', (error: NodeJS.ErrnoException) => resolve(error.code)),
  )
  expect(code).toBe('CERT_HAS_EXPIRED')
})
