// What is there is gone on from: after a failure, a signal, a crash; and never with another version.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { type Behaviour, serve, type TestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { beginGdl, filesIn, gate, gdl, interrupt, type Ran, seen } from './gdl.ts'

const content = bytes(3_000_000, 'resume')
const other = bytes(3_000_000, 'resume, another version')
const OLD = 'Wed, 21 Oct 2015 07:28:00 GMT'
const slow = { pieceBytes: 50_000, everyMs: 10 }

/** Runs gdl on `/f`, ends it by `signal` once a good part is there, and gives its home. */
async function interrupted(server: TestServer, signal: NodeJS.Signals): Promise<string> {
  const started = beginGdl(['-x', '1', `${server.origin}/f`])
  const part = join(started.home, 'out/f.gdl.part')
  await seen(() => existsSync(part) && statSync(part).size > 1_500_000)
  // The journal is half a second behind, at most.
  await seen(() => readFileSync(join(started.home, 'out/f.gdl.json'), 'utf8').includes('[[0,'))
  await interrupt(started, signal)
  return started.home
}

const rangesOf = (server: TestServer): (string | undefined)[] =>
  server.requestsFor('/f').map((request) => request.header('range'))

function expectWhole(ran: Ran, expected: Buffer = content): void {
  expect(ran.status, ran.stderr).toBe(0)
  expect(ran.files).toEqual(['f'])
  expect(ran.content('f').equals(expected)).toBe(true)
}

describe.runIf(process.platform !== 'win32')('a run that was ended', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'by %s is gone on from by the next, with If-Range',
    async (signal) => {
      await using server = await serve({ '/f': be.file(content, { etag: '"v1"', pace: slow }) })
      const home = await interrupted(server, signal)
      expect(filesIn(join(home, 'out'))).toEqual(['f.gdl.json', 'f.gdl.part'])
      const ran = await gdl(['-v', `${server.origin}/f`], { home })
      expectWhole(ran)
      const [, second] = server.requestsFor('/f')
      expect(second?.header('if-range')).toBe('"v1"')
      expect(Number(/^bytes=(\d+)-$/.exec(second?.header('range') ?? '')?.[1])).toBeGreaterThan(0)
      expect(server.requestsFor('/f')).toHaveLength(2)
      expect(ran.stderr).toMatch(/^resumed /m)
    },
  )

  it('is gone on from by Last-Modified where there is no strong ETag', async () => {
    const options = { etag: 'W/"v1"', lastModified: OLD, pace: slow }
    await using server = await serve({ '/f': be.file(content, options) })
    const home = await interrupted(server, 'SIGKILL')
    expectWhole(await gdl([`${server.origin}/f`], { home }))
    expect(server.requestsFor('/f')[1]?.header('if-range')).toBe(OLD)
  })

  it('is begun anew without a validator: a weak ETag proves nothing', async () => {
    await using server = await serve({ '/f': be.file(content, { etag: 'W/"v1"', pace: slow }) })
    const started = beginGdl([`${server.origin}/f`])
    const part = join(started.home, 'out/f.gdl.part')
    await seen(() => existsSync(part) && statSync(part).size > 500_000)
    started.signal('SIGINT')
    expect((await started.ran).files).toEqual([])
    expectWhole(await gdl([`${server.origin}/f`], { home: started.home }))
    expect(rangesOf(server)).toEqual([undefined, undefined])
  })

  it('is begun anew with --no-resume', async () => {
    await using server = await serve({ '/f': be.file(content, { etag: '"v1"', pace: slow }) })
    const home = await interrupted(server, 'SIGKILL')
    expectWhole(await gdl(['--no-resume', `${server.origin}/f`], { home }))
    expect(rangesOf(server)).toEqual([undefined, undefined])
  })
})

/** Serves one version until `change` is called, and then `later`. */
async function changing(later: Behaviour): Promise<{ server: TestServer; change: () => void }> {
  let hasChanged = false
  const before = be.file(content, { etag: '"v1"', lastModified: OLD, pace: slow })
  const server = await serve({ '/f': (exchange) => (hasChanged ? later : before)(exchange) })
  return { server, change: () => void (hasChanged = true) }
}

/** An answer of 206 with these fields, and the bytes from there on. */
function partial(body: Buffer, headers: Record<string, string>): Behaviour {
  return ({ request, response }) => {
    const start = Number(/\d+/.exec(request.header('range') ?? '')?.[0])
    if (Number.isNaN(start)) {
      response.writeHead(200, { ETag: '"v2"', 'Content-Length': body.length }).end(body)
      return
    }
    const part = body.subarray(start)
    const range = { 'Content-Range': `bytes ${start}-${body.length - 1}/${body.length}` }
    response.writeHead(206, { 'Content-Length': part.length, ...range, ...headers }).end(part)
  }
}

