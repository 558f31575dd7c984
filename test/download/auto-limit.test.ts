import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AutoLimit } from '../../src/download/auto-limit.ts'
import { type Setting, simulate } from '../support/network.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** Around 1, by a quarter, without a pattern, and the same each time. */
function uneven(at: number): number {
  return 0.75 + ((Math.imul(at + 1, 0x9e3779b1) >>> 0) / 2 ** 32) * 0.5
}

function files(count: number, bytes: number): number[] {
  return Array.from({ length: count }, (_, at) => Math.round(bytes * uneven(at * 7)))
}

const SMALL = { lineBytesPerMs: 50_000, connectionBytesPerMs: 2000 }
const BIG = { latencyMs: (at: number) => 50 * uneven(at) }

const SETTINGS: Readonly<Record<string, Setting>> = {
  'small files from far away': {
    ...SMALL,
    files: files(5000, 20 * KIB),
    latencyMs: (at) => 200 * uneven(at),
  },
  'a line that loses one try in a hundred, whatever the number': {
    ...SMALL,
    files: files(5000, 20 * KIB),
    latencyMs: (at) => 200 * uneven(at),
    resetEach: 100,
  },
  'large files through a narrow line': {
    ...BIG,
    files: files(50, 8 * MIB),
    lineBytesPerMs: 8000,
    connectionBytesPerMs: 640,
  },
  'large files through a wide line, a window at a time': {
    ...BIG,
    files: files(200, 8 * MIB),
    lineBytesPerMs: 40_000,
    connectionBytesPerMs: 1000,
  },
  'a server that gets slower with more than 24': {
    ...SMALL,
    files: files(5000, 20 * KIB),
    latencyMs: (at) => 100 * uneven(at),
    slowDown: (connections) => Math.max(1, (connections / 24) ** 2),
  },
  'a server that gets slower with more than 5': {
    ...SMALL,
    files: files(2000, 20 * KIB),
    latencyMs: (at) => 100 * uneven(at),
    slowDown: (connections) => Math.max(1, (connections / 5) ** 2),
  },
  'a server that answers 503 to more than 20': {
    ...SMALL,
    files: files(10_000, 20 * KIB),
    latencyMs: (at) => 100 * uneven(at),
    mostConnections: 20,
  },
}

describe('auto', () => {
  it.each(Object.entries(SETTINGS))(
    'comes within 10% of the best fixed number: %s',
    (_, setting) => {
      const auto = simulate(setting, { jobs: 'auto', perHost: 'auto' })
      const fixed = [2, 5, 12, 16, 20, 24, 32, 48, 64].map(
        (perHost) => simulate(setting, { jobs: 64, perHost }).ms,
      )
      expect(auto.ms).toBeLessThan(Math.min(...fixed) * 1.1)
      expect(auto.most).toBeLessThanOrEqual(64)
    },
  )

  it('loses next to nothing on loopback, where it has a second for 10,000 files', () => {
    const loopback: Setting = {
      files: files(10_000, 10 * KIB),
      latencyMs: (at) => 2 * uneven(at),
      lineBytesPerMs: 100_000,
      connectionBytesPerMs: 100_000,
    }
    const auto = simulate(loopback, { jobs: 'auto', perHost: 'auto' })
    expect(auto.ms).toBeLessThan(simulate(loopback, { jobs: 32, perHost: 16 }).ms * 1.05)
  })
})

/** So many answers of 10 KiB, `ms` apart, in full use. Gives the time at the end. */
function serve(
  limit: AutoLimit,
  fromMs: number,
  count: number,
  ms: number,
  latencyMs = 50,
): number {
  for (let at = 1; at <= count; at++) {
    limit.answered(latencyMs)
    limit.received(10 * KIB)
    limit.look(fromMs + at * ms, true)
  }
  return fromMs + count * ms
}

describe('an AutoLimit', () => {
  it('doubles while it gets faster, and stops when it does not', () => {
    const limit = new AutoLimit({ first: 8, most: 64 })
    let nowMs = serve(limit, 0, 8, 6)
    expect(limit.limit).toBe(16)
    nowMs = serve(limit, nowMs, 16, 3)
    expect(limit.limit).toBe(32)
    serve(limit, nowMs, 64, 3)
    expect(limit.limit).toBe(16)
  })

  it('does not grow where it is not what holds things up', () => {
    const limit = new AutoLimit({ first: 8, most: 64 })
    for (let at = 1; at <= 1000; at++) {
      limit.answered(10)
      limit.look(at * 5, false)
    }
    expect(limit.limit).toBe(8)
  })

  it('is halved once by all the trouble of a round, and comes back to one short of it', () => {
    const limit = new AutoLimit({ first: 32, most: 64 })
    limit.trouble(0, 32, true, 100)
    limit.trouble(0, 31, true, 100)
    expect([limit.limit, limit.cuts]).toEqual([16, 1])
    const nowMs = serve(limit, 100, 16 + 48, 3)
    expect(limit.limit).toBe(23)
    serve(limit, nowMs, 46 + 54, 3)
    expect(limit.limit).toBeLessThanOrEqual(30)
    limit.trouble(1, 20, true, 2000)
    expect(limit.limit).toBe(10)
  })

  it('is halved by latency that rises without a gain, but not by a server that is slower', () => {
    for (const isQueue of [true, false]) {
      const limit = new AutoLimit({ first: 16, most: 16 * 4 })
      let nowMs = serve(limit, 0, 16, 3)
      nowMs = serve(limit, nowMs, 32, 3, 200)
      expect(limit.limit).toBe(16)
      serve(limit, nowMs, 16 + 32, isQueue ? 3 : 6, 200)
      expect(limit.limit).toBe(isQueue ? 16 : 32)
    }
  })

  it('never leaves its bounds, whatever it is told', () => {
    const bounds = fc.tuple(fc.nat(10), fc.nat(60), fc.nat(10)).map(([under, over, at]) => ({
      least: 1 + under,
      first: 1 + under + Math.min(at, over),
      most: 1 + under + over,
    }))
    const step = fc.record({
      kind: fc.constantFrom('answer', 'bytes', 'trouble'),
      amount: fc.nat(10_000),
      isWanted: fc.boolean(),
      afterMs: fc.nat(2000),
      times: fc.integer({ min: 1, max: 100 }),
    })
    fc.assert(
      fc.property(bounds, fc.array(step, { maxLength: 60 }), (given, steps) => {
        const limit = new AutoLimit(given)
        let nowMs = 0
        for (const { kind, amount, isWanted, afterMs, times } of steps) {
          for (let time = 0; time < times; time++) {
            nowMs += afterMs / times
            if (kind === 'trouble') limit.trouble(limit.cuts, amount % 70, isWanted, nowMs)
            else if (kind === 'answer') limit.answered(amount)
            else limit.received(amount)
            limit.look(nowMs, isWanted)
            expect(Number.isInteger(limit.limit)).toBe(true)
            expect(limit.limit).toBeGreaterThanOrEqual(given.least)
            expect(limit.limit).toBeLessThanOrEqual(given.most)
          }
        }
      }),
    )
  })
})
