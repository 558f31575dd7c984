/**
 * The engine against servers that lie: in this process, so that each download's own error code is
 * seen, and not only the status of a whole run. What a user sees of it is in `test/e2e`.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../src/download/entry.ts'
import { DEFAULTS } from '../../src/download/options.ts'
import { Session } from '../../src/download/session.ts'
import { run, sleep } from '../../src/scheduler/index.ts'
import * as be from '../support/behaviours.ts'
import * as broken from '../support/broken-answers.ts'
import { bytes, sha256 } from '../support/bytes.ts'
import {
  type Behaviour,
  refusedOrigin,
  type Routes,
  serve,
  type TestServer,
} from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { filesIn } from '../e2e/gdl.ts'
import { download, type Outcome, type Settings } from './downloading.ts'

const content = bytes(100_000, 'session')
const long = bytes(400_000, 'session, long')

/**
 * A body that ends with its connection, and a reset that is there as soon as its last bytes: libuv then
 * tells of an end and not of a reset.
 */
function resetWithData(data: Buffer): Behaviour {
  return ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n')
    socket.write(data)
    socket.resetAndDestroy()
  }
}

/** Downloads all paths of `routes`; gives each one's end and how often it was asked for. */
async function ends(
  routes: Routes & object,
  settings?: Settings,
): Promise<Outcome & { table: Record<string, string>; server: TestServer }> {
  await using server = await serve(routes)
  const paths = Object.keys(routes)
  const outcome = await download(
    paths.map((path) => ({ urls: [server.origin + path] })),
    settings,
  )
  const asked = (path: string): number =>
    server.requests.filter(({ url }) => url.replace(/\?.*/, '') === path).length
  const table = Object.fromEntries(
    paths.map((path, at) => [path.slice(1), `${outcome.ends[at]} after ${asked(path)}`]),
  )
  return { ...outcome, table, server }
}

