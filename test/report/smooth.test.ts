import { describe, expect, it } from 'vitest'
import { Countdown, Rate } from '../../src/report/smooth.ts'

describe('Rate', () => {
  it('tells a steady speed from its second look on, however often it looks', () => {
    for (const stepMs of [10, 100, 1000]) {
      const rate = new Rate(3000)
      rate.update(500, 0)
      expect(rate.bytesPerSecond).toBeUndefined()
      for (let ms = stepMs; ms <= 5000; ms += stepMs) {
        rate.update(500 + ms * 2, ms)
        expect(rate.bytesPerSecond).toBeCloseTo(2000, 6)
      }
    }
  })

  it('falls towards zero when nothing comes', () => {
    const rate = new Rate(1000)
    rate.update(0, 0)
    rate.update(1000, 1000)
    for (let ms = 1100; ms <= 6000; ms += 100) rate.update(1000, ms)
    expect(rate.bytesPerSecond).toBeLessThan(10)
  })

  it('starts afresh when the counter goes back', () => {
    const rate = new Rate(1000)
    rate.update(0, 0)
    rate.update(9000, 1000)
    rate.update(10, 1100)
    expect(rate.bytesPerSecond).toBeUndefined()
    rate.update(110, 1200)
    expect(rate.bytesPerSecond).toBeCloseTo(1000, 6)
  })

  it('takes two looks at the same moment for one', () => {
    const rate = new Rate(1000)
    rate.update(0, 0)
    rate.update(100, 0)
    rate.update(100, 100)
    expect(rate.bytesPerSecond).toBeCloseTo(1000, 6)
  })
})

describe('Countdown', () => {
  it('counts down with the clock while the estimate holds', () => {
    const countdown = new Countdown(3000)
    for (let ms = 0; ms <= 9000; ms += 100) {
      expect(countdown.update(10_000 - ms, ms)).toBeCloseTo(10_000 - ms, 6)
    }
  })

  it('drifts towards a new estimate, and gets there', () => {
    const countdown = new Countdown(3000)
    countdown.update(10_000, 0)
    const next = countdown.update(60_000, 100)!
    expect(next).toBeGreaterThan(9900)
    expect(next).toBeLessThan(13_000)
    let last = next
    for (let ms = 200; ms <= 20_000; ms += 100) last = countdown.update(60_000, ms)!
    expect(last).toBeGreaterThan(59_000 - 3000)
  })

  it('is soon near the truth after a first estimate of hours', () => {
    const countdown = new Countdown(3000)
    countdown.update(2 * 3600_000, 0)
    let last = 0
    for (let ms = 100; ms <= 10_000; ms += 100) last = countdown.update(30_000 - ms, ms)!
    expect(last).toBeLessThan(30_000)
    expect(last).toBeGreaterThan(19_000)
  })

  it('never goes below zero, and forgets when nothing is known', () => {
    const countdown = new Countdown(3000)
    countdown.update(100, 0)
    expect(countdown.update(0, 5000)).toBe(0)
    expect(countdown.update(undefined, 5100)).toBeUndefined()
    expect(countdown.update(70_000, 5200)).toBe(70_000)
  })
})
