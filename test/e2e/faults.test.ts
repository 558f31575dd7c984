import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import * as broken from '../support/broken-answers.ts'
import { bytes, sha256 } from '../support/bytes.ts'
import { certificatePaths } from '../support/certificates.ts'
import {
  refusedOrigin,
  type Routes,
  serve,
  serveSockets,
  type TestServer,
} from '../support/server.ts'
import { beginGdl, gdl, type Ran, seen, SUMMARY } from './gdl.ts'

// Every kind of fault with its own error code is in `test/download/session.test.ts`; here is what the
// command makes of them: statuses, files, words.

const content = bytes(100_000, 'faults')
const long = bytes(600_000, 'faults, long')

/** Runs gdl on all paths of `routes` at once. */
async function all(
  routes: Routes & object,
  ...args: string[]
): Promise<Ran & { server: TestServer }> {
  await using server = await serve(routes)
  const list = Object.keys(routes).map((path) => `${server.origin}${path}\n`)
  const ran = await gdl([...args, 'urls.txt'], { list: list.join('') })
  expect(ran.lastLine).toMatch(SUMMARY)
  return { ...ran, server }
}

describe('--max-time', () => {
  it('counts while the body of a redirect is waited for', async () => {
    await using server = await serve({
      '/from': broken.raw(
        'HTTP/1.1 302 Found\r\nLocation: /to\r\nContent-Length: 50\r\n\r\n',
        'keep',
      ),
      '/to': be.body(content),
    })
    const ran = await gdl(['--max-time', '200ms', `${server.origin}/from`])
    expect([ran.status, ran.files], ran.stderr).toEqual([4, []])
    expect(server.requestsFor('/to')).toEqual([])
  })
})

describe('--checksum', () => {
  it('is compared with the one URL, and is for no more than that', async () => {
    const content = bytes(300_000, 'checksum')
    await using server = await serve({ '/x': be.body(content) })
    const url = `${server.origin}/x`
    const right = await gdl(['--checksum', `sha-256=${sha256(content)}`, url])
    expect([right.status, right.files], right.stderr).toEqual([0, ['x']])
    const wrong = await gdl(['--checksum', `sha-256=${sha256('other')}`, url])
    expect([wrong.status, wrong.files], wrong.stderr).toEqual([9, []])
    for (const args of [
      ['sha-256=12', url],
      [`sha-256=${sha256(content)}`, url, url],
      [`sha-256=${sha256(content)}`, 'urls.txt'],
    ]) {
      const refused = await gdl(['--checksum', ...args], { list: url })
      expect([refused.status, refused.files], refused.stderr).toEqual([2, []])
    }
    expect(server.requests).toHaveLength(2)
  })
})

