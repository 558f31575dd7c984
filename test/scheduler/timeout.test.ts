import { describe, expect, it } from 'vitest'
import {
  Event,
  getHub,
  type Operation,
  Semaphore,
  sleep,
  spawn,
  Timeout,
  withTimeout,
} from '../../src/scheduler/index.ts'
import { runSimulated } from '../../src/scheduler/testing.ts'
import { atOnce, errorOf, runClean, thrownBy, time } from './helpers.ts'

describe('a Timeout', () => {
  it('S43: is itself what is thrown', () => {
    runClean(function* () {
      const timeout = Timeout.start(10)
      expect([timeout.ms, timeout.pending]).toEqual([10, true])
      expect(yield* thrownBy(sleep(50))).toBe(timeout)
      expect([time(), timeout.pending, timeout.name, timeout.message]).toEqual([
        10,
        false,
        'Timeout',
        'timed out after 10 ms',
      ])
    })
  })

  it('S43: throws an error, one of a class, or has a message, instead', () => {
    runClean(function* () {
      class Mine extends Error {}
      const instead = new Error('mine')
      Timeout.start(1, instead)
      expect(yield* thrownBy(sleep(5))).toBe(instead)
      Timeout.start(1, Mine)
      expect(yield* thrownBy(sleep(5))).toBeInstanceOf(Mine)
      const timeout = Timeout.start(1, 'too slow')
      expect(yield* thrownBy(sleep(5))).toBe(timeout)
      expect(timeout.message).toBe('too slow')
    })
  })

  it('S44: of undefined never fires, and costs no timer', () => {
    runClean(function* () {
      const timeout = Timeout.start()
      expect([timeout.pending, getHub().loop.timers.size]).toEqual([false, 0])
      yield* sleep(1000)
    })
  })

  it('S44: of 0, or less, fires at the next timer step; a sleep(0) in between completes', () => {
    for (const ms of [0, -5]) {
      runClean(function* () {
        const timeout = Timeout.start(ms)
        yield* sleep(0)
        expect(yield* thrownBy(sleep(10))).toBe(timeout)
        expect(time()).toBe(0)
      })
    }
  })

  it('S44: does not interrupt what does not park, nor a wait that is ready', () => {
    runClean(function* () {
      const timeout = Timeout.start(0)
      const semaphore = new Semaphore(1)
      const event = new Event()
      event.set()
      expect([yield* semaphore.acquire(), yield* event.wait()]).toEqual([true, true])
      timeout.cancel()
      yield* sleep(5)
    })
  })

  it('S45: nested, the earlier deadline fires, be it the inner or the outer', () => {
    runClean(function* () {
      for (const [outerMs, innerMs] of [
        [10, 20],
        [20, 10],
      ] as const) {
        const start = time()
        const outer = Timeout.start(outerMs)
        const inner = Timeout.start(innerMs)
        const error = yield* thrownBy(sleep(50))
        expect([error === outer, time() - start]).toEqual([outerMs === 10, 10])
        outer.close()
        inner.close()
      }
    })
  })

  it('S45: with equal deadlines the one that was started first fires', () => {
    runClean(function* () {
      const outer = Timeout.start(10)
      const inner = Timeout.start(10)
      expect(yield* thrownBy(sleep(50))).toBe(outer)
      inner.close()
      yield* sleep(50)
    })
  })

  it('S45: with equal deadlines the second fires too, where the first was swallowed', () => {
    runClean(function* () {
      const outer = Timeout.start(10)
      const inner = Timeout.start(10)
      expect(yield* thrownBy(sleep(50))).toBe(outer)
      expect(yield* thrownBy(sleep(50))).toBe(inner)
      expect(time()).toBe(10)
    })
  })

  it('S45: does not fire twice', () => {
    runClean(function* () {
      const timeout = Timeout.start(10)
      expect(yield* thrownBy(sleep(50))).toBe(timeout)
      yield* sleep(100)
      expect(timeout.pending).toBe(false)
    })
  })

  it('S45: can be started once while pending, again after cancel, never after close', () => {
    runClean(function* () {
      const timeout = Timeout.start(10)
      expect(() => timeout.start()).toThrow('started already')
      timeout.cancel()
      expect(timeout.pending).toBe(false)
      yield* sleep(20)
      timeout.start()
      expect(yield* thrownBy(sleep(50))).toBe(timeout)
      expect(time()).toBe(30)
      timeout.start()
      timeout.close()
      expect(() => timeout.start()).toThrow('was closed')
      yield* sleep(50)
    })
  })

  it('S46: loses against data and plain timers of its turn', () => {
    runClean(function* () {
      const first = Timeout.start(10)
      yield* sleep(10)
      expect(first.pending).toBe(true)
      first.close()
      const second = Timeout.start(10)
      const io = getHub().loop.io()
      getHub()
        .loop.timer(10)
        .start(() => io.feed('data'))
      expect(yield* getHub().wait(io)).toBe('data')
      second.close()
    })
  })

  it('S46: wins over an Event that is set in its turn', () => {
    runClean(function* () {
      const event = new Event()
      const timeout = Timeout.start(10)
      getHub()
        .loop.timer(10)
        .start(() => event.set())
      expect(yield* thrownBy(event.wait())).toBe(timeout)
    })
  })

  it('S8: counts from when it is started, not from the beginning of the turn', () => {
    runClean(function* () {
      yield* sleep(10)
      const timeout = Timeout.start(5)
      expect(yield* thrownBy(sleep(50))).toBe(timeout)
      expect(time()).toBe(15)
    })
  })

  it('goes unnoticed by a greenlet that has ended without cancelling it', () => {
    runClean(function* () {
      const careless = spawn(function* () {
        Timeout.start(10)
        yield* sleep(1)
        return 'done'
      })
      yield* sleep(50)
      expect(careless.value).toBe('done')
    })
  })

  it('is for a greenlet: elsewhere it is an Error', () => {
    expect(() => Timeout.start(1)).toThrow('only a greenlet')
    expect(() => new Timeout(Number.NaN)).toThrow(RangeError)
  })

  it('that leaves main is what runSimulated throws', () => {
    const error = errorOf(() =>
      runSimulated(function* () {
        Timeout.start(10)
        yield* sleep(50)
      }),
    )
    expect(error).toBeInstanceOf(Timeout)
  })
})

