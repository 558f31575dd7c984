// A file in the making, on the real disk: what is kept, what is thrown away, and what the journal says.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Body } from '../../src/download/body.ts'
import { journalOf } from '../../src/download/journal.ts'
import { parseRecord } from '../../src/download/journal-record.ts'
import { PartFile, partOf } from '../../src/download/part-file.ts'
import type { Range, Segment } from '../../src/download/plan.ts'
import type { Representation } from '../../src/download/representation.ts'
import type { Promised } from '../../src/download/verify.ts'
import { IntegrityError } from '../../src/errors.ts'
import { Batch } from '../../src/io/exchange.ts'
import { Event, type Operation, run, sleep, spawn } from '../../src/scheduler/index.ts'
import { thrownBy } from '../scheduler/helpers.ts'
import { bytes, sha256 } from '../support/bytes.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const content = bytes(1_000_000, 'body')
const URL = 'http://host/f'
const strong: Representation = {
  length: content.length,
  etag: '"v1"',
  lastModified: undefined,
  isDated: false,
}
const weak: Representation = { ...strong, etag: undefined }
const NOTHING: Promised = { checksum: undefined, digest: undefined }
const KEEP = { resume: true, fsync: false }

function go<T>(main: () => Operation<T>): Promise<T> {
  return run(main, { signals: false })
}

const openBody = (
  path: string,
  notes: string[] = [],
  options = KEEP,
  urls: readonly string[] = [URL],
): Operation<Body> => Body.open(path, urls, options, (note) => notes.push(note))

function* begun(path: string, representation = strong, options = KEEP): Operation<Body> {
  const body = yield* openBody(path, [], options)
  yield* body.begin({ url: URL, finalUrl: URL, representation }, NOTHING)
  return body
}

function* write(body: Body, segment: Segment, size: number): Operation<void> {
  const batch = new Batch()
  const at = segment.position
  batch.add(Buffer.from(content.subarray(at, at + size)), undefined)
  yield* body.write(segment, batch, batch.chunks, batch.bytes)
}

function doneIn(path: string): readonly Range[] {
  const record = parseRecord(readFileSync(journalOf(path), 'utf8'))
  return (record?.done ?? []).map(([start, end]) => ({ start, end }))
}

/** What an earlier run has left: the first 300,000 bytes. */
function* leave(representation = strong): Operation<string> {
  const path = join(temporaryFolder(), 'f')
  const body = yield* begun(path, representation)
  yield* write(body, body.plan.claim()!, 300_000)
  yield* body.leave()
  return path
}

const left = (representation = strong): Promise<string> => go(() => leave(representation))

