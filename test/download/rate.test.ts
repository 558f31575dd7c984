import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RateLimit } from '../../src/download/rate.ts'
import {
  type Greenlet,
  joinall,
  killall,
  type Operation,
  sleep,
  spawn,
} from '../../src/scheduler/index.ts'
import { runClean, time } from '../scheduler/helpers.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** Takes batches of `bytes` for ever, and counts them. */
function* taker(limit: RateLimit, bytes: number, count: (bytes: number) => void): Operation<void> {
  for (;;) {
    yield* limit.take(bytes)
    count(bytes)
  }
}

/** How many bytes `takers` get in five seconds. */
function inFiveSeconds(rate: number, takers: number): number {
  return runClean(function* () {
    const limit = new RateLimit(rate)
    let bytes = 0
    const batch = Math.min(limit.batchBytes, Math.floor(rate / 100))
    const all = Array.from({ length: takers }, () =>
      spawn(taker, limit, batch, (more) => (bytes += more)),
    )
    yield* sleep(5000)
    yield* killall(all)
    return bytes
  })
}

describe('a RateLimit', () => {
  it.each([KIB, 10 * KIB, 333_333, MIB, 100 * MIB, 1024 * MIB])(
    'at %i bytes a second is exact to a twentieth over 5 s',
    (rate) => {
      for (const takers of [1, 100]) {
        const share = inFiveSeconds(rate, takers) / (5 * rate)
        expect(share).toBeGreaterThan(0.95)
        expect(share).toBeLessThan(1.05)
      }
    },
  )

  it('has a batch that is larger than the bucket pay all of its debt', () => {
    runClean(function* () {
      const limit = new RateLimit(MIB)
      yield* limit.take(2 * MIB)
      expect(time()).toBeCloseTo(2000, 0)
      yield* limit.take(MIB)
      expect(time()).toBeCloseTo(3000, 0)
    })
  })

  it('saves no more than a bucket while nobody takes', () => {
    runClean(function* () {
      const limit = new RateLimit(1000)
      yield* sleep(60_000)
      yield* limit.take(100)
      expect(time()).toBe(60_000)
      yield* limit.take(500)
      expect(time()).toBeCloseTo(60_500, 0)
    })
  })

  it('gives all the same, first come first served', () => {
    runClean(function* () {
      const limit = new RateLimit(100_000)
      const got = Array.from({ length: 10 }, () => 0)
      const all = got.map((_, at) => spawn(taker, limit, 1000, () => got[at]!++))
      yield* sleep(5000)
      yield* killall(all)
      expect(Math.max(...got) - Math.min(...got)).toBeLessThanOrEqual(1)
    })
  })

  it('changes while some wait, and can be lifted', () => {
    runClean(function* () {
      const limit = new RateLimit(1000)
      const log: number[] = []
      const all = [4000, 1000, 1000].map((bytes) =>
        spawn(function* () {
          yield* limit.take(bytes)
          log.push(Math.round(time()))
        }),
      )
      yield* sleep(1000)
      limit.rate = 3000
      yield* sleep(1100)
      expect(log).toEqual([2000])
      limit.rate = undefined
      yield* joinall(all)
      expect(log).toEqual([2000, 2100, 2100])
      yield* limit.take(1e12)
      expect([time(), limit.rate]).toEqual([2100, undefined])
    })
  })

  it('loses nothing to a kill: what was saved up goes to the next', () => {
    runClean(function* () {
      const limit = new RateLimit(1000)
      const first = spawn(() => limit.take(3000))
      const second = spawn(function* () {
        yield* limit.take(2000)
        return Math.round(time())
      })
      yield* sleep(1500)
      yield* first.kill()
      expect(yield* second.get()).toBe(2000)
    })
  })

  it('gives back what was paid for one that is killed in that moment', () => {
    runClean(function* () {
      const limit = new RateLimit(1000)
      const killed = spawn(() => limit.take(1000))
      const next = spawn(function* () {
        yield* limit.take(1000)
        return time()
      })
      yield* sleep(10)
      killed.killSoon()
      limit.rate = 1e6
      yield* joinall([killed])
      yield* sleep(1)
      expect(yield* next.get()).toBeCloseTo(11, 0)
    })
  })

  it('asks for smaller batches where the limit is small', () => {
    runClean(function* () {
      expect(new RateLimit().batchBytes).toBe(2 * MIB)
      expect(new RateLimit(1024 * MIB).batchBytes).toBe(2 * MIB)
      expect(new RateLimit(MIB).batchBytes).toBe(Math.floor(MIB / 20))
      expect(new RateLimit(10).batchBytes).toBe(64)
      yield* sleep(0)
    })
  })

  it('refuses what is no rate', () => {
    for (const rate of [0, -1, Number.NaN, Infinity]) {
      expect(() => new RateLimit(rate)).toThrow(RangeError)
    }
  })

  it('never lets more pass than the rate and a bucket, and in the end lets all pass', () => {
    const guest = fc.record({
      comesAt: fc.nat(2000),
      bytes: fc.integer({ min: 1, max: 5000 }),
      killedAt: fc.option(fc.nat(4000), { nil: undefined }),
    })
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 50_000 }), fc.array(guest), (rate, guests) => {
        runClean(function* () {
          const limit = new RateLimit(rate)
          let passed = 0
          const all: Greenlet<void>[] = guests.map(({ comesAt, bytes, killedAt }) => {
            const greenlet = spawn(function* () {
              yield* sleep(comesAt)
              yield* limit.take(bytes)
              passed += bytes
              expect(passed).toBeLessThanOrEqual((rate / 1000) * (time() + 100) + 2)
            })
            if (killedAt !== undefined) {
              spawn(function* () {
                yield* sleep(killedAt)
                yield* greenlet.kill()
              })
            }
            return greenlet
          })
          yield* joinall(all, { raiseError: true })
          yield* sleep(5000)
          // Nobody was charged for those that were killed.
          const beforeMs = time()
          yield* limit.take(rate / 10)
          expect(time() - beforeMs).toBeLessThan(1)
        })
      }),
    )
  })
})