describe.runIf(process.platform !== 'win32')('two versions of a file', () => {
  it.each([
    ['another ETag, by 200', be.file(other, { etag: '"v2"' })],
    ['another length', be.file(other.subarray(1), { etag: '"v1"' })],
    ['another ETag, by 206', partial(other, { ETag: '"v2"' })],
    ['another length, by 206', partial(other, { 'Content-Range': `bytes 5-9/10` })],
    ['the wrong range, by 206', be.wrongContentRange(other)],
    ['no Content-Range', partial(other, { 'Content-Range': 'bytes' })],
    ['no ranges', be.body(other)],
    ['416', be.failing(1, be.status(416), be.body(other))],
    ['412, as if If-Range were If-Match', be.failing(1, be.status(412), be.body(other))],
  ])('are never mixed: %s', async (name, later) => {
    const { server, change } = await changing(later)
    await using _ = server
    const home = await interrupted(server, 'SIGKILL')
    change()
    const ran = await gdl(['-v', `${server.origin}/f`], { home })
    expectWhole(ran, name === 'another length' ? other.subarray(1) : other)
    expect(ran.stderr).toMatch(/starting again/)
  })

  it('are told apart by a server that ignores Range when If-Range is an ETag, and the date helps', async () => {
    const file = be.file(content, { lastModified: OLD, headers: { ETag: '"v1"' }, pace: slow })
    await using server = await serve({ '/f': file })
    const home = await interrupted(server, 'SIGKILL')
    const ran = await gdl([`${server.origin}/f`], { home })
    expectWhole(ran)
    expect(server.requestsFor('/f').map((request) => request.header('if-range'))).toEqual([
      undefined,
      '"v1"',
      OLD,
    ])
    expect(ran.stderr).toMatch(/^resumed /m)
  })
})

describe('what an earlier run has left', () => {
  it.each([
    ['is torn', (text: string) => text.slice(0, 40)],
    ['is empty', () => ''],
    ['was edited', (text: string) => text.replace('[[0,', '[[0,1')],
    ['is of something else', () => '{"hello": "world"}'],
  ])('is told of, and not used, when its journal %s', async (_, spoil) => {
    await using server = await serve({ '/f': be.file(content, { etag: '"v1"', pace: slow }) })
    const home = await interrupted(server, 'SIGKILL')
    const journal = join(home, 'out/f.gdl.json')
    writeFileSync(journal, spoil(readFileSync(journal, 'utf8')))
    const ran = await gdl(['-v', `${server.origin}/f`], { home })
    expectWhole(ran)
    expect(ran.stderr).toMatch(/its journal is damaged; starting again/)
    expect(rangesOf(server)).toEqual([undefined, undefined])
  })

  it('is not used when it is of another URL, or its part file is shorter', async () => {
    const file = be.file(content, { etag: '"v1"', pace: slow })
    await using server = await serve({ '*': file })
    const home = await interrupted(server, 'SIGKILL')
    const elsewhere = await gdl(['-v', '-o', 'f', `${server.origin}/g`], { home })
    expectWhole(elsewhere)
    expect(elsewhere.stderr).toMatch(/of another URL; starting again/)
    const again = await interrupted(server, 'SIGKILL')
    writeFileSync(join(again, 'out/f.gdl.part'), 'short')
    const ran = await gdl(['-v', `${server.origin}/f`], { home: again })
    expectWhole(ran)
    expect(ran.stderr).toMatch(/shorter than its journal says; starting again/)
  })

  it('is left alone by a second gdl while the first is at work: status 3', async () => {
    const ended = gate()
    const unhurried: Behaviour = async ({ response }) => {
      response.writeHead(200, { 'Content-Length': content.length })
      response.write(content.subarray(0, 1_000_000))
      await ended.opened
      response.end(content.subarray(1_000_000))
    }
    await using server = await serve({ '/f': unhurried })
    const first = beginGdl([`${server.origin}/f`])
    await seen(() => existsSync(join(first.home, 'out/f.gdl.part')))
    const second = await gdl([`${server.origin}/f`], { home: first.home })
    ended.open()
    expect(second.status, second.stderr).toBe(3)
    expect(second.stderr).toMatch(/f: another gdl \(process \d+\) is downloading it/)
    expectWhole(await first.ran)
  })

  it('may be a part file without a journal, which is begun anew', async () => {
    await using server = await serve({ '/f': be.body('all of it') })
    const home = temporaryFolder()
    mkdirSync(join(home, 'out'))
    writeFileSync(join(home, 'out/f.gdl.part'), 'left by somebody else')
    expectWhole(await gdl([`${server.origin}/f`], { home }), Buffer.from('all of it'))
  })
})

describe('a try that failed', () => {
  it('is gone on from in the same run, however short the file', async () => {
    const short = bytes(100_000, 'short')
    const options = { etag: '"v1"', dropAfterBytes: 40_000, drops: 2 }
    await using server = await serve({ '/f': be.file(short, options) })
    expectWhole(await gdl([`${server.origin}/f`]), short)
    const starts = rangesOf(server).map((range) => Number(/\d+/.exec(range ?? '0')?.[0]))
    expect(starts).toHaveLength(3)
    expect(starts[1]).toBeGreaterThan(0)
    expect(starts[2]).toBeGreaterThan(starts[1]!)
  })
})