describe('a body', () => {
  const sizes = [0, 1, 65_535, 65_536, 262_143, 262_144, 262_145, 3_000_000]

  it.each(['with its length', 'in chunks', 'that ends with the connection'])(
    'of any size arrives %s',
    async (how) => {
      const behaviourOf = (size: number): ReturnType<typeof be.body> => {
        const data = bytes(size, size)
        if (how === 'with its length') return be.body(data)
        return how === 'in chunks' ? be.chunkedBody(data) : broken.closeDelimited(data)
      }
      const routes = Object.fromEntries(sizes.map((size) => [`/${size}`, behaviourOf(size)]))
      const { table, folder, files, bytes: received, events } = await ends(routes)
      const retries = events.flatMap((event) =>
        event.event === 'retry' ? [event.error.message] : [],
      )
      expect(retries).toEqual([])
      expect(Object.values(table)).toEqual(sizes.map(() => 'downloaded after 1'))
      expect(files).toEqual(sizes.map(String).sort())
      for (const size of sizes) {
        const file = readFileSync(join(folder, String(size)))
        expect(file.equals(bytes(size, size)), `${size} bytes`).toBe(true)
      }
      expect(received).toBe(sizes.reduce((sum, size) => sum + size, 0))
    },
  )

  it('that is cut is never taken for the file', async () => {
    const { table, files, server } = await ends({
      '/short-length': broken.shortBody(content, 5000),
      '/short-long-length': broken.shortBody(long, 300_000),
      '/short-chunked': broken.shortBody(content, 5000, 'chunked'),
      '/reset-length': broken.resetBody(content, 5000),
      '/reset-long-length': broken.resetBody(long, 300_000),
      '/reset-chunked': broken.resetBody(content, 5000, 'chunked'),
      '/reset-close': broken.resetBody(content, 5000, 'close'),
      '/reset-long-close': broken.resetBody(long, 300_000, 'close'),
      '/reset-nothing': broken.resetBody(content, 0, 'close'),
      '/nothing': broken.shortBody(content, 0),
      '/reset-with-data': resetWithData(content.subarray(0, 50_000)),
    })
    const codes = Object.entries(table).map(([name, end]) => [name, end.replace(/ .*/, '')])
    const lost = 'GDL_ERR_CONNECTION_LOST'
    expect(Object.fromEntries(codes)).toEqual({
      'short-length': 'GDL_ERR_LENGTH',
      'short-long-length': 'GDL_ERR_LENGTH',
      'short-chunked': 'GDL_ERR_LENGTH',
      'reset-length': lost,
      'reset-long-length': lost,
      'reset-chunked': lost,
      'reset-close': lost,
      'reset-long-close': lost,
      'reset-nothing': lost,
      nothing: 'GDL_ERR_LENGTH',
      'reset-with-data': lost,
    })
    expect(files).toEqual([])
    // A reset may take along bytes that had come, so that a try gets further than the one before it.
    for (const [name] of codes) {
      expect(server.requestsFor(`/${name}`).length).toBeGreaterThanOrEqual(3)
    }
  })

  it('that is cut and then whole is the file, once', async () => {
    const { table, folder, files } = await ends(
      {
        '/short': be.failing(2, broken.shortBody(content, 5000), be.body(content)),
        '/reset': be.failing(2, broken.resetBody(long, 300_000, 'close'), be.chunkedBody(long)),
        '/dropped': be.file(long, { dropAfterBytes: 300_000, drops: 2 }),
        '/at-once': be.inTurn(broken.resetAtOnce(), broken.closeAtOnce(), be.body(content)),
        '/stalled': be.failing(1, be.stall(long, 300_000), be.body(long)),
        '/silent': be.failing(1, be.silence(), be.body(content)),
      },
      { timeoutMs: 300 },
    )
    expect(table).toEqual({
      short: 'downloaded after 3',
      reset: 'downloaded after 3',
      dropped: 'downloaded after 3',
      'at-once': 'downloaded after 3',
      stalled: 'downloaded after 2',
      silent: 'downloaded after 2',
    })
    const expected = { short: content, reset: long, dropped: long, 'at-once': content }
    for (const [name, data] of Object.entries({ ...expected, stalled: long, silent: content })) {
      expect(readFileSync(join(folder, name)).equals(data), name).toBe(true)
    }
    expect(files).toEqual(['at-once', 'dropped', 'reset', 'short', 'silent', 'stalled'])
  })

  it('that stalls, before its head or after some of it, fails in the end', async () => {
    const { table, files } = await ends(
      {
        '/silence': be.silence(),
        '/head': be.stall(content, 0),
        '/middle': be.stall(content, 5000),
        '/long': be.stall(long, 300_000),
      },
      { retries: 1, timeoutMs: 100 },
    )
    const stalled = 'GDL_ERR_STALLED after 2'
    expect(table).toEqual({ silence: stalled, head: stalled, middle: stalled, long: stalled })
    expect(files).toEqual([])
  })

  it('that drips is no stall, however long it takes', async () => {
    const drops = { pieceBytes: 100, everyMs: 60 }
    const { table } = await ends(
      { '/drip': be.drip(content.subarray(0, 600), drops) },
      {
        timeoutMs: 200,
        retries: 0,
      },
    )
    expect(table).toEqual({ drip: 'downloaded after 1' })
  })

  it('has new tries for as long as each gets further', async () => {
    let sent = 0
    const { table } = await ends(
      {
        '/further': (exchange) => {
          sent += 1000
          return broken.shortBody(content.subarray(0, 8000), sent)(exchange)
        },
        '/not-further': broken.shortBody(content, 1000),
      },
      { retries: 1 },
    )
    expect(table).toEqual({
      further: 'downloaded after 8',
      'not-further': 'GDL_ERR_LENGTH after 2',
    })
  })

  it('is kept as it was sent: what is compressed stays so', async () => {
    const { gzipSync } = await import('node:zlib')
    const { folder, server } = await ends({ '/a.gz': be.gzipBody(content) })
    expect(readFileSync(join(folder, 'a.gz')).equals(gzipSync(content))).toBe(true)
    expect(server.requests[0]?.header('accept-encoding')).toBe('identity')
  })
})

