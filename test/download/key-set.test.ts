import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeySet } from '../../src/download/key-set.ts'

describe('a set of keys', () => {
  it('answers as a Set does, whatever the strings', () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ maxLength: 2 }),
      fc
        .array(fc.constantFrom('\0', 'a', '\ud800', 'http://a.example/'))
        .map((all) => all.join('')),
    )
    fc.assert(
      fc.property(fc.array(key), fc.array(key), (added, asked) => {
        const keys = new KeySet()
        const model = new Set<string>()
        for (const one of added) {
          expect(keys.add(one)).toBe(!model.has(one))
          model.add(one)
        }
        expect(keys.size).toBe(model.size)
        for (const one of [...added, ...asked]) expect(keys.has(one)).toBe(model.has(one))
      }),
      { numRuns: 500 },
    )
  })

  it('loses nothing and makes nothing up while it grows, with keys that are nearly alike', () => {
    const keys = new KeySet()
    const url = (index: number): string => `https://a.example/entry-${index}.txt`
    const urls = Array.from({ length: 40_000 }, (_, index) => url(index))
    const added = urls.slice(0, 20_000)
    expect(added.filter((one) => !keys.add(one))).toEqual([])
    expect(urls.filter((one) => keys.has(one))).toEqual(added)
    expect(added.filter((one) => keys.add(one))).toEqual([])
    expect(keys.size).toBe(20_000)
  })
})
