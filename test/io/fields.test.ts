import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentLength, fieldValue } from '../../src/io/index.ts'

describe('the value of a field', () => {
  it('is the first where there are several, and undefined where there is none', () => {
    expect(fieldValue({ etag: '"1"' }, 'etag')).toBe('"1"')
    expect(fieldValue({ etag: ['"1"', '"2"'] }, 'etag')).toBe('"1"')
    expect(fieldValue({}, 'etag')).toBeUndefined()
  })
})

describe('a Content-Length', () => {
  const of = (value: string | string[] | undefined): number | undefined =>
    contentLength({ 'content-length': value })

  it('is a number of bytes, or undefined where there is none', () => {
    expect(contentLength({})).toBeUndefined()
    expect(of(undefined)).toBeUndefined()
    expect(of('0')).toBe(0)
    expect(of('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
    expect(of('0042')).toBe(42)
  })

  it('may come several times, if it is always the same', () => {
    expect(of('42, 42')).toBe(42)
    expect(of(['42', '42'])).toBe(42)
    expect(of(['42', '42, 42'])).toBe(42)
    expect(of('42, 43')).toBeNaN()
    expect(of(['42', '43'])).toBeNaN()
    expect(of('42, 042')).toBeNaN()
  })

  it.each(['', ' ', '-1', '+1', '1e3', '0x10', '12abc', '1.5', '1 2', ',', '42,', '٤٢', '1_000'])(
    'of %j is unusable',
    (value) => {
      expect(of(value)).toBeNaN()
    },
  )

  it('beyond what can be counted is unusable', () => {
    expect(of('9007199254740992')).toBeNaN()
    expect(of('99999999999999999999')).toBeNaN()
  })

  it('is undefined, NaN or a whole number, whatever comes', () => {
    const anything = fc.oneof(fc.string(), fc.array(fc.string()), fc.nat().map(String))
    fc.assert(
      fc.property(anything, (value) => {
        const length = of(value)
        expect(Number.isNaN(length) || Number.isSafeInteger(length)).toBe(true)
      }),
    )
    fc.assert(
      fc.property(fc.maxSafeNat(), (length) => {
        expect(of(String(length))).toBe(length)
      }),
    )
  })
})
