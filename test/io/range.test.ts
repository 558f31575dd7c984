import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentRange, rangeField, unsatisfiedLength } from '../../src/io/range.ts'

const given = (value: string): ReturnType<typeof contentRange> =>
  contentRange({ 'content-range': value })

describe('Range', () => {
  it('is written with HTTP’s inclusive end', () => {
    expect(rangeField(0, 1)).toEqual(['Range', 'bytes=0-0'])
    expect(rangeField(500, 1000)).toEqual(['Range', 'bytes=500-999'])
    expect(rangeField(500)).toEqual(['Range', 'bytes=500-'])
  })
})

describe('Content-Range', () => {
  it('is read as a half-open range', () => {
    expect(given('bytes 0-0/1')).toEqual({ start: 0, end: 1, length: 1 })
    expect(given('bytes 42-1233/1234')).toEqual({ start: 42, end: 1234, length: 1234 })
    expect(given('bytes 42-1233/*')).toEqual({ start: 42, end: 1234, length: undefined })
    expect(given('BYTES 0-1/2 ')).toEqual({ start: 0, end: 2, length: 2 })
  })

  it.each([
    '',
    'bytes',
    'bytes */5',
    'bytes 5-4/10',
    'bytes 0-10/10',
    'bytes -1-4/10',
    'bytes 0-4',
    'bytes=0-4/10',
    'bytes 0-4/1e3',
    'bytes 0x0-4/10',
    'items 0-4/10',
    'bytes 0-4/10, bytes 5-9/10',
    'bytes 0 - 4/10',
    'bytes 0-99999999999999999999/*',
  ])('is nothing when it makes no sense: %j', (value) => {
    expect(given(value)).toBeUndefined()
  })

  it('is nothing when it is not there', () => {
    expect(contentRange({})).toBeUndefined()
    expect(unsatisfiedLength({})).toBeUndefined()
  })

  it('of a 416 tells the length', () => {
    expect(unsatisfiedLength({ 'content-range': 'bytes */0' })).toBe(0)
    expect(unsatisfiedLength({ 'content-range': 'bytes */1234' })).toBe(1234)
    expect(unsatisfiedLength({ 'content-range': 'bytes 0-1/1234' })).toBeUndefined()
  })

  it('is read back as it was written, for any range', () => {
    const borders = fc.uniqueArray(fc.nat(2 ** 49), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(borders, (three) => {
        const [start, end, length] = three.sort((a, b) => a - b) as [number, number, number]
        const [, asked] = rangeField(start, end)
        expect(given(`${asked.replace('=', ' ')}/${length}`)).toEqual({ start, end, length })
      }),
    )
  })

  it('crashes nothing, whatever stands in it', () => {
    const field = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^bytes [0-9*/ -]{0,40}$/),
      fc.array(fc.string(), { maxLength: 3 }),
    )
    fc.assert(
      fc.property(field, (value) => {
        const range = contentRange({ 'content-range': value })
        unsatisfiedLength({ 'content-range': value })
        if (range === undefined) return
        expect(Number.isSafeInteger(range.start) && Number.isSafeInteger(range.end)).toBe(true)
        expect(range.start).toBeLessThan(range.end)
      }),
      { numRuns: 10_000 },
    )
  })
})
