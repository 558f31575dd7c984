import { describe, expect, it } from 'vitest'
import {
  getcurrent,
  getHub,
  type Operation,
  sleep,
  spawn,
  spawnLater,
} from '../../src/scheduler/index.ts'
import { runClean, talker, time } from './helpers.ts'

describe('spawn', () => {
  it('S24: runs nothing at once, then all in the order of the FIFO', () => {
    runClean(function* () {
      const log: string[] = []
      spawn(talker, log, 'a')
      spawn(talker, log, 'b')
      getHub().loop.runCallback(() => log.push('callback'))
      spawn(talker, log, 'c')
      log.push('main')
      yield* sleep(0)
      log.push('main again')
      expect(log).toEqual(['main', 'a', 'b', 'callback', 'c', 'main again'])
      yield* sleep(1)
    })
  })

  it('S10: of one who was woken by a timer runs before the next poll', () => {
    runClean(function* () {
      const iterations: number[] = []
      const nest = function* (depth: number): Operation<void> {
        iterations.push(getHub().loop.iteration)
        if (depth > 0) yield* spawn(nest, depth - 1).join()
      }
      yield* sleep(1)
      yield* spawn(nest, 3).join()
      expect(new Set(iterations).size).toBe(1)
    })
  })

  it('gives its arguments to the body', () => {
    runClean(function* () {
      const sum = spawn(
        function* (a: number, b: number) {
          yield* sleep(1)
          return a + b
        },
        1,
        2,
      )
      expect(yield* sum.get()).toBe(3)
    })
  })

  it('takes 100,000', () => {
    runClean(function* () {
      let runs = 0
      for (let i = 0; i < 100_000; i++) {
        spawn(function* () {
          yield* sleep(1)
          runs++
        })
      }
      yield* sleep(2)
      expect(runs).toBe(100_000)
    })
  })

  it('can be called in a callback, where no greenlet runs', () => {
    runClean(function* () {
      const log: string[] = []
      getHub()
        .loop.timer(1)
        .start(() => {
          expect(getcurrent()).toBeUndefined()
          spawn(talker, log, 'a')
        })
      yield* sleep(2)
      expect(log).toEqual(['a'])
    })
  })
})

describe('spawnLater', () => {
  it('S26: starts from a timer, and never when it is killed before', () => {
    runClean(function* () {
      const log: string[] = []
      spawnLater(10, talker, log, 'a')
      const killed = spawnLater(5, talker, log, 'never')
      yield* sleep(1)
      killed.killSoon()
      yield* sleep(20)
      expect(log).toEqual(['a'])
      expect(getHub().loop.timers.size).toBe(0)
    })
  })

  it('S26: of 0 runs after a spawn that comes later', () => {
    runClean(function* () {
      const log: string[] = []
      spawnLater(0, talker, log, 'later')
      spawn(talker, log, 'plain')
      yield* sleep(1)
      expect(log).toEqual(['plain', 'later'])
    })
  })

  it('S26: is started by hand before its time, and once only', () => {
    runClean(function* () {
      const log: string[] = []
      const later = spawnLater(10, talker, log, 'a')
      later.start()
      later.startLater(5)
      yield* sleep(1)
      expect(log).toEqual(['a'])
      yield* sleep(20)
      expect(log).toEqual(['a'])
      expect(() => spawnLater(Number.NaN, talker, log, 'never')).toThrow(RangeError)
    })
  })

  it('holds the loop until then', () => {
    runClean(function* () {
      const later = spawnLater(50, () => sleep(1))
      yield* later.join()
      expect(time()).toBe(51)
    })
  })
})
