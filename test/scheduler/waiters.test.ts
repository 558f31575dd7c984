import { describe, expect, it } from 'vitest'
import { getHub, type Operation, sleep, spawn } from '../../src/scheduler/index.ts'
import { Waiters } from '../../src/scheduler/waiters.ts'
import { SimulatedClock } from '../../src/scheduler/testing.ts'
import { Hub, Loop } from '../../src/scheduler/index.ts'
import { runClean, thrownBy, time } from './helpers.ts'

describe('the queue of waiters', () => {
  it('wakes the first, or those up to a number, in the order of their coming', () => {
    runClean(function* () {
      const waiters = new Waiters({})
      const log: number[] = []
      for (let i = 1; i <= 5; i++) {
        spawn(function* () {
          yield* waiters.wait()
          log.push(i)
        })
      }
      yield* sleep(1)
      expect([waiters.size, waiters.arrivals]).toEqual([5, 5])
      getHub().loop.runCallback(() => {
        waiters.wakeOne()
        waiters.wakeUpTo(3)
      })
      yield* sleep(1)
      expect([log, waiters.size]).toEqual([[1, 2, 3], 2])
      getHub().loop.runCallback(() => {
        waiters.wakeUpTo(99)
        expect(waiters.wakeOne()).toBe(false)
      })
      yield* sleep(1)
      expect(log).toEqual([1, 2, 3, 4, 5])
    })
  })

  it('is left from anywhere in it: first, middle, last', () => {
    runClean(function* () {
      const waiters = new Waiters({})
      const log: number[] = []
      const waiting = [0, 1, 2, 3, 4].map((i) =>
        spawn(function* () {
          yield* waiters.wait()
          log.push(i)
        }),
      )
      yield* sleep(1)
      for (const index of [2, 0, 4]) yield* waiting[index]!.kill()
      expect(waiters.size).toBe(2)
      getHub().loop.runCallback(() => waiters.wakeUpTo(5))
      yield* sleep(1)
      expect([log, waiters.size]).toEqual([[1, 3], 0])
    })
  })

  it('is left untouched by a timeout that is no number', () => {
    runClean(function* () {
      const waiters = new Waiters({})
      expect(yield* thrownBy(waiters.wait(Number.NaN))).toBeInstanceOf(RangeError)
      expect(waiters.size).toBe(0)
    })
  })

  it('has nobody to tell when it is empty', () => {
    runClean(function* () {
      new Waiters({}).soon(() => {
        throw new Error('called')
      })
      yield* sleep(1)
    })
  })

  it('S8: counts a timeout from when it parks, also after a long computation', () => {
    const clock = new SimulatedClock()
    const hub = new Hub(new Loop(clock))
    const seen: number[] = []
    const body = function* (): Operation<void> {
      yield* sleep(10)
      // In a timer's callback the loop's own time stands still.
      clock.advance(15)
      yield* new Waiters({}).wait(20)
      seen.push(time())
    }
    hub.within(() => spawn(body))
    while (clock.step());
    expect(seen).toEqual([45])
  })
})
