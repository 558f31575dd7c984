// What is not what was promised does not get its name: by the server's digests, by ours, by its size.
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes, sha256 } from '../support/bytes.ts'
import { type Behaviour, serve, type TestServer } from '../support/server.ts'
import { beginGdl, filesIn, gdl, interrupt, type Ran, seen } from './gdl.ts'

const short = bytes(10_000, 'integrity')
const long = bytes(1_000_000, 'integrity')
const other = bytes(1000, 'another file')

const base64 = (algorithm: string, content: Buffer): string =>
  createHash(algorithm).update(content).digest('base64')

function expectNoName(ran: Ran, reason: string): void {
  expect(ran.status, ran.stderr).toBe(9)
  expect(ran.files).toEqual([])
  expect(ran.stderr).toContain(reason)
}

function expectWhole(ran: Ran, content: Buffer): void {
  expect(ran.status, ran.stderr).toBe(0)
  expect(ran.files).toEqual(['f'])
  expect(ran.content('f').equals(content)).toBe(true)
}

describe('a digest that the server sends with the file', () => {
  const fields: [string, (content: Buffer) => string][] = [
    ['Repr-Digest', (content) => `sha-256=:${base64('sha256', content)}:`],
    ['Repr-Digest', (content) => `unknown=:AAAA:, sha-512=:${base64('sha512', content)}:`],
    ['Digest', (content) => `SHA-256=${base64('sha256', content)}`],
    ['Content-MD5', (content) => base64('md5', content)],
  ]

  it.each(fields)('is checked: %s', async (field, valueOf) => {
    const behaviours: Record<string, Behaviour> = {}
    for (const [size, content] of Object.entries({ short, long })) {
      const serving = (promised: Buffer): Behaviour =>
        be.file(content, { etag: '"v1"', headers: { [field]: valueOf(promised) } })
      behaviours[`/${size}/right`] = serving(content)
      behaviours[`/${size}/wrong`] = serving(other)
    }
    await using server = await serve(behaviours)
    const list = Object.keys(behaviours).map((path) => `${server.origin}${path}\n`)
    const args = ['--min-split', '100KiB', '-o', '{path}/{name}', '--retries', '1', 'urls.txt']
    const ran = await gdl(args, { list: list.join('') })
    expect(ran.status, ran.stderr).toBe(9)
    expect(ran.files).toEqual(['long/right', 'short/right'])
    expect(ran.content('long/right').equals(long)).toBe(true)
    expect(ran.content('short/right').equals(short)).toBe(true)
    expect(ran.lastLine).toMatch(/^2 downloaded, 0 present, 2 failed/)
  })

  it('is not checked when it is of a kind that nobody knows, or is torn', async () => {
    const headers = { 'Repr-Digest': 'sha-256=:AAAA:, crc99=:AAAA:', 'Content-MD5': '?' }
    await using server = await serve({ '/f': be.file(short, { headers }) })
    expectWhole(await gdl([`${server.origin}/f`]), short)
  })
})

describe('a digest of a body that is decoded', () => {
  const packed = gzipSync(long)
  const serving = (promised: Buffer, field: string): Behaviour => {
    const digest = `sha-256=:${base64('sha256', promised)}:`
    return be.body(packed, { 'Content-Encoding': 'gzip', [field]: digest })
  }

  it.each<[string, Behaviour]>([
    ['of what was coded', serving(packed, 'Repr-Digest')],
    ['of this answer', serving(packed, 'Content-Digest')],
    ['of what it was before', serving(long, 'Repr-Digest')],
  ])('may be %s', async (_of, behaviour) => {
    await using server = await serve({ '/f': behaviour })
    expectWhole(await gdl(['--compressed', `${server.origin}/f`]), long)
  })

  it('is checked', async () => {
    await using server = await serve({ '/f': serving(other, 'Repr-Digest') })
    const ran = await gdl(['--compressed', '-r', '1', `${server.origin}/f`])
    expectNoName(ran, 'the sha256 is not the one that the server sent with it')
    expect(server.requests).toHaveLength(2)
  })
})

describe.runIf(process.platform !== 'win32')('a part file that was altered', () => {
  const pace = { pieceBytes: 12_000, everyMs: 10 }
  const right = `sha-256=${sha256(long)}`

  /** The home of a run that was killed, and whose part file had a byte changed. */
  async function altered(server: TestServer): Promise<string> {
    const started = beginGdl(['-x', '1', `${server.origin}/f`])
    const path = join(started.home, 'out/f.gdl')
    await seen(
      () => existsSync(`${path}.json`) && readFileSync(`${path}.json`, 'utf8').includes('[[0,'),
    )
    await interrupt(started)
    expect(filesIn(join(started.home, 'out'))).toEqual(['f.gdl.json', 'f.gdl.part'])
    expect(statSync(`${path}.part`).size).toBeLessThan(long.length)
    const part = openSync(`${path}.part`, 'r+')
    writeSync(part, Buffer.of(long[100]! ^ 1), 0, 1, 100)
    closeSync(part)
    return started.home
  }

  const rangesOf = (server: TestServer) =>
    server.requestsFor('/f').map((request) => request.header('range') !== undefined)

  it('is thrown away by --checksum, and all is fetched once more', async () => {
    await using server = await serve({ '/f': be.file(long, { etag: '"v1"', pace }) })
    const home = await altered(server)
    const args = ['-x', '1', '--checksum', right, `${server.origin}/f`]
    expectWhole(await gdl(args, { home }), long)
    expect(rangesOf(server)).toEqual([false, true, false])
  })

  it('is thrown away by the digest of the server, too', async () => {
    const headers = { 'Repr-Digest': `sha-256=:${base64('sha256', long)}:` }
    await using server = await serve({ '/f': be.file(long, { etag: '"v1"', pace, headers }) })
    const home = await altered(server)
    expectWhole(await gdl(['-x', '1', `${server.origin}/f`], { home }), long)
    expect(rangesOf(server)).toEqual([false, true, false])
  })

  it('is fetched once more only: then it is the file that is wrong', async () => {
    await using server = await serve({ '/f': be.file(long, { etag: '"v1"', pace }) })
    const home = await altered(server)
    const wrong = `sha-256=${sha256(other)}`
    const ran = await gdl(['-x', '1', '--checksum', wrong, `${server.origin}/f`], { home })
    expectNoName(ran, 'sha256')
    expect(rangesOf(server)).toEqual([false, true, false])
  })
})

describe('--max-size', () => {
  const pace = { pieceBytes: 20_000, everyMs: 10 }

  it.each<[string, Behaviour]>([
    ['is refused by its Content-Length', be.file(long, { etag: '"v1"', pace })],
    ['is stopped where its length is not known', be.chunkedBody(long, { pace })],
    ['is refused when it is short', be.body(short)],
  ])('a larger file %s', async (_how, behaviour) => {
    await using server = await serve({ '/f': behaviour })
    const ran = await gdl(['--max-size', '9999', `${server.origin}/f`])
    expectNoName(ran, 'larger than the 9999 bytes of --max-size')
    expect(server.requests).toHaveLength(1)
  })

  it.each<[string, Behaviour]>([
    ['a known length', be.file(short)],
    ['an unknown one', be.chunkedBody(short)],
  ])('lets a file of just that size pass, of %s', async (_length, behaviour) => {
    await using server = await serve({ '/f': behaviour })
    expectWhole(await gdl(['--max-size', '10000', `${server.origin}/f`]), short)
  })
})
