import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ring } from '../../src/scheduler/ring.ts'

describe('the ring', () => {
  it('gives undefined when it is empty', () => {
    const ring = new Ring<string>()
    expect([ring.size, ring.shift(), ring.taken]).toEqual([0, undefined, 0])
  })

  it('is first in, first out', () => {
    const ring = new Ring<string>()
    for (const word of ['a', 'b', 'c']) ring.push(word)
    expect([ring.shift(), ring.shift(), ring.shift(), ring.shift()]).toEqual([
      'a',
      'b',
      'c',
      undefined,
    ])
  })

  it('gives each value a ticket, which is `taken` when its turn comes', () => {
    const ring = new Ring<string>()
    expect([ring.push('a'), ring.push('b')]).toEqual([1, 2])
    ring.shift()
    expect(ring.taken).toBe(1)
    ring.shift()
    expect(ring.taken).toBe(2)
    expect(ring.push('c')).toBe(3)
  })

  it('keeps order and tickets while it wraps around and grows', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -120, max: 200 }), { maxLength: 20 }), (bursts) => {
        const ring = new Ring<number>()
        const model: number[] = []
        let pushed = 0
        for (const burst of bursts) {
          // A positive number pushes so many, a negative one takes so many.
          for (let i = 0; i < burst; i++) {
            model.push(++pushed)
            expect(ring.push(pushed)).toBe(pushed)
          }
          for (let i = 0; i > burst; i--) {
            const expected = model.shift()
            expect(ring.shift()).toBe(expected)
            if (expected !== undefined) expect(ring.taken).toBe(expected)
          }
          expect(ring.size).toBe(model.length)
        }
      }),
    )
  })
})