describe('an answer', () => {
  it('of some statuses is asked for again, of others not', async () => {
    const statuses = [400, 403, 404, 410, 416, 451, 500, 501, 502, 503, 504, 408, 425, 429, 204]
    const routes = Object.fromEntries(statuses.map((code) => [`/${code}`, be.status(code)]))
    const { table, files, events } = await ends(routes, { retries: 1 })
    const again = new Set([408, 425, 429, 500, 502, 503, 504])
    expect(table).toEqual(
      Object.fromEntries(
        statuses.map((code) => [code, `GDL_ERR_STATUS after ${again.has(code) ? 2 : 1}`]),
      ),
    )
    expect(files).toEqual([])
    const fails = events.flatMap((event) => (event.event === 'fail' ? [event.error.message] : []))
    expect(fails.join('\n')).toMatch(/\/404: 404 not found$/m)
  })

  it('of 401 is unauthorized, of 407 too, of 206 is a part that nobody asked for', async () => {
    const part = be.status(206, { 'Content-Range': 'bytes 0-10/100' })
    const { table } = await ends({ '/401': be.status(401), '/407': be.status(407), '/206': part })
    expect(table).toEqual({
      401: 'GDL_ERR_UNAUTHORIZED after 1',
      407: 'GDL_ERR_PROXY_UNAUTHORIZED after 1',
      206: 'GDL_ERR_PROTOCOL after 1',
    })
  })

  it('may be announced by 103 Early Hints, once or often', async () => {
    const { table, folder } = await ends({
      '/once': be.earlyHints(be.body(content)),
      '/often': be.earlyHints(be.body(content), 50),
      '/then-404': be.earlyHints(be.status(404)),
    })
    expect(table).toEqual({
      once: 'downloaded after 1',
      often: 'downloaded after 1',
      'then-404': 'GDL_ERR_STATUS after 1',
    })
    expect(readFileSync(join(folder, 'often')).equals(content)).toBe(true)
  })

  // Unasked for; undici would end the connection (`bad response`). RFC 9110, 15.2.
  it('may be announced by 100 Continue, once or often, together with it or before', async () => {
    const final = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell'
    const first = 'HTTP/1.1 100 Continue\r\n\r\n'
    const { table, folder } = await ends(
      {
        '/once': broken.raw(first + final, 'keep'),
        '/often': broken.raw(`${first}HTTP/1.1 100\r\nX: y\r\n\r\n${final}`, 'keep'),
        '/before': async (exchange) => {
          exchange.socket.write(first)
          await new Promise((resolve) => setTimeout(resolve, 50))
          await broken.raw(final, 'keep')(exchange)
        },
      },
      { retries: 0 },
    )
    const well = 'downloaded after 1'
    expect(table).toEqual({ once: well, often: well, before: well })
    expect(readFileSync(join(folder, 'often'), 'utf8')).toBe('well')
  })

  it('that is no HTTP is a protocol error, and not asked for again', async () => {
    const { table, files } = await ends({
      '/garbage': broken.garbage(),
      '/http09': broken.http09('just a body, no head at all'),
      '/two-lengths': broken.twoLengths(content),
      '/negative': broken.unusableLength('-1', content),
      '/exponent': broken.unusableLength('1e3', content),
      '/hexadecimal': broken.unusableLength('0x10', content),
      '/trailing': broken.unusableLength('12abc', content),
      '/huge': broken.unusableLength('99999999999999999999', content),
      '/chunk-letters': broken.unusableChunkSize('zz', content),
      '/chunk-negative': broken.unusableChunkSize('-1', content),
      '/chunk-huge': broken.unusableChunkSize('ffffffffffffffffff', content),
      '/headers': broken.oversizedHeaders(content),
      '/both': broken.raw(
        `HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
      ),
    })
    expect(new Set(Object.values(table))).toEqual(new Set(['GDL_ERR_PROTOCOL after 1']))
    expect(files).toEqual([])
  })

  it('to nobody is a failure of the network', async () => {
    const refused = await refusedOrigin()
    const { ends } = await download([
      { urls: [`${refused}/x`] },
      { urls: ['http://no-such-host.invalid/x'] },
    ])
    expect(ends).toEqual(['GDL_ERR_CONNECT', 'GDL_ERR_DNS'])
  })

  it('that is longer than announced is what was announced, and its rest is no answer', async () => {
    const short = content.subarray(0, 1000)
    const smuggled = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
    await using server = await serve({
      // In one segment: bytes that come after the next request was sent can't be told from its answer.
      '/a': broken.longBody(short, smuggled),
      '/b': broken.longBody(short, smuggled + smuggled),
      '/c': broken.longBody(short, 'garbage'),
      '*': be.body('honest'),
    })
    const paths = ['/a', '/1', '/b', '/2', '/c', '/3', '/4']
    const { ends, folder } = await download(
      paths.map((path) => ({ urls: [server.origin + path] })),
      { perHost: 1 },
    )
    expect(ends.filter((end) => end !== 'downloaded')).toEqual([])
    for (const path of ['/a', '/b', '/c']) {
      expect(readFileSync(folder + path).equals(short), path).toBe(true)
    }
    for (let at = 1; at <= 4; at++) {
      expect(readFileSync(join(folder, String(at)), 'utf8')).toBe('honest')
    }
  })
})

describe('what an entry says of its file', () => {
  it('is checked: its checksum and its size', async () => {
    await using server = await serve({ '/short': be.body(content), '/long': be.chunkedBody(long) })
    const right = { algorithm: 'sha256', hex: sha256(content) } as const
    const wrong = { algorithm: 'sha256', hex: sha256('another') } as const
    const of = (path: string, rest: Partial<Entry>): Entry => ({
      urls: [server.origin + path],
      ...rest,
    })
    const { ends, files } = await download([
      of('/short', { out: 'a', checksum: right, size: 100_000 }),
      of('/short', { out: 'b', checksum: wrong }),
      of('/short', { out: 'c', size: 99_999 }),
      of('/long', { out: 'd', checksum: { algorithm: 'sha256', hex: sha256(long) } }),
      of('/long', { out: 'e', checksum: wrong }),
      of('/long', { out: 'f', size: 1 }),
    ])
    const [length, checksum] = ['GDL_ERR_LENGTH', 'GDL_ERR_CHECKSUM']
    expect(ends).toEqual(['downloaded', checksum, length, 'downloaded', checksum, length])
    expect(files).toEqual(['a', 'd'])
    expect(server.requests).toHaveLength(6)
  })

  it('of mirrors, is tried in turn, until one has it', async () => {
    await using bad = await serve({ '/wrong': be.body('another file') })
    await using good = await serve({ '*': be.body(content) })
    const checksum = { algorithm: 'sha256', hex: sha256(content) } as const
    const refused = await refusedOrigin()
    const { ends, files, folder } = await download([
      { urls: [`${bad.origin}/missing`, `${good.origin}/1`], out: 'a' },
      { urls: [`${bad.origin}/wrong`, `${good.origin}/2`], out: 'b', checksum },
      { urls: [`${refused}/x`, `${bad.origin}/gone`, `${good.origin}/3`], out: 'c' },
      { urls: [`${good.origin}/4`, `${bad.origin}/never`], out: 'd' },
      { urls: [`${bad.origin}/no`, `${refused}/no`], out: 'e' },
    ])
    const done = 'downloaded'
    expect(ends).toEqual([done, done, done, done, 'GDL_ERR_CONNECT'])
    expect(files).toEqual(['a', 'b', 'c', 'd'])
    for (const name of files) expect(readFileSync(join(folder, name)).equals(content)).toBe(true)
    expect(bad.requestsFor('/never')).toEqual([])
    // The first is asked once: a 404 does not pass.
    expect(bad.requestsFor('/missing')).toHaveLength(1)
  })
})

describe('a session', () => {
  it('numbers its downloads in the order of the list, and tells of each start and end once', async () => {
    await using server = await serve((path) => be.body(path))
    const entries = ['/a', '/b', '/a', '/c'].map((path) => ({
      urls: [server.origin + path] as [string],
      source: `list:${path}`,
    }))
    const { events } = await download(entries)
    const told = events.map((event) =>
      event.event === 'start'
        ? `start ${event.transfer.id}`
        : `${event.event} ${'id' in event ? event.id : ''}`,
    )
    const expected = ['added', 'done', 'start'].flatMap((word) =>
      [1, 2, 3].map((id) => `${word} ${id}`),
    )
    expect(told.sort()).toEqual(expected)
  })

  it('that is stopped leaves no file that is not whole, and no part of one', async () => {
    await using server = await serve({
      '/done': be.body(content),
      '/short': be.stall(content, 50_000),
      '/long': be.stall(long, 300_000),
      '/unknown': broken.raw('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome', 'keep'),
      '/silent': be.silence(),
      '/retrying': be.status(503, { 'Retry-After': '1000' }),
      '/queued': be.body('never'),
    })
    const folder = join(temporaryFolder(), 'out')
    mkdirSync(folder)
    const events: string[] = []
    await run(
      function* () {
        const session = new Session({ ...DEFAULTS, dir: folder, perHost: 5 }, (event) => {
          events.push(event.event)
        })
        for (const path of ['done', 'short', 'long', 'unknown', 'retrying', 'silent', 'queued']) {
          session.add({ urls: [`${server.origin}/${path}`] })
        }
        while (
          server.requestsFor('/silent').length === 0 ||
          !filesIn(folder).includes('long.gdl.part') ||
          !filesIn(folder).includes('unknown.gdl.part')
        ) {
          yield* sleep(5)
        }
        yield* session.stop()
      },
      { signals: false },
    )
    expect(filesIn(folder).filter((name) => name !== 'queued')).toEqual(['done'])
    expect(events).not.toContain('fail')
  })

  it('that is stopped before anything has begun sends nothing', async () => {
    await using server = await serve({ '*': be.body('x') })
    const folder = join(temporaryFolder(), 'out')
    await run(
      function* () {
        const session = new Session({ ...DEFAULTS, dir: folder }, () => {})
        for (let at = 0; at < 100; at++) session.add({ urls: [`${server.origin}/${at}`] })
        yield* session.stop()
      },
      { signals: false },
    )
    expect(server.connections).toBe(0)
    expect(filesIn(folder)).toEqual([])
  })
})
