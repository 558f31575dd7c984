import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { naturalOrder, Sorted, Stack } from '../../src/scheduler/storage.ts'

describe('sorted storage', () => {
  it('does as a stable sort would, whatever goes in and out', () => {
    const steps = fc.array(fc.option(fc.nat(5), { nil: undefined }), { maxLength: 100 })
    fc.assert(
      fc.property(steps, (actions) => {
        const storage = new Sorted<[number, number]>((a, b) => a[0] - b[0])
        let model: [number, number][] = []
        for (const [index, key] of actions.entries()) {
          if (key === undefined) {
            expect(storage.peek()).toEqual(model[0])
            expect(storage.shift()).toEqual(model.shift())
          } else {
            storage.push([key, index])
            model = [...model, [key, index] as [number, number]].sort((a, b) => a[0] - b[0])
          }
          expect(storage.size).toBe(model.length)
        }
        while (model.length > 0) expect(storage.shift()).toEqual(model.shift())
      }),
    )
  })
})

describe('a stack', () => {
  it('is last in, first out', () => {
    const stack = new Stack<number>()
    expect([stack.peek(), stack.shift(), stack.size]).toEqual([undefined, undefined, 0])
    stack.push(1)
    stack.push(2)
    expect([stack.peek(), stack.shift(), stack.size]).toEqual([2, 2, 1])
  })
})

describe('the natural order', () => {
  it('is that of numbers and strings, and of arrays place by place', () => {
    expect([naturalOrder(1, 2), naturalOrder(2, 1), naturalOrder(2, 2)]).toEqual([-1, 1, 0])
    expect(naturalOrder('a', 'b')).toBe(-1)
    expect(naturalOrder([10, 'a'], [9, 'b'])).toBe(1)
    expect(naturalOrder([1], [1, 2])).toBe(-1)
    expect(naturalOrder([1, [2]], [1, [2]])).toBe(0)
  })
})