describe('a body', () => {
  it('becomes NAME, and leaves nothing else', async () => {
    const path = join(temporaryFolder(), 'f')
    await go(function* () {
      const body = yield* begun(path)
      const segment = body.plan.claim()!
      yield* write(body, segment, 400_000)
      expect([body.bytes, body.canResume, body.isResumed]).toEqual([400_000, true, false])
      yield* write(body, segment, 600_000)
      yield* body.finish(1_000_000_000_000, 'host')
      yield* body.leave()
    })
    expect(readdirSync(join(path, '..'))).toEqual(['f'])
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(statSync(path).mtimeMs).toBe(1_000_000_000_000)
  })

  it('is kept for a later run when it has a strong validator, and goes on there', async () => {
    const path = await left()
    expect(readdirSync(join(path, '..')).toSorted()).toEqual(['f.gdl.json', 'f.gdl.part'])
    await go(function* () {
      const body = yield* openBody(path)
      expect([body.bytes, body.isResumed]).toEqual([300_000, true])
      expect(body.origin?.representation).toEqual(strong)
      yield* write(body, body.plan.claim()!, 700_000)
      yield* body.finish(undefined, 'host')
      yield* body.leave()
    })
    expect(readdirSync(join(path, '..'))).toEqual(['f'])
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('is thrown away when nothing could prove what the rest is of, or nothing has come', async () => {
    expect(readdirSync(join(await left(weak), '..'))).toEqual([])
    const path = join(temporaryFolder(), 'f')
    await go(function* () {
      yield* (yield* begun(path)).leave()
    })
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('begins again with another version, and nothing of the first is in it', async () => {
    const path = await left()
    await go(function* () {
      const body = yield* openBody(path)
      const short = { ...strong, length: 10, etag: '"v2"' }
      yield* body.begin({ url: URL, finalUrl: URL, representation: short }, NOTHING)
      yield* write(body, body.plan.claim()!, 10)
      yield* body.finish(undefined, 'host')
      yield* body.leave()
    })
    expect(readFileSync(path).equals(content.subarray(0, 10))).toBe(true)
  })

  it.each<[string, (path: string) => void, RegExp]>([
    ['its part file is gone', (path) => truncateSync(partOf(path), 10), /shorter than its journal/],
    ['its journal is torn', (path) => truncateSync(journalOf(path), 50), /journal is damaged/],
    ['its journal is empty', (path) => truncateSync(journalOf(path)), /journal is damaged/],
  ])('is not gone on from when %s, and that is told', async (_, spoil, told) => {
    const path = await left()
    spoil(path)
    const notes: string[] = []
    await go(function* () {
      const body = yield* openBody(path, notes)
      expect([body.bytes, body.canResume]).toEqual([0, false])
      yield* body.leave()
    })
    expect(notes.join()).toMatch(told)
    expect(existsSync(journalOf(path))).toBe(false)
  })

  it('is not gone on from for another URL, or when that is not wanted', async () => {
    const notes: string[] = []
    await go(function* () {
      const other = yield* openBody(yield* leave(), notes, KEEP, ['http://host/g'])
      expect(other.bytes).toBe(0)
      yield* other.leave()
      const afresh = yield* openBody(yield* leave(), notes, { resume: false, fsync: false })
      expect(afresh.bytes).toBe(0)
      yield* afresh.leave()
    })
    expect(notes).toEqual([expect.stringMatching(/of another URL; starting again/)])
  })

  it.skipIf(process.platform === 'win32')('does not go on in what a link leads to', async () => {
    const path = await left()
    const precious = join(temporaryFolder(), 'precious')
    writeFileSync(precious, content)
    rmSync(partOf(path))
    symlinkSync(precious, partOf(path))
    await go(function* () {
      const body = yield* openBody(path)
      expect(body.bytes).toBe(0)
      yield* body.leave()
    })
    expect(readFileSync(precious).equals(content)).toBe(true)
  })

  it('stays as it is when it can’t become NAME, with --fsync too', async () => {
    for (const fsync of [false, true]) {
      const path = join(temporaryFolder(), 'f')
      await go(function* () {
        const body = yield* begun(path, strong, { resume: true, fsync })
        yield* write(body, body.plan.claim()!, content.length)
        mkdirSync(path)
        expect(yield* thrownBy(body.finish(undefined, 'host'))).toMatchObject({
          code: 'GDL_ERR_IS_DIRECTORY',
        })
        yield* body.leave()
      })
      expect(doneIn(path)).toEqual([{ start: 0, end: content.length }])
      expect(readFileSync(partOf(path)).equals(content)).toBe(true)
    }
  })

  it('is refused with a wrong checksum, and can be tried again', async () => {
    const path = join(temporaryFolder(), 'f')
    const checksum = { algorithm: 'sha256', hex: sha256(content) } as const
    await go(function* () {
      const body = yield* begun(path)
      body.promise({ checksum: { ...checksum, hex: sha256('other') }, digest: undefined })
      yield* write(body, body.plan.claim()!, content.length)
      expect(yield* thrownBy(body.finish(undefined, 'host'))).toBeInstanceOf(IntegrityError)
      expect(existsSync(path)).toBe(false)
      body.promise({ checksum, digest: undefined })
      yield* body.finish(undefined, 'host')
      yield* body.leave()
    })
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('knows its bad pieces, which are fetched again by themselves', async () => {
    const path = join(temporaryFolder(), 'f')
    const lengthBytes = 300_000
    const hexes = [0, 1, 2, 3].map((n) =>
      sha256(content.subarray(n * lengthBytes, (n + 1) * lengthBytes)),
    )
    await go(function* () {
      const body = yield* begun(path)
      yield* write(body, body.plan.claim()!, content.length)
      const fd = openSync(partOf(path), 'r+')
      writeSync(fd, Buffer.from('xxxx'), 0, 4, 350_000)
      writeSync(fd, Buffer.from('xxxx'), 0, 4, 999_000)
      closeSync(fd)
      const pieces = { algorithm: 'sha256', lengthBytes, hexes } as const
      expect(yield* body.dropBadPieces(pieces)).toBe(2)
      expect(body.plan.done).toEqual([
        { start: 0, end: 300_000 },
        { start: 600_000, end: 900_000 },
      ])
      for (let segment = body.plan.claim(); segment !== undefined; segment = body.plan.claim()) {
        yield* write(body, segment, segment.rest)
      }
      expect(yield* body.dropBadPieces(pieces)).toBe(0)
      yield* body.finish(undefined, 'host')
      yield* body.leave()
    })
    expect(readFileSync(path).equals(content)).toBe(true)
  })
})

describe('the journal of a body', () => {
  it('never tells of more than is in the file, whenever one looks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 100_000 })), { maxLength: 30 }),
        async (writes) => {
          const path = join(temporaryFolder(), 'f')
          await go(function* () {
            const body = yield* begun(path)
            // Each record is due at once.
            const now = vi.spyOn(performance, 'now')
            let time = 0
            now.mockImplementation(() => (time += 1000))
            try {
              const segments = [body.plan.claim()!]
              for (const [who, size] of writes) {
                const segment = segments[who % segments.length]!
                if (segment.rest > 0) yield* write(body, segment, Math.min(size, segment.rest))
                const file = readFileSync(partOf(path))
                for (const { start, end } of doneIn(path)) {
                  expect(file.subarray(start, end).equals(content.subarray(start, end))).toBe(true)
                }
              }
            } finally {
              now.mockRestore()
            }
            yield* body.leave()
          })
        },
      ),
      { numRuns: 20 },
    )
  })

  it('tells, with --fsync, of nothing that came while the disk was waited for', async () => {
    const path = join(temporaryFolder(), 'f')
    const synced = new Event()
    const sync = vi.spyOn(PartFile.prototype, 'sync')
    try {
      await go(function* () {
        const body = yield* begun(path, strong, { resume: true, fsync: true })
        const first = body.plan.claim()!
        const second = body.plan.claim()!
        yield* sleep(600)
        sync.mockImplementation(function* () {
          yield* synced.wait()
        })
        const writing = spawn(() => write(body, first, 1000))
        yield* sleep(20)
        expect(sync).toHaveBeenCalledTimes(1)
        yield* write(body, second, 1000)
        expect(body.bytes).toBe(2000)
        expect(doneIn(path)).toEqual([])
        synced.set()
        yield* writing.join()
        expect(doneIn(path)).toEqual([{ start: 0, end: 1000 }])
        sync.mockRestore()
        yield* body.leave()
      })
    } finally {
      sync.mockRestore()
    }
  })
})
