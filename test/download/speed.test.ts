import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Speed } from '../../src/download/speed.ts'

describe('a Speed', () => {
  it('tells a steady speed, once there is something to tell', () => {
    const speed = new Speed(30_000, 500)
    expect(speed.bytesPerSecond(600)).toBeUndefined()
    for (let ms = 10; ms <= 90_000; ms += 10) {
      speed.add(20, 500 + ms)
      if (ms >= 2000) expect(speed.bytesPerSecond(500 + ms)).toBeCloseTo(2000, -2)
    }
  })

  it('forgets what is older than it was asked for', () => {
    const speed = new Speed(30_000, 0)
    speed.add(1_000_000, 0)
    expect(speed.bytesPerSecond(10_000)).toBe(100_000)
    expect(speed.bytesPerSecond(10_000, 5000)).toBe(0)
    expect(speed.bytesPerSecond(29_000)).toBeGreaterThan(0)
    expect(speed.bytesPerSecond(32_000)).toBe(0)
    expect(speed.bytesPerSecond(1e9)).toBe(0)
  })

  it('is below a rate when all of a time has been, on the whole, slower', () => {
    const speed = new Speed(30_000, 0)
    expect(speed.isBelow(1000, 30_000, 29_999)).toBe(false)
    expect(speed.isBelow(1000, 30_000, 30_000)).toBe(true)
    speed.add(31_000, 30_000)
    expect(speed.isBelow(1000, 30_000, 30_001)).toBe(false)
    expect(speed.isBelow(2000, 30_000, 30_001)).toBe(true)
    expect(speed.isBelow(1000, 30_000, 62_000)).toBe(true)
  })

  it('begins afresh when told so', () => {
    const speed = new Speed(30_000, 0)
    speed.add(1_000_000, 20_000)
    speed.restart(40_000)
    expect(speed.isBelow(1, 30_000, 69_000)).toBe(false)
    expect(speed.bytesPerSecond(50_000)).toBe(0)
    expect(speed.isBelow(1, 30_000, 70_000)).toBe(true)
  })

  it('agrees with a list of all that came, to a slot at the window’s edge', () => {
    const arrivals = fc.array(fc.tuple(fc.nat(3000), fc.nat(100_000)), { maxLength: 60 })
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1000, max: 30_000 }), (steps, forMs) => {
        const speed = new Speed(30_000, 0)
        const log: [number, number][] = []
        let nowMs = 0
        for (const [afterMs, bytes] of steps) {
          nowMs += afterMs
          speed.add(bytes, nowMs)
          log.push([nowMs, bytes])
          if (nowMs < 1000) continue
          const since = (ms: number): number =>
            log.reduce((sum, [at, more]) => sum + (at >= nowMs - ms ? more : 0), 0)
          const spanMs = Math.min(nowMs, forMs)
          const got = speed.bytesPerSecond(nowMs, forMs)! / 1000
          expect(got * (spanMs + 2000)).toBeGreaterThanOrEqual(since(spanMs - 1000) - 0.01)
          expect(got * Math.max(1, spanMs - 1000)).toBeLessThanOrEqual(since(spanMs + 2000) + 0.01)
        }
      }),
    )
  })
})
