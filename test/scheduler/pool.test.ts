import { describe, expect, it } from 'vitest'
import {
  Full,
  joinall,
  type Operation,
  Pool,
  PoolFull,
  sleep,
  spawn,
} from '../../src/scheduler/index.ts'
import { keepErrors, runClean, talker, thrownBy, time } from './helpers.ts'

function* after(ms: number, error?: Error): Operation<number> {
  yield* sleep(ms)
  if (error !== undefined) throw error
  return ms
}

describe('a Pool', () => {
  it('S58: parks the spawner while it is full, first come first served', () => {
    runClean(function* () {
      const pool = new Pool(2)
      const log: string[] = []
      expect([pool.freeCount, pool.full, pool.size]).toEqual([2, false, 0])
      const spawners = [1, 2, 3, 4].map((i) =>
        spawn(function* () {
          yield* pool.spawn(after, 10)
          log.push(`${i}@${time()}`)
        }),
      )
      yield* sleep(1)
      expect([pool.freeCount, pool.full, pool.size]).toEqual([0, true, 2])
      yield* joinall(spawners)
      expect(log).toEqual(['1@0', '2@0', '3@10', '4@10'])
      yield* pool.join()
      expect([time(), pool.freeCount]).toEqual([20, 2])
    })
  })

  it('S58: loses no room to a spawner that is killed, waiting or just about to get it', () => {
    runClean(function* () {
      const pool = new Pool(1)
      yield* pool.spawn(after, 10)
      const waiting = [1, 2, 3].map(() => spawn(() => pool.spawn(after, 10)))
      yield* sleep(1)
      yield* waiting[1]!.kill()
      const first = waiting[0]!
      // At 10 the member ends; the kill of the first in the queue comes in the same turn.
      yield* sleep(9)
      first.killSoon()
      yield* joinall(waiting)
      yield* pool.join()
      expect([pool.freeCount, pool.size]).toEqual([1, 0])
    })
  })

  it('S58: loses no room to a member that is killed, before it began or later, nor to what is no body', () => {
    runClean(function* () {
      const pool = new Pool(2)
      const one = yield* pool.spawn(after, 100)
      const two = yield* pool.spawn(after, 100)
      one.killSoon()
      yield* sleep(1)
      two.killSoon()
      yield* pool.join()
      expect(yield* thrownBy(pool.spawn(5 as never))).toBeInstanceOf(TypeError)
      expect(pool.freeCount).toBe(2)
    })
  })

  it('S58: of 0 never has room', () => {
    runClean(function* () {
      const pool = new Pool(0)
      const waiting = spawn(() => pool.spawn(after, 1))
      yield* sleep(1000)
      expect([waiting.ready, pool.full]).toEqual([false, true])
      yield* waiting.kill()
      expect(() => new Pool(-1)).toThrow(RangeError)
    })
  })

  it('S58: add takes up room until its greenlet ends, parks for it, or throws PoolFull', () => {
    runClean(function* () {
      const pool = new Pool(1)
      const [one, two] = [spawn(after, 10), spawn(after, 20)]
      yield* pool.add(one)
      yield* pool.add(one)
      expect([pool.size, pool.freeCount]).toEqual([1, 0])
      const full = yield* thrownBy(pool.add(two, { block: false }))
      expect([full instanceof PoolFull, full instanceof Full]).toEqual([true, true])
      expect(() => pool.add(two, { timeout: 0 }).next()).toThrow(PoolFull)
      expect([yield* thrownBy(pool.add(two, { timeout: 5 })), time()]).toEqual([
        expect.any(PoolFull),
        5,
      ])
      const adders = [1, 2].map(() => spawn(() => pool.add(two)))
      yield* joinall(adders, { count: 1 })
      expect([time(), pool.has(two), pool.freeCount]).toEqual([10, true, 0])
      yield* joinall(adders)
      yield* sleep(0)
      expect([pool.size, pool.freeCount]).toEqual([0, 1])
    })
  })

  it('S58: add gives the room back when its greenlet came in meanwhile', () => {
    runClean(function* () {
      const pool = new Pool(2)
      for (let i = 0; i < 2; i++) yield* pool.spawn(after, 10)
      const one = spawn(after, 20)
      yield* joinall([1, 2].map(() => spawn(() => pool.add(one))))
      expect([time(), pool.size, pool.freeCount]).toEqual([10, 1, 1])
      yield* pool.join()
    })
  })

  it('S58: discard gives the room back, and the greenlet lives on', () => {
    runClean(function* () {
      const pool = new Pool(1)
      const one = yield* pool.spawn(after, 10)
      pool.discard(one)
      pool.discard(one)
      expect([pool.freeCount, one.ready, [...pool]]).toEqual([1, false, []])
      yield* one.join()
      yield* sleep(1)
      expect(pool.freeCount).toBe(1)
    })
  })

  it('without a size always has room', () => {
    expect([new Pool().freeCount, new Pool().full]).toEqual([Infinity, false])
  })

  it('S58: apply gives the result; by a member it runs inline, so that a pool of 1 does not wait for itself', () => {
    runClean(function* () {
      const pool = new Pool(1)
      expect(yield* pool.apply(after, 5)).toBe(5)
      const nested = (): Operation<number> => pool.apply(after, 7)
      expect(yield* pool.apply(nested)).toBe(7)
      expect(pool.freeCount).toBe(1)
    })
  })

  it('S59: maps in the order of the items, so many at once', () => {
    runClean(function* () {
      const pool = new Pool(2)
      expect(yield* pool.map(after, [30, 10, 20])).toEqual([30, 10, 20])
      expect(time()).toBe(30)
    })
  })

  it('S59: maps to the first error by position', () => {
    runClean(function* () {
      keepErrors()
      const pool = new Pool(3)
      const failures = [new Error('first'), new Error('second')]
      const body = function* (i: number): Operation<void> {
        yield* sleep(i === 0 ? 20 : 10)
        throw failures[i]!
      }
      expect(yield* thrownBy(pool.map(body, [0, 1]))).toBe(failures[0])
    })
  })

  it('is killed and joined as a group is', () => {
    runClean(function* () {
      keepErrors()
      const pool = new Pool(2)
      const log: string[] = []
      yield* pool.spawn(talker, log, 'a')
      yield* pool.spawn(after, 100)
      yield* sleep(1)
      yield* pool.kill()
      expect([log, pool.size, pool.freeCount, time()]).toEqual([['a'], 0, 2, 1])
      const failure = new Error('mine')
      yield* pool.spawn(after, 1, failure)
      expect(yield* thrownBy(pool.join(undefined, { raiseError: true }))).toBe(failure)
    })
  })
})