describe('what passes', () => {
  it('is tried again, and ends well', async () => {
    const { server, ...ran } = await all(
      {
        '/short': be.failing(2, broken.shortBody(content, 5000), be.body(content)),
        '/reset': be.failing(2, broken.resetBody(long, 300_000), be.body(long)),
        '/closed': be.failing(1, broken.closeAtOnce(), be.body(content)),
        '/stalled': be.failing(1, be.stall(long, 300_000), be.body(long)),
        '/silent': be.failing(1, be.silence(), be.body(content)),
        '/503': be.failing(2, be.status(503), be.body(content)),
        '/429': be.failing(1, be.status(429), be.body(content)),
        '/hints': be.earlyHints(be.body(content), 3),
      },
      '--timeout',
      '300ms',
      '-v',
    )
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toEqual([
      '429',
      '503',
      'closed',
      'hints',
      'reset',
      'short',
      'silent',
      'stalled',
    ])
    for (const name of ran.files) {
      const expected = name === 'reset' || name === 'stalled' ? long : content
      expect(ran.content(name).equals(expected), name).toBe(true)
    }
    expect(server.requests).toHaveLength(8 + 2 + 2 + 1 + 1 + 1 + 2 + 1)
    expect(ran.lines.filter((line) => line.startsWith('retry'))).toHaveLength(10)
  })

  it('has its pause from Retry-After, in seconds or as a date', async () => {
    const soon = new Date(Date.now() + 2500)
    const { server, ...ran } = await all({
      '/seconds': be.failing(1, be.status(503, { 'Retry-After': '1' }), be.body('well')),
      '/date': be.failing(
        1,
        be.status(429, { 'Retry-After': soon.toUTCString() }),
        be.body('well'),
      ),
      '/past': be.failing(
        1,
        be.status(503, { 'Retry-After': 'Wed, 21 Oct 2015 07:28:00 GMT' }),
        be.body('well'),
      ),
    })
    expect(ran.status, ran.stderr).toBe(0)
    const waited = (path: string): number => {
      const [first, second] = server.requestsFor(path)
      return second!.atMs - first!.atMs
    }
    expect(waited('/seconds')).toBeGreaterThanOrEqual(990)
    // The date is in whole seconds: at least one, and at most three, are left when it is read.
    expect(server.requestsFor('/date')[1]!.atMs + performance.timeOrigin).toBeGreaterThanOrEqual(
      Math.floor(soon.getTime() / 1000) * 1000 - 20,
    )
    expect(waited('/past')).toBeLessThan(waited('/seconds'))
  })

  it('is not waited for beyond --max-time', async () => {
    const { server, ...ran } = await all(
      {
        '/later': be.status(503, { 'Retry-After': '3600' }),
        '/drip': be.drip(content, { pieceBytes: 10, everyMs: 50 }),
        '/silent': be.silence(),
      },
      '--max-time',
      '500ms',
    )
    expect(ran.status).toBe(4)
    expect(ran.files).toEqual([])
    expect(ran.stderr).toMatch(/out\/later: .*503 service unavailable/)
    expect(ran.stderr.match(/not done in the 0\.5 s of --max-time/g)).toHaveLength(2)
    expect(server.requests).toHaveLength(3)
  })
})

