import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  backoffMs,
  MAX_RETRY_AFTER_MS,
  parseHttpDate,
  parseRetryAfter,
} from '../../src/download/backoff.ts'

const NOW = Date.UTC(2026, 6, 1, 12, 0, 0)

describe('the back-off', () => {
  it('doubles its ceiling with each attempt, up to the most', () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) =>
      backoffMs(attempt, { baseMs: 1000, maxMs: 60_000 }, () => 1),
    )
    expect(ceilings).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  })

  it('is anywhere between nothing and the ceiling', () => {
    const bounds = { baseMs: 1000, maxMs: 60_000 }
    expect(backoffMs(3, bounds, () => 0)).toBe(0)
    expect(backoffMs(3, bounds, () => 0.5)).toBe(2000)
    const waits = Array.from({ length: 1000 }, () => backoffMs(1, bounds))
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length
    expect(mean).toBeGreaterThan(400)
    expect(mean).toBeLessThan(600)
  })

  it('is a number within its bounds for any attempt', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }),
        fc.nat(1e9),
        fc.nat(1e9),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, baseMs, maxMs, random) => {
          const waitMs = backoffMs(attempt, { baseMs, maxMs }, () => random)
          expect(waitMs).toBeGreaterThanOrEqual(0)
          expect(waitMs).toBeLessThanOrEqual(maxMs)
          if (attempt <= 1) expect(waitMs).toBeLessThanOrEqual(baseMs)
        },
      ),
    )
  })
})

describe('Retry-After', () => {
  it('is a number of seconds', () => {
    expect(parseRetryAfter('120', NOW)).toBe(120_000)
    expect(parseRetryAfter(' 007 ', NOW)).toBe(7000)
  })

  it('is a date, in each of the three forms', () => {
    for (const date of [
      'Wed, 01 Jul 2026 12:01:00 GMT',
      'Wednesday, 01-Jul-26 12:01:00 GMT',
      'Wed Jul  1 12:01:00 2026',
    ]) {
      expect([date, parseRetryAfter(date, NOW)]).toEqual([date, 60_000])
    }
  })

  it.each([
    undefined,
    '',
    '0',
    '-5',
    '1.5',
    '120 s',
    '0x10',
    '1e3',
    '10, 20',
    'soon',
    '2026-07-01T12:01:00Z',
    'Wed, 01 Jul 2026 12:01:00',
    'Wed, 01 Jul 2026 12:01:00 +0100',
    'Wed, 1 Jul 2026 12:01:00 GMT',
    'Wed, 31 Jun 2026 12:01:00 GMT',
    'Wed, 01 Jul 2026 24:01:00 GMT',
    'Wed, 01 Jul 2026 11:59:59 GMT',
    'Wed, 01 Jul 2026 12:00:00 GMT',
  ])('is no answer when it is %j', (value) => {
    expect(parseRetryAfter(value, NOW)).toBeUndefined()
  })

  it('is capped where it is absurd', () => {
    expect(parseRetryAfter('9'.repeat(400), NOW)).toBe(MAX_RETRY_AFTER_MS)
    expect(parseRetryAfter('Fri, 31 Dec 9999 23:59:59 GMT', NOW)).toBe(MAX_RETRY_AFTER_MS)
  })

  it('is a positive number of milliseconds that a timer can take, or no answer', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.nat().map(String)), (value) => {
        const waitMs = parseRetryAfter(value, NOW)
        if (waitMs === undefined) return
        expect(waitMs).toBeGreaterThan(0)
        expect(waitMs).toBeLessThanOrEqual(MAX_RETRY_AFTER_MS)
      }),
    )
  })
})

describe('an HTTP-date', () => {
  it('comes back from every moment that Date writes', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          const seconds = Math.floor(date.getTime() / 1000)
          expect(parseHttpDate(date.toUTCString(), NOW)).toBe(seconds * 1000)
        },
      ),
    )
  })

  it('of two digits is at most 50 years ahead', () => {
    const yearOf = (text: string): number => new Date(parseHttpDate(text, NOW)!).getUTCFullYear()
    expect(yearOf('Sunday, 06-Nov-76 08:49:37 GMT')).toBe(2076)
    expect(yearOf('Sunday, 06-Nov-77 08:49:37 GMT')).toBe(1977)
    expect(yearOf('Sunday, 06-Nov-94 08:49:37 GMT')).toBe(1994)
  })

  it('may be a leap second or a leap day', () => {
    expect(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT', NOW)).toBe(Date.UTC(2017, 0, 1))
    expect(parseHttpDate('Thu, 29 Feb 2024 00:00:00 GMT', NOW)).toBe(Date.UTC(2024, 1, 29))
    expect(parseHttpDate('Wed, 29 Feb 2023 00:00:00 GMT', NOW)).toBeUndefined()
  })
})
