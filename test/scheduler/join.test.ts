import { describe, expect, it, vi } from 'vitest'
import {
  Event,
  getcurrent,
  type Greenlet,
  GreenletExit,
  joinall,
  killall,
  type Operation,
  sleep,
  spawn,
  Timeout,
  withTimeout,
} from '../../src/scheduler/index.ts'
import { keepErrors, runClean, thrownBy, time } from './helpers.ts'

function* after(ms: number, error?: Error): Operation<number> {
  yield* sleep(ms)
  if (error !== undefined) throw error
  return ms
}

const valuesOf = (greenlets: Greenlet<number>[]): unknown[] => greenlets.map(({ value }) => value)

describe('joinall', () => {
  it('3h: that comes back early takes its links back', () => {
    runClean(function* () {
      const quick = spawn(() => sleep(5))
      const slow = spawn(() => sleep(50))
      const links = vi.spyOn(slow, 'rawlink')
      const unlinks = vi.spyOn(slow, 'unlink')
      yield* joinall([quick, slow], { timeout: 1 })
      yield* joinall([quick, slow], { count: 1 })
      yield* withTimeout(1, () => joinall([slow]), { value: [] })
      expect(links).toHaveBeenCalledTimes(3)
      expect(unlinks.mock.calls).toEqual(links.mock.calls)
      yield* slow.join()
    })
  })

  it('S39: gives the greenlets in the order in which they ended', () => {
    runClean(function* () {
      const all = [30, 10, 20].map((ms) => spawn(after, ms))
      expect(valuesOf(yield* joinall(all))).toEqual([10, 20, 30])
      expect(time()).toBe(30)
    })
  })

  it('S39: gives [] at once for none, and does not park for those that have ended', () => {
    runClean(function* () {
      expect(joinall([]).next()).toEqual({ done: true, value: [] })
      const all = [2, 1].map((ms) => spawn(after, ms))
      yield* sleep(5)
      const step = joinall(all).next()
      expect([step.done, valuesOf(step.value as Greenlet<number>[])]).toEqual([true, [2, 1]])
    })
  })

  it('S39: counts a duplicate twice', () => {
    runClean(function* () {
      const one = spawn(after, 5)
      expect(yield* joinall([one, one])).toEqual([one, one])
      expect(yield* joinall([one, one], { count: 1 })).toEqual([one])
    })
  })

  it('S39: with a timeout gives those that made it', () => {
    runClean(function* () {
      const all = [5, 50].map((ms) => spawn(after, ms))
      expect(valuesOf(yield* joinall(all, { timeout: 10 }))).toEqual([5])
      expect(time()).toBe(10)
      const step = joinall(all, { timeout: 0 }).next()
      expect(step).toEqual({ done: true, value: [all[0]] })
      yield* joinall(all)
    })
  })

  it('S39: with a count comes back after so many', () => {
    runClean(function* () {
      const all = [30, 10, 20].map((ms) => spawn(after, ms))
      expect(valuesOf(yield* joinall(all, { count: 2 }))).toEqual([10, 20])
      expect(time()).toBe(20)
      expect(yield* joinall(all, { count: 0 })).toEqual([])
      yield* joinall(all)
    })
  })

  it('S40: with raiseError throws the first failure in the order of the ends, and leaves the others running', () => {
    runClean(function* () {
      keepErrors()
      const late = new Error('late')
      const early = new Error('early')
      const all = [spawn(after, 30, late), spawn(after, 10, early), spawn(after, 20)]
      expect(yield* thrownBy(joinall(all, { raiseError: true }))).toBe(early)
      expect([time(), all.map(({ ready }) => ready)]).toEqual([10, [false, true, false]])
      yield* joinall(all)
      expect(yield* thrownBy(joinall(all, { raiseError: true }))).toBe(late)
    })
  })

  it('S40: with raiseError throws at once for one that has failed already', () => {
    runClean(function* () {
      keepErrors()
      const failure = new Error('mine')
      const all = [spawn(after, 1, failure), spawn(after, 50)]
      yield* sleep(5)
      expect(yield* thrownBy(joinall(all, { raiseError: true }))).toBe(failure)
      expect(time()).toBe(5)
      yield* joinall(all)
    })
  })

  it('3h: lets a foreign Timeout and a kill through, and leaves no link', () => {
    runClean(function* () {
      const all = [spawn(after, 50)]
      const timeout = Timeout.start(5)
      expect(yield* thrownBy(joinall(all, { timeout: 20 }))).toBe(timeout)
      const joiner = spawn(() => joinall(all))
      yield* sleep(1)
      yield* joiner.kill()
      expect(joiner.value).toBeInstanceOf(GreenletExit)
      yield* joinall(all)
    })
  })
})

describe('killall', () => {
  it('S42: completes those that have not begun, throws into the others in order, and waits for all', () => {
    runClean(function* () {
      const log: string[] = []
      const victim = function* (word: string, cleanupMs: number): Operation<void> {
        try {
          yield* sleep(1000)
        } finally {
          log.push(word)
          yield* sleep(cleanupMs)
        }
      }
      const [b, a] = [spawn(victim, 'b', 10), spawn(victim, 'a', 5)]
      yield* sleep(1)
      const unstarted = spawn(victim, 'unstarted', 100)
      yield* killall([a, unstarted, b])
      expect([log, time()]).toEqual([['a', 'b'], 11])
      expect(
        [a, b, unstarted].every(({ value }) => (value as unknown) instanceof GreenletExit),
      ).toBe(true)
    })
  })

  it('S42: joins those that resist', () => {
    runClean(function* () {
      const stubborn = spawn(function* () {
        try {
          yield* sleep(1000)
        } catch {
          yield* sleep(20)
        }
      })
      yield* sleep(1)
      yield* killall([stubborn])
      expect([stubborn.ready, time()]).toEqual([true, 21])
    })
  })

  it('S42: with a timeout throws a Timeout', () => {
    runClean(function* () {
      const slow = spawn(function* () {
        try {
          yield* sleep(1000)
        } finally {
          yield* sleep(50)
        }
      })
      yield* sleep(1)
      const error = yield* thrownBy(killall([slow], undefined, { timeout: 10 }))
      expect(error).toBeInstanceOf(Timeout)
      expect((error as Timeout).ms).toBe(10)
      yield* slow.join()
    })
  })

  it('S42: without block does not park', () => {
    runClean(function* () {
      const all = [1, 2].map(() => spawn(after, 100))
      yield* sleep(1)
      expect(killall(all, undefined, { block: false }).next().done).toBe(true)
      expect(all.map(({ ready }) => ready)).toEqual([false, false])
      yield* joinall(all)
      expect(time()).toBe(1)
    })
  })

  it('takes another error', () => {
    runClean(function* () {
      keepErrors()
      const failure = new Error('mine')
      const all = [1, 2].map(() => spawn(after, 100))
      yield* sleep(1)
      yield* killall(all, failure)
      expect(all.map(({ exception }) => exception)).toEqual([failure, failure])
    })
  })

  it('kills itself last, when the killer is in the list', () => {
    runClean(function* () {
      const log: string[] = []
      const event = new Event()
      const all: Greenlet<unknown>[] = []
      all.push(
        spawn(function* () {
          yield* event.wait()
          try {
            yield* killall(all)
            log.push('on')
          } finally {
            log.push(`me, others dead: ${all.filter(({ dead }) => dead).length}`)
          }
          return getcurrent()
        }),
        spawn(after, 1000),
      )
      event.set()
      yield* joinall(all)
      expect([log, time()]).toEqual([['me, others dead: 1'], 0])
    })
  })
})