describe('the status', () => {
  it('is 9 when a body never comes to its end', async () => {
    const ran = await all(
      {
        '/length': broken.shortBody(content, 5000),
        '/long': broken.shortBody(long, 300_000),
        '/chunked': broken.shortBody(long, 300_000, 'chunked'),
      },
      '-r',
      '1',
    )
    expect(ran.status, ran.stderr).toBe(9)
    expect(ran.files).toEqual([])
    expect(ran.server.requests).toHaveLength(6)
    expect(ran.lastLine).toMatch(/^0 downloaded, 0 present, 3 failed/)
  })

  it('is 4 when the connection is refused, reset or silent', async () => {
    const refused = await refusedOrigin()
    const routes = {
      '/length': broken.resetBody(long, 300_000),
      '/close': broken.resetBody(long, 300_000, 'close'),
      '/chunked': broken.resetBody(content, 5000, 'chunked'),
      '/silent': be.silence(),
      '/stalled': be.stall(long, 300_000),
    }
    const args = ['-r', '1', '--timeout', '200ms', `${refused}/nobody`]
    const ran = await all(routes, ...args)
    expect(ran.status, ran.stderr).toBe(4)
    expect(ran.files).toEqual([])
    // A reset may take along bytes that had come, so that the second try gets further and earns a third.
    for (const path of Object.keys(routes)) {
      expect(ran.server.requestsFor(path).length).toBeGreaterThanOrEqual(2)
    }
    expect(ran.stderr).toMatch(/nobody: .*the connection was refused/)
    expect(ran.stderr.match(/the connection was lost/g)).toHaveLength(3)
    expect(ran.stderr.match(/not a byte in 0\.2 s/g)).toHaveLength(2)
  })

  it('is 8 when the server says so, after one request if that will not change', async () => {
    const ran = await all({
      '/404': be.status(404),
      '/403': be.status(403),
      '/204': be.status(204),
    })
    expect(ran.status, ran.stderr).toBe(8)
    expect(ran.files).toEqual([])
    expect(ran.server.requests).toHaveLength(3)
    expect(ran.stderr).toMatch(
      /^urls\.txt:1: failed out\/404: http:\/\/127\.0\.0\.1:\d+\/404: 404 not found$/m,
    )
  })

  it('is 6 when a password is wanted', async () => {
    const ran = await all({
      '/x': be.guarded('me', 'secret', be.body('x')),
      '/404': be.status(404),
    })
    expect(ran.status, ran.stderr).toBe(6)
    expect(ran.stderr).toMatch(/401 unauthorized \(give a name and password/)
    expect(ran.server.requestsFor('/x')).toHaveLength(1)
  })

  it('is 7 when what comes is no HTTP, or no answer to what was asked', async () => {
    const ran = await all({
      '/garbage': broken.garbage(),
      '/http09': broken.http09('just a body'),
      '/lengths': broken.twoLengths(content),
      '/length': broken.unusableLength('12abc', content),
      '/chunk': broken.unusableChunkSize('zz', content),
      '/headers': broken.oversizedHeaders(content),
      '/206': be.status(206, { 'Content-Range': 'bytes 0-9/100' }),
    })
    expect(ran.status, ran.stderr).toBe(7)
    expect(ran.files).toEqual([])
    // None of this passes by itself.
    expect(ran.server.requests).toHaveLength(7)
    expect(ran.lastLine).toMatch(/^0 downloaded, 0 present, 7 failed/)
  })

  it('is 9 when the file is not the one that the list says', async () => {
    await using server = await serve({ '*': be.body(content) })
    const wrong = sha256('another')
    const list = [
      `${server.origin}/right\n  checksum=sha-256=${sha256(content)}\n  size=100000`,
      `${server.origin}/wrong\n  checksum=sha-256=${wrong}`,
      `${server.origin}/size\n  size=5\n`,
    ]
    const ran = await gdl(['urls.txt'], { list: list.join('\n') })
    expect(ran.status, ran.stderr).toBe(9)
    expect(ran.files).toEqual(['right'])
    expect(ran.stderr).toContain(`urls.txt:4: failed out/wrong: `)
    expect(ran.stderr).toContain(`the sha256 is ${sha256(content)}, not ${wrong}`)
    expect(server.requests).toHaveLength(3)
  })

  it('is 5 when the certificate is not trusted, or has expired, and 0 when it is trusted', async () => {
    await using good = await serve({ '*': be.body(content) }, { tls: 'valid' })
    await using expired = await serve({ '*': be.body(content) }, { tls: 'expired' })
    await using plain = await serveSockets((socket) =>
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    )
    const strangers = await gdl([`${good.origin}/a`, `${expired.origin}/b`])
    expect(strangers.status, strangers.stderr).toBe(5)
    expect(strangers.files).toEqual([])
    expect([good.requests, expired.requests]).toEqual([[], []])
    expect(strangers.stderr.match(/its certificate is not good/g)).toHaveLength(2)

    const noTls = await gdl([`${plain.origin.replace('http', 'https')}/a`])
    expect(noTls.status, noTls.stderr).toBe(5)
    expect(noTls.stderr).toMatch(/no TLS connection/)

    const env = { NODE_EXTRA_CA_CERTS: certificatePaths.certificate }
    const trusted = await gdl([`${good.origin}/a`], { env })
    expect(trusted.status, trusted.stderr).toBe(0)
    expect(trusted.content('a').equals(content)).toBe(true)
  })

  it.each([
    ['in one order', ['/204', '/garbage', '/stall', '/short']],
    ['in the other', ['/short', '/stall', '/garbage', '/204']],
  ])('is the lowest of several, %s', async (_, paths) => {
    const behaviours = {
      '/204': be.status(204),
      '/garbage': broken.garbage(),
      '/stall': be.late(50, broken.resetAtOnce()),
      '/short': broken.shortBody(content, 1),
    }
    await using server = await serve({ ...behaviours, '*': be.body('x') })
    const urls = [...paths, '/well'].map((path) => `${server.origin}${path}`)
    const ran = await gdl(['-r', '0', ...urls])
    expect(ran.status, ran.stderr).toBe(4)
    expect(ran.files).toEqual(['well'])
    const two = await gdl(['-r', '0', 'urls.txt'], { list: `${urls.join('\n')}\nnonsense\n` })
    expect(two.status, two.stderr).toBe(2)
  })
})

describe('mirrors', () => {
  it('are tried in their order, until one has the file', async () => {
    await using bad = await serve({ '/503': be.status(503) })
    await using good = await serve({ '*': be.body(content) })
    const refused = await refusedOrigin()
    const list = [
      `${bad.origin}/404 ${good.origin}/a\n  out=a`,
      `${refused}/x\t${bad.origin}/503  ${good.origin}/b\n  out=b`,
      `${good.origin}/c ${bad.origin}/never`,
      `${bad.origin}/no ${bad.origin}/neither\n  out=d`,
    ]
    const ran = await gdl(['-v', '-r', '1', 'urls.txt'], { list: list.join('\n') })
    expect(ran.status, ran.stderr).toBe(8)
    expect(ran.files).toEqual(['a', 'b', 'c'])
    for (const name of ran.files) expect(ran.content(name).equals(content)).toBe(true)
    expect(bad.requests.map(({ url }) => url).sort()).toEqual([
      '/404',
      '/503',
      '/503',
      '/neither',
      '/no',
    ])
    expect(ran.stderr).toMatch(/404 not found; on to the next mirror/)
  })
})

describe('bodies', () => {
  it('are right at every size, told or not, and empty ones are files', async () => {
    const sizes = [0, 1, 65_537, 262_144, 262_145, 5_000_000]
    const routes = sizes.flatMap((size): [string, ReturnType<typeof be.body>][] => [
      [`/length-${size}`, be.body(bytes(size, size))],
      [`/chunked-${size}`, be.chunkedBody(bytes(size, size))],
      [`/close-${size}`, broken.closeDelimited(bytes(size, size))],
    ])
    const ran = await all(Object.fromEntries(routes))
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toHaveLength(3 * sizes.length)
    for (const name of ran.files) {
      const size = Number(name.split('-')[1])
      expect(ran.content(name).equals(bytes(size, size)), name).toBe(true)
    }
  })

  it('are kept as they were sent, and what is left behind them is nobody’s answer', async () => {
    const smuggled = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
    const routes: Record<string, ReturnType<typeof be.body>> = {}
    for (let at = 0; at < 5; at++) {
      // In one segment: bytes that come after the next request was sent can't be told from its answer.
      routes[`/followed-${at}`] = broken.longBody(content.subarray(0, 1000), smuggled)
      routes[`/honest-${at}`] = be.body('honest')
    }
    const ran = await all({ ...routes, '/a.gz': be.gzipBody(content) }, '--per-host', '1')
    expect(ran.status, ran.stderr).toBe(0)
    for (let at = 0; at < 5; at++) {
      expect(ran.content(`followed-${at}`).equals(content.subarray(0, 1000))).toBe(true)
      expect(ran.content(`honest-${at}`).toString()).toBe('honest')
    }
    expect(ran.content('a.gz').equals(gzipSync(content))).toBe(true)
    const asked = ran.server.requests.map((request) => request.header('accept-encoding'))
    expect(new Set(asked)).toEqual(new Set(['identity']))
  })
})

describe('a folder', () => {
  it('that vanishes while a file comes fails that one with status 3; the others go on', async () => {
    const content = bytes(1_000_000, 'vanished')
    const paced = be.file(content, { etag: '"v1"', pace: { pieceBytes: 50_000, everyMs: 20 } })
    await using server = await serve({ '/a/gone': paced, '/b/kept': paced })
    const urls = [`${server.origin}/a/gone`, `${server.origin}/b/kept`]
    const started = beginGdl(['-o', '{path}/{name}', ...urls])
    const folder = join(started.home, 'out/a')
    await seen(() => existsSync(join(folder, 'gone.gdl.part')))
    // The journal may be written anew just then.
    rmSync(folder, { recursive: true, maxRetries: 5, retryDelay: 10 })
    const ran = await started.ran
    expect(ran.status, ran.stderr).toBe(3)
    expect(ran.stderr).toMatch(/out\/a\/gone: its folder is gone/)
    expect(ran.files).toEqual(['b/kept'])
    expect(ran.content('b/kept').equals(content)).toBe(true)
  })
})
