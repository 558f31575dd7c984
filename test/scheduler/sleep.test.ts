import { describe, expect, it } from 'vitest'
import {
  getHub,
  GreenletExit,
  Hub,
  idle,
  joinall,
  Loop,
  type Operation,
  sleep,
  spawn,
} from '../../src/scheduler/index.ts'
import { SimulatedClock } from '../../src/scheduler/testing.ts'
import { runClean, talker, thrownBy, time } from './helpers.ts'

describe('sleep', () => {
  it('S48: sleep(0) goes to the end of the FIFO', () => {
    runClean(function* () {
      const log: string[] = []
      spawn(talker, log, 'a', 3)
      spawn(talker, log, 'b', 3)
      const last = spawn(talker, log, 'c', 1)
      yield* sleep(1)
      expect(log.join(' ')).toBe('a b c a b a b')
      expect(last.value).toBe('c')
    })
  })

  it('S48: sleep(0), and less, makes no trip through the poll', () => {
    runClean(function* () {
      const { loop } = getHub()
      const { iteration } = loop
      for (const ms of [0, -1, -Infinity, -0]) yield* sleep(ms)
      expect([loop.iteration, time()]).toEqual([iteration, 0])
    })
  })

  it('S48: sleep(ms) takes at least so long, to the instant in simulated time', () => {
    runClean(function* () {
      yield* sleep(10)
      yield* sleep(0.25)
      expect(time()).toBe(10.25)
      yield* sleep(3_600_000)
      expect(time()).toBe(3_600_010.25)
    })
  })

  it('whose time has come is still killed, or woken by something else, in that very iteration', () => {
    runClean(function* () {
      const { loop } = getHub()
      const log: string[] = []
      const sleeper = function* (name: string): Operation<void> {
        try {
          yield* sleep(10)
          log.push(`${name} slept`)
        } finally {
          yield* sleep(5)
          log.push(`${name}@${time()}`)
        }
      }
      const killed = spawn(sleeper, 'killed')
      const thrownAt = spawn(sleeper, 'thrown at')
      yield* sleep(0)
      const first = loop.timer(10)
      first.priority = 1
      first.start(() => {
        killed.killSoon()
        thrownAt.throw(new GreenletExit())
      })
      yield* joinall([killed, thrownAt])
      expect(log).toEqual(['thrown at@15', 'killed@15'])
      yield* sleep(100)
      expect([log.length, loop.timers.size]).toEqual([2, 0])
    })
  })

  it('S8: counts from when it parks, not from the beginning of the turn', () => {
    const clock = new SimulatedClock()
    const hub = new Hub(new Loop(clock))
    let end = 0
    hub.within(() =>
      spawn(function* (): Operation<void> {
        yield* sleep(10)
        clock.advance(15)
        yield* sleep(20)
        end = clock.now()
      }),
    )
    while (clock.step());
    expect(end).toBe(45)
  })

  it('3a: wakes those of one deadline in the order in which they parked', () => {
    runClean(function* () {
      const log: number[] = []
      for (let i = 0; i < 6; i++) {
        spawn(function* () {
          yield* sleep(10)
          log.push(i)
        })
      }
      yield* sleep(20)
      expect(log).toEqual([0, 1, 2, 3, 4, 5])
    })
  })

  it('refuses NaN', () => {
    runClean(function* () {
      expect(yield* thrownBy(sleep(Number.NaN))).toBeInstanceOf(RangeError)
    })
  })
})

describe('idle', () => {
  it('S5: comes back after all that is ready, before a timer', () => {
    runClean(function* () {
      const log: string[] = []
      spawn(talker, log, 'a', 3)
      spawn(function* () {
        yield* idle()
        log.push('idle')
      })
      spawn(function* () {
        yield* sleep(0.1)
        log.push('timer')
      })
      yield* sleep(1)
      expect(log).toEqual(['a', 'a', 'a', 'idle', 'timer'])
    })
  })

  it('S5: of a lower priority waits longer', () => {
    runClean(function* () {
      const log: string[] = []
      for (const priority of [-1, 0, 1] as const) {
        spawn(function* () {
          yield* idle(priority)
          log.push(String(priority))
        })
      }
      yield* sleep(1)
      expect(log).toEqual(['1', '0', '-1'])
    })
  })

  it('S5: comes although check and prepare watchers are active', () => {
    runClean(function* () {
      const { loop } = getHub()
      const watchers = [loop.check(), loop.prepare()]
      for (const watcher of watchers) watcher.start(() => {})
      yield* idle()
      expect(time()).toBe(0)
      for (const watcher of watchers) watcher.stop()
    })
  })
})
