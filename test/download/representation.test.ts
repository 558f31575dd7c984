import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  differenceOf,
  guardFields,
  guardsOf,
  isResumable,
  type Representation,
  representationOf,
} from '../../src/download/representation.ts'

const MODIFIED = 'Wed, 21 Oct 2015 07:28:00 GMT'
const A_SECOND_LATER = 'Wed, 21 Oct 2015 07:28:01 GMT'

const of = (fields: Record<string, string>, length?: number): Representation =>
  representationOf(fields, length)

describe('a representation', () => {
  it('has a strong ETag, and no weak or malformed one', () => {
    expect(of({ etag: '"v1"' }).etag).toBe('"v1"')
    expect(of({ etag: '""' }).etag).toBe('""')
    for (const etag of ['W/"v1"', 'v1', '"v1', '"a"b"', '"a", "b"', '']) {
      expect(of({ etag }).etag, etag).toBeUndefined()
    }
  })

  it('is dated when it is a second older than the answer (RFC 9110, 8.8.2.2)', () => {
    expect(of({ 'last-modified': MODIFIED, date: MODIFIED }).isDated).toBe(false)
    expect(of({ 'last-modified': MODIFIED, date: A_SECOND_LATER }).isDated).toBe(true)
    expect(of({ 'last-modified': MODIFIED }).isDated).toBe(true)
    expect(of({ 'last-modified': 'yesterday', date: A_SECOND_LATER }).isDated).toBe(false)
    expect(of({ date: MODIFIED }).isDated).toBe(false)
  })

  it('can be completed later only by a strong validator', () => {
    expect(isResumable(of({ etag: '"v1"' }))).toBe(true)
    expect(isResumable(of({ 'last-modified': MODIFIED }))).toBe(true)
    expect(isResumable(of({ etag: 'W/"v1"' }, 100))).toBe(false)
    expect(isResumable(of({ 'last-modified': MODIFIED, date: MODIFIED }))).toBe(false)
  })

  it('is guarded by its ETag, then by its date, then by a look at the answer', () => {
    const both = of({ etag: '"v1"', 'last-modified': MODIFIED })
    expect(guardsOf(both)).toEqual(['etag', 'date', 'none'])
    expect(guardFields(both, 'etag')).toEqual([['If-Range', '"v1"']])
    expect(guardFields(both, 'date')).toEqual([['If-Range', MODIFIED]])
    expect(guardFields(both, 'none')).toEqual([])
    expect(guardsOf(of({ etag: 'W/"v1"' }))).toEqual(['none'])
  })
})

describe('two answers', () => {
  const v1 = of({ etag: '"v1"', 'last-modified': MODIFIED }, 10)

  it('differ by their lengths, ETags or dates', () => {
    expect(differenceOf(v1, of({ etag: '"v1"' }, 11), false)).toBe('its length is 11, not 10')
    expect(differenceOf(v1, of({ etag: '"v2"', 'last-modified': MODIFIED }, 10), false)).toBe(
      'its ETag is another',
    )
    expect(differenceOf(v1, of({ 'last-modified': A_SECOND_LATER }, 10), false)).toBe(
      'its Last-Modified is another',
    )
  })

  it('are the same by one strong validator, whatever else is missing', () => {
    for (const other of [of({ etag: '"v1"' }, 10), of({ 'last-modified': MODIFIED }), v1]) {
      expect(differenceOf(v1, other, true)).toBeUndefined()
    }
    // Two dates, and the same ETag: the ETag knows better.
    expect(
      differenceOf(v1, of({ etag: '"v1"', 'last-modified': A_SECOND_LATER }), true),
    ).toBeUndefined()
  })

  it('without a validator in common may be the same, but nothing shows it', () => {
    for (const other of [of({}, 10), of({ etag: 'W/"v1"' }, 10)]) {
      expect(differenceOf(v1, other, false)).toBeUndefined()
      expect(differenceOf(v1, other, true)).toBe('nothing shows that it is the same version')
    }
    const weak = of({ 'last-modified': MODIFIED, date: MODIFIED }, 10)
    expect(differenceOf(weak, weak, true)).toBe('nothing shows that it is the same version')
  })

  it('are judged without a crash, whatever their fields are', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"v1"', MODIFIED))
    const fields = fc.dictionary(fc.constantFrom('etag', 'last-modified', 'date'), value)
    const length = fc.option(fc.nat(3), { nil: undefined })
    fc.assert(
      fc.property(fields, length, fields, length, (a, aLength, b, bLength) => {
        const [known, other] = [of(a, aLength), of(b, bLength)]
        expect(differenceOf(known, known, false)).toBeUndefined()
        const isProved = differenceOf(known, other, true) === undefined
        if (isProved) expect(isResumable(known)).toBe(true)
        for (const guard of guardsOf(known)) guardFields(known, guard)
      }),
      { numRuns: 10_000 },
    )
  })
})
