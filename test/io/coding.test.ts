import zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { requestFields, targetOf } from '../../src/io/redirect.ts'
import type { Response } from '../../src/io/response.ts'
import { Transport } from '../../src/io/transport.ts'
import { type Operation, run, sleep } from '../../src/scheduler/index.ts'
import { thrownBy } from '../scheduler/helpers.ts'
import * as be from '../support/behaviours.ts'
import * as broken from '../support/broken-answers.ts'
import { bytes } from '../support/bytes.ts'
import { type Behaviour, serve } from '../support/server.ts'

const MIB = 1024 * 1024
const text = Buffer.from('All work and no play makes Jack a dull boy. '.repeat(20_000))
const { zstdCompressSync } = zlib as { zstdCompressSync?: (data: Buffer) => Buffer }

function go<T>(
  main: (
    get: (url: string, headers?: Record<string, string>) => Operation<Response>,
  ) => Operation<T>,
  compressed = true,
): Promise<T> {
  const body = function* (): Operation<T> {
    const transport = new Transport({ compressed })
    try {
      return yield* main((url, headers = {}) =>
        transport.request(targetOf(url, requestFields(Object.entries(headers), []))),
      )
    } finally {
      transport.close()
    }
  }
  return run(body, { signals: false })
}

const coded = (content: Buffer, coding: string | string[]): Behaviour =>
  be.body(content, { 'Content-Encoding': coding })

/** What the body at `/` comes to. */
async function bodyOf(behaviour: Behaviour): Promise<Buffer> {
  await using server = await serve({ '/': behaviour })
  return await go(function* (get) {
    return yield* (yield* get(`${server.origin}/`)).buffer()
  })
}

/** What it fails with. */
async function failureOf(behaviour: Behaviour): Promise<unknown> {
  await using server = await serve({ '/': behaviour })
  return await go((get) =>
    thrownBy(
      (function* () {
        return yield* (yield* get(`${server.origin}/`)).buffer()
      })(),
    ),
  )
}

