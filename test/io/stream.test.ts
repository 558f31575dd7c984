import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { IDLE, StreamReader } from '../../src/io/stream.ts'
import { Event, LoopExit, run, sleep, spawn, type Operation } from '../../src/scheduler/index.ts'
import { bytes } from '../support/bytes.ts'
import { thrownBy } from '../scheduler/helpers.ts'

function go<T>(main: () => Operation<T>): Promise<T> {
  return run(main, { signals: false })
}

describe('a StreamReader', () => {
  it('gives all that has come, and undefined at the end, for ever', async () => {
    await go(function* () {
      const stream = new PassThrough()
      const reader = new StreamReader(stream)
      stream.write('a')
      stream.write('b')
      expect(String(yield* reader.read())).toMatch(/^ab?$/)
      stream.end('c')
      let rest = ''
      for (let part = yield* reader.read(); part !== undefined; part = yield* reader.read()) {
        rest += String(part)
      }
      expect(rest).toMatch(/^b?c$/)
      expect(yield* reader.read()).toBeUndefined()
    })
  })

  it('gives every byte once, in order, of a stream longer than it keeps', async () => {
    await go(function* () {
      const content = bytes(3_000_000)
      const pieces = function* () {
        for (let at = 0; at < content.length; at += 50_001) yield content.subarray(at, at + 50_001)
      }
      const reader = new StreamReader(Readable.from(pieces(), { objectMode: false }))
      const parts: Buffer[] = []
      for (let part = yield* reader.read(); part !== undefined; part = yield* reader.read()) {
        if (part !== IDLE) parts.push(part)
        yield* sleep(0)
      }
      expect(Buffer.concat(parts).equals(content)).toBe(true)
    })
  })

  it('takes no more than it may keep while nobody reads', async () => {
    await go(function* () {
      let given = 0
      const piece = Buffer.alloc(64 * 1024)
      const stream = new Readable({
        read() {
          given += piece.length
          this.push(piece)
        },
      })
      const reader = new StreamReader(stream)
      while (!stream.isPaused()) yield* sleep(0)
      for (let round = 0; round < 100; round++) yield* sleep(0)
      expect(given).toBeLessThan(512 * 1024)
      const first = yield* reader.read()
      expect((first as Buffer).length).toBeGreaterThan(256 * 1024)
      expect(yield* reader.read()).toBeInstanceOf(Buffer)
      reader.close()
    })
  })

  it('gives IDLE when nothing has come in time, and what comes afterwards', async () => {
    await go(function* () {
      const stream = new PassThrough()
      const reader = new StreamReader(stream)
      expect(yield* reader.read(1)).toBe(IDLE)
      expect(yield* reader.read(1)).toBe(IDLE)
      stream.write('late')
      expect(String(yield* reader.read(10_000))).toBe('late')
      stream.end()
      expect(yield* reader.read(10_000)).toBeUndefined()
    })
  })

  it('throws the error of the stream, after what came before it', async () => {
    await go(function* () {
      const stream = new PassThrough()
      const reader = new StreamReader(stream)
      let seen = 0
      stream.on('data', () => seen++)
      stream.write('before')
      while (seen === 0) yield* sleep(0)
      const error = new Error('no')
      stream.destroy(error)
      yield* sleep(0)
      expect(String(yield* reader.read())).toBe('before')
      expect(yield* thrownBy(reader.read())).toBe(error)
      expect(yield* thrownBy(reader.read(10))).toBe(error)
    })
  })

  it('wakes who waits when the stream fails', async () => {
    await go(function* () {
      const stream = new PassThrough()
      const reader = new StreamReader(stream)
      const error = new Error('no')
      const waiting = spawn(() => thrownBy(reader.read()))
      yield* sleep(0)
      stream.destroy(error)
      expect(yield* waiting.get()).toBe(error)
    })
  })

  it('may be killed while it waits, and read again', async () => {
    await go(function* () {
      const stream = new PassThrough()
      const reader = new StreamReader(stream)
      const waiting = spawn(() => reader.read())
      yield* sleep(0)
      yield* waiting.kill()
      stream.write('kept')
      expect(String(yield* reader.read())).toBe('kept')
    })
  })

  it('closes its stream, and holds the loop no longer', async () => {
    const stream = new PassThrough()
    const outcome = go(function* () {
      const reader = new StreamReader(stream)
      yield* reader.read(1)
      reader.close()
      yield* new Event().wait()
    })
    await expect(outcome).rejects.toThrow(LoopExit)
    expect(stream.destroyed).toBe(true)
    expect(stream.listenerCount('data')).toBe(0)
  })
})
