import { expect, it } from 'vitest'
import { dual, dualInGreenlet } from '../../../src/io/monkey/dual.ts'
import { Hub, run } from '../../../src/scheduler/index.ts'
import { thrownBy } from '../../scheduler/helpers.ts'

it('a dual is the promise itself, and of nothing else is one made', async () => {
  const promise = Promise.resolve(17)
  const made = dual(promise)
  expect(made).toBe(promise)
  expect(dual(made)).toBe(promise)
  expect(Object.keys(promise)).toEqual([])
  await run(
    function* () {
      expect(yield* made).toBe(17)
      expect(dualInGreenlet(5)).toBe(5)
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      const empty = dual(Promise.reject(undefined))
      expect(yield* thrownBy(empty[Symbol.iterator]())).toBeInstanceOf(Error)
    },
    { signals: false, hub: new Hub() },
  )
})