describe('withTimeout', () => {
  it('gives what the body gives, and leaves no timer', () => {
    runClean(function* () {
      const body = function* (): Operation<string> {
        yield* sleep(5)
        return 'in time'
      }
      expect(yield* withTimeout(10, body)).toBe('in time')
      expect(getHub().loop.timers.size).toBe(0)
      expect(yield* withTimeout(undefined, body)).toBe('in time')
    })
  })

  it('throws its Timeout into the body, whose cleanup may park', () => {
    runClean(function* () {
      const log: string[] = []
      const error = yield* thrownBy(
        withTimeout(10, function* () {
          try {
            yield* sleep(50)
          } finally {
            yield* sleep(5)
            log.push(`cleaned@${time()}`)
          }
        }),
      )
      expect(error).toBeInstanceOf(Timeout)
      expect(log).toEqual(['cleaned@15'])
    })
  })

  it('S47: gives its value for its own Timeout only', () => {
    runClean(function* () {
      expect(yield* withTimeout(5, () => sleep(50), { value: 'late' })).toBe('late')
      expect(yield* withTimeout(5, () => sleep(50), { value: undefined })).toBe(undefined)
      const foreign = Timeout.start(5)
      const error = yield* thrownBy(withTimeout(50, () => sleep(100), { value: 'late' }))
      expect(error).toBe(foreign)
      const own = new Error('mine')
      const failing = (): Operation<void> =>
        atOnce(() => {
          throw own
        })
      expect(yield* thrownBy(withTimeout(5, failing, { value: 'late' }))).toBe(own)
    })
  })

  it('S47: nested with equal deadlines gives the value of the outer, which was started first', () => {
    runClean(function* () {
      const inner = (): Operation<unknown> => withTimeout(10, () => sleep(50), { value: 'inner' })
      expect(yield* withTimeout(10, inner, { value: 'outer' })).toBe('outer')
    })
  })

  it('gives what the body made of the Timeout, when it caught it', () => {
    runClean(function* () {
      const result = yield* withTimeout(10, function* () {
        try {
          yield* sleep(50)
        } catch {
          return 'caught'
        }
        return 'slept'
      })
      expect(result).toBe('caught')
    })
  })
})