describe('--compressed', () => {
  it.each<[coding: string, content: Buffer]>([
    ['gzip', zlib.gzipSync(text)],
    ['X-GZIP', zlib.gzipSync(text)],
    ['identity, gzip', zlib.gzipSync(text)],
    ['br', zlib.brotliCompressSync(text)],
    ['deflate', zlib.deflateSync(text)],
    ['deflate', zlib.deflateRawSync(text)],
    ['gzip, br', zlib.brotliCompressSync(zlib.gzipSync(text))],
    ['gzip', Buffer.concat([zlib.gzipSync(text.subarray(0, 9)), zlib.gzipSync(text.subarray(9))])],
    ['identity', text],
    ...(zstdCompressSync === undefined
      ? []
      : [['zstd', zstdCompressSync(text)] satisfies [string, Buffer]]),
  ])('decodes %s', async (coding, content) => {
    expect((await bodyOf(coded(content, coding))).equals(text)).toBe(true)
  })

  it('decodes what comes in pieces, and nothing as nothing', async () => {
    const content = zlib.gzipSync(bytes(200_000, 'coding'))
    const paced = be.chunkedBody(content, {
      pace: { pieceBytes: 20_000, everyMs: 1 },
      headers: { 'Content-Encoding': 'gzip' },
    })
    expect((await bodyOf(paced)).equals(bytes(200_000, 'coding'))).toBe(true)
    expect(await bodyOf(coded(Buffer.alloc(0), 'gzip'))).toHaveLength(0)
  })

  it('says that a body is decoded, and then knows no length', async () => {
    const gzipped = zlib.gzipSync(text)
    await using server = await serve({ '/gzip': coded(gzipped, 'gzip'), '/plain': be.body(text) })
    await go(function* (get) {
      const response = yield* get(`${server.origin}/gzip`)
      expect([response.decoded, response.length, response.ended]).toEqual([true, undefined, false])
      expect((yield* response.buffer()).equals(text)).toBe(true)
      expect(response.received).toBe(gzipped.length)
      const plain = yield* get(`${server.origin}/plain`)
      expect([plain.decoded, plain.length]).toEqual([false, text.length])
      yield* plain.discard()
      // The connection is kept.
      expect(server.connections).toBe(1)
    })
  })

  it('asks for codings, but not for a part of a file, nor over what was given', async () => {
    await using server = await serve({ '*': be.body('hello') })
    await go(function* (get) {
      const given: Record<string, string>[] = [
        {},
        { Range: 'bytes=1-' },
        { 'Accept-Encoding': 'br' },
      ]
      for (const headers of given) {
        yield* (yield* get(`${server.origin}/`, headers)).discard()
      }
    })
    const [first = '', ...rest] = server.requests.map((one) => one.header('accept-encoding'))
    expect(first).toMatch(/^gzip, br, deflate(?:, zstd)?$/)
    expect(rest).toEqual(['identity', 'br'])
  })

  it('leaves a part of a file as it is, and without it any body', async () => {
    const gzipped = zlib.gzipSync(text)
    const part: Behaviour = ({ response }) => {
      response.writeHead(206, { 'Content-Encoding': 'gzip', 'Content-Length': gzipped.length })
      response.end(gzipped)
    }
    expect((await bodyOf(part)).equals(gzipped)).toBe(true)
    await using server = await serve({ '/': coded(gzipped, 'gzip') })
    await go(function* (get) {
      const response = yield* get(`${server.origin}/`)
      expect([response.decoded, response.length]).toEqual([false, gzipped.length])
      expect((yield* response.buffer()).equals(gzipped)).toBe(true)
    }, false)
  })

  it('takes a body that breaks off for one that may come whole another time', async () => {
    const gzipped = zlib.gzipSync(bytes(100_000))
    for (const cut of [1, 10, 50_000, gzipped.length - 1]) {
      expect(await failureOf(coded(gzipped.subarray(0, cut), 'gzip'))).toMatchObject({
        code: 'GDL_ERR_LENGTH',
        retryable: true,
      })
    }
    const short = broken.raw(
      Buffer.concat([
        Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 99999\r\n\r\n`),
        gzipped.subarray(0, 5000),
      ]),
    )
    expect(await failureOf(short)).toMatchObject({ code: 'GDL_ERR_LENGTH', retryable: true })
  })

  it('refuses what is damaged, or goes on after its end', async () => {
    const gzipped = zlib.gzipSync(text)
    const damaged = Buffer.from(gzipped)
    damaged[gzipped.length - 6]! ^= 1
    const cases: [Buffer, string][] = [
      [damaged, 'gzip'],
      [text, 'gzip'],
      [text, 'br'],
      [Buffer.concat([gzipped, Buffer.from('garbage')]), 'gzip'],
      [Buffer.concat([zlib.deflateSync(text), Buffer.from('garbage')]), 'deflate'],
      [Buffer.concat([zlib.brotliCompressSync(text), Buffer.from('garbage')]), 'br'],
    ]
    for (const [content, coding] of cases) {
      expect(await failureOf(coded(content, coding)), coding).toMatchObject({
        code: 'GDL_ERR_CODING',
        retryable: false,
      })
    }
    const late = be.chunkedBody(Buffer.concat([gzipped, bytes(100_000)]), {
      pace: { pieceBytes: gzipped.length, everyMs: 5 },
      headers: { 'Content-Encoding': 'gzip' },
    })
    expect(await failureOf(late)).toMatchObject({ code: 'GDL_ERR_CODING' })
  })

  it('refuses a bomb, and a coding that it does not know', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(100 * MIB))
    expect(await failureOf(coded(bomb, 'gzip'))).toMatchObject({ code: 'GDL_ERR_CODING' })
    const twice = zlib.gzipSync(zlib.gzipSync(Buffer.alloc(100 * MIB)))
    expect(await failureOf(coded(twice, 'gzip, gzip'))).toMatchObject({ code: 'GDL_ERR_CODING' })
    for (const coding of ['sdch', 'gzip, exi', Array.from({ length: 6 }, () => 'gzip')]) {
      expect(await failureOf(coded(text, coding))).toMatchObject({ code: 'GDL_ERR_PROTOCOL' })
    }
  })

  it('holds little of what a slow reader has not taken', async () => {
    const content = Buffer.alloc(60 * MIB)
    await using server = await serve({ '/': coded(zlib.gzipSync(content), 'gzip') })
    await go(function* (get) {
      const response = yield* get(`${server.origin}/`)
      let most = 0
      let total = 0
      for (;;) {
        const batch = yield* response.readBatch()
        if (batch === undefined) break
        most = Math.max(most, batch.bytes)
        total += batch.bytes
        batch.release()
        yield* sleep(1)
      }
      expect(total).toBe(content.length)
      expect(most).toBeLessThan(2 * MIB)
    })
  })
})
