import { describe, expect, it } from 'vitest'
import {
  ConcurrentObjectUseError,
  Group,
  type Operation,
  Pool,
  sleep,
  spawn,
  type Steps,
  Timeout,
} from '../../src/scheduler/index.ts'
import { keepErrors, runClean, thrownBy, time } from './helpers.ts'

function* after(ms: number): Operation<number> {
  yield* sleep(ms)
  return ms
}

function* all<T>(steps: Steps<T>): Operation<T[]> {
  const values: T[] = []
  for (;;) {
    const value = yield* steps.next()
    if (value === undefined) return values
    values.push(value)
  }
}

describe('imap', () => {
  it('S59: gives the results in the order of the items, imapUnordered in that of their ends', () => {
    runClean(function* () {
      for (const members of [new Pool(3), new Group()]) {
        expect(yield* all(members.imap(after, [30, 10, 20]))).toEqual([30, 10, 20])
        expect(yield* all(members.imapUnordered(after, [30, 10, 20]))).toEqual([10, 20, 30])
      }
      expect(time()).toBe(120)
      expect(yield* all(new Pool(1).imap(after, []))).toEqual([])
    })
  })

  it('S59: throws at a failing position, and goes on at the next step', () => {
    runClean(function* () {
      keepErrors()
      const failure = new Error('mine')
      const body = function* (ms: number): Operation<number> {
        yield* sleep(ms)
        if (ms === 10) throw failure
        return ms
      }
      const ordered = new Pool(3).imap(body, [20, 10, 5])
      expect([
        yield* ordered.next(),
        yield* thrownBy(ordered.next()),
        yield* ordered.next(),
        yield* ordered.next(),
      ]).toEqual([20, failure, 5, undefined])
      const unordered = new Pool(3).imapUnordered(body, [20, 10, 5])
      expect([
        yield* unordered.next(),
        yield* thrownBy(unordered.next()),
        yield* unordered.next(),
        yield* unordered.next(),
      ]).toEqual([5, failure, 20, undefined])
    })
  })

  it('S59: with a maxsize takes no more from the source than may be unread', () => {
    runClean(function* () {
      const pool = new Pool(2)
      let taken = 0
      function* source(): Generator<number> {
        for (let i = 0; i < 100; i++) {
          taken++
          yield i
        }
      }
      for (const map of [pool.imap.bind(pool), pool.imapUnordered.bind(pool)]) {
        taken = 0
        const steps = map(after, source(), { maxsize: 3 })
        yield* sleep(100)
        expect(taken).toBe(4)
        expect(yield* steps.next()).toBe(0)
        yield* sleep(100)
        expect(taken).toBe(5)
        steps.close()
        yield* pool.join()
      }
      taken = 0
      const free = pool.imap(after, source())
      yield* free.next()
      yield* pool.join()
      yield* sleep(10_000)
      expect(taken).toBe(100)
      expect(() => pool.imap(after, [], { maxsize: 0 })).toThrow(RangeError)
    })
  })

  it('S59: brings an error of the source to the reader, behind the results', () => {
    runClean(function* () {
      const errors = keepErrors()
      const failure = new Error('source')
      function* source(): Generator<number> {
        yield 20
        yield 10
        throw failure
      }
      for (const [steps, values] of [
        [new Pool(2).imap(after, source()), [20, 10]],
        [new Pool(2).imapUnordered(after, source()), [10, 20]],
      ] as const) {
        expect([yield* steps.next(), yield* steps.next()]).toEqual(values)
        expect(yield* thrownBy(steps.next())).toBe(failure)
        expect(yield* steps.next()).toBeUndefined()
      }
      expect(errors).toEqual([])
    })
  })

  it('S59: gives undefined after close, also to who waits, and starts nothing more', () => {
    runClean(function* () {
      const pool = new Pool(1)
      const steps = pool.imap(after, [10, 20, 30])
      const reader = spawn(() => steps.next())
      yield* sleep(5)
      expect(yield* thrownBy(steps.next())).toBeInstanceOf(ConcurrentObjectUseError)
      steps.close()
      steps.close()
      expect([yield* reader.get(), yield* steps.next(), time()]).toEqual([undefined, undefined, 5])
      yield* pool.join()
      expect([time(), pool.freeCount]).toEqual([10, 1])
    })
  })

  it('3h: loses no result to a reader that is killed or interrupted', () => {
    runClean(function* () {
      const steps = new Pool(2).imap(after, [10, 20])
      const timeout = Timeout.start(5)
      expect(yield* thrownBy(steps.next())).toBe(timeout)
      const victim = spawn(() => steps.next())
      yield* sleep(1)
      yield* victim.kill()
      expect(yield* all(steps)).toEqual([10, 20])
    })
  })
})
