import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exitStatusOf, SIGNAL_STATUS } from '../../src/cli/exit-status.ts'
import type { ErrorCode } from '../../src/errors.ts'

/** Every code, as the union of `errors.ts` has them under the statuses that its comments name. */
function codesByStatus(): [status: number, code: ErrorCode][] {
  const source = readFileSync(new URL('../../src/errors.ts', import.meta.url), 'utf8')
  const union = /export type ErrorCode =([^]*?)\n\n/.exec(source)![1]!
  let status = 0
  return union.split('\n').flatMap((line): [number, ErrorCode][] => {
    status = Number(/\/\/ (\d+):/.exec(line)?.[1] ?? status)
    const code = /'(GDL_ERR_\w+)'/.exec(line)?.[1]
    return code === undefined ? [] : [[status, code as ErrorCode]]
  })
}

describe('the exit status', () => {
  it.each(codesByStatus())('is %i for %s', (status, code) => {
    expect(exitStatusOf([code])).toBe(status)
  })

  it('is 0 when nothing went wrong', () => {
    expect(exitStatusOf([])).toBe(0)
  })

  it('is the lowest of several, in whatever order', () => {
    const table = codesByStatus()
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...table), { minLength: 1 }), (several) => {
        const lowest = Math.min(...several.map(([status]) => status))
        expect(exitStatusOf(several.map(([, code]) => code))).toBe(lowest)
        expect(exitStatusOf(new Set(several.map(([, code]) => code).reverse()))).toBe(lowest)
      }),
    )
  })

  it('of a signal is 128 and its number', () => {
    expect(SIGNAL_STATUS).toEqual({ SIGINT: 128 + 2, SIGTERM: 128 + 15 })
  })
})
