import { describe, expect, it } from 'vitest'
import {
  Full,
  Group,
  GreenletExit,
  joinall,
  type Operation,
  Pool,
  PoolFull,
  sleep,
  spawn,
} from '../../src/scheduler/index.ts'
import { atOnce, keepErrors, runClean, talker, thrownBy, time } from './helpers.ts'

function* after(ms: number, error?: Error): Operation<number> {
  yield* sleep(ms)
  if (error !== undefined) throw error
  return ms
}

describe('a Group', () => {
  it('S57: keeps track of its members until they end', () => {
    runClean(function* () {
      const group = new Group()
      const one = group.spawn(after, 5)
      const two = spawn(after, 10)
      group.add(two)
      group.add(two)
      expect([group.size, group.has(one), [...group]]).toEqual([2, true, [one, two]])
      yield* sleep(7)
      expect([group.size, group.has(one)]).toEqual([1, false])
      yield* sleep(7)
      expect(group.size).toBe(0)
    })
  })

  it('S57: discards one that lives on', () => {
    runClean(function* () {
      const group = new Group()
      const one = group.spawn(after, 5)
      group.discard(one)
      group.discard(one)
      expect(yield* group.join()).toBe(true)
      expect([one.ready, yield* one.get()]).toEqual([false, 5])
    })
  })

  it('S57: join waits until it was empty once, or the time is over', () => {
    runClean(function* () {
      const group = new Group()
      expect(group.join().next()).toEqual({ done: true, value: true })
      group.spawn(after, 5)
      group.spawn(after, 20)
      expect(group.join(0).next()).toEqual({ done: true, value: false })
      expect([yield* group.join(10), time()]).toEqual([false, 10])
      expect([yield* group.join(), time()]).toEqual([true, 20])
    })
  })

  it('S57: join comes back also when a member was added right after it was empty', () => {
    runClean(function* () {
      const group = new Group()
      const first = group.spawn(after, 5)
      first.rawlink(() => group.spawn(after, 50))
      yield* group.join()
      expect(time()).toBe(5)
      // Who comes when it is not empty any more waits for the next time.
      yield* group.join()
      expect(time()).toBe(55)
    })
  })

  it('S57: join with raiseError throws the first error once all have ended', () => {
    runClean(function* () {
      keepErrors()
      const group = new Group()
      const failures = [new Error('late'), new Error('early')]
      group.spawn(after, 10, failures[0])
      group.spawn(after, 5, failures[1])
      group.spawn(after, 20)
      expect(yield* thrownBy(group.join(undefined, { raiseError: true }))).toBe(failures[1])
      expect(time()).toBe(20)
      expect(yield* group.join(undefined, { raiseError: true })).toBe(true)
    })
  })

  it('S57: kill goes on until it is empty, those included that are added meanwhile', () => {
    runClean(function* () {
      const group = new Group()
      const log: string[] = []
      const spawner = function* (depth: number): Operation<void> {
        try {
          yield* sleep(1000)
        } finally {
          log.push(`killed ${depth}`)
          if (depth > 0) {
            group.spawn(spawner, depth - 1)
            yield* sleep(1)
          }
        }
      }
      group.spawn(spawner, 2)
      yield* sleep(1)
      yield* group.kill()
      expect([log, group.size]).toEqual([['killed 2', 'killed 1', 'killed 0'], 0])
    })
  })

  it('S57: kill shoots each once', () => {
    runClean(function* () {
      const group = new Group()
      let shots = 0
      group.spawn(function* () {
        while (shots < 1 || time() < 20) {
          try {
            yield* sleep(20)
          } catch {
            shots++
          }
        }
      })
      yield* sleep(1)
      spawn(() => group.kill())
      yield* sleep(1)
      yield* group.kill()
      expect([shots, group.size]).toEqual([1, 0])
    })
  })

  it('S57: kill comes back although a member has ended and not told yet', () => {
    runClean(function* () {
      const group = new Group()
      const failure = new Error('mine')
      const errors = keepErrors()
      const quick = group.spawn(atOnce, () => 'done')
      group.spawn(atOnce, () => {
        throw failure
      })
      const killer = spawn(function* () {
        // Both have ended in this very drain; their links are behind us in the FIFO.
        expect([quick.ready, group.size]).toEqual([true, 2])
        yield* group.kill()
        return group.size
      })
      expect(yield* killer.get()).toBe(0)
      expect(yield* thrownBy(group.join(0, { raiseError: true }))).toBe(failure)
      yield* sleep(1)
      expect(yield* group.join(0, { raiseError: true })).toBe(true)
      expect(errors).toEqual([failure])
    })
  })

  it('S57: kill without block does not park', () => {
    runClean(function* () {
      const group = new Group()
      const one = group.spawn(after, 100)
      yield* sleep(1)
      expect(group.kill(undefined, { block: false }).next().done).toBe(true)
      yield* group.join()
      expect([one.value, time()]).toEqual([expect.any(GreenletExit), 1])
    })
  })

  it('S57: kill by a member unwinds that one last', () => {
    runClean(function* () {
      const group = new Group()
      const other = group.spawn(after, 100)
      const killer = group.spawn(function* () {
        yield* sleep(1)
        yield* group.kill()
        return 'on'
      })
      yield* group.join()
      expect([other.ready, killer.value, time()]).toEqual([true, expect.any(GreenletExit), 1])
    })
  })
})

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
