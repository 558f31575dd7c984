// The documents say what the code does: every option and every error code stands in them.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { makeParser } from '../src/cli/command-line.ts'
import { exitStatusOf, STATUSES } from '../src/cli/exit-status.ts'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

describe('docs/errors.md', () => {
  it('lists each code with its exit status, and no other', () => {
    const rows = [...read('docs/errors.md').matchAll(/^\| `(GDL_ERR_\w+)` \| (\d+) \|/gm)]
    expect(rows.map(([, code, status]) => [code, Number(status)])).toEqual(Object.entries(STATUSES))
  })
})

describe('the README', () => {
  it('names each option', () => {
    const readme = read('README.md')
    const options = makeParser()
      .options.filter(({ hidden }) => !hidden)
      .map(({ long }) => long)
    expect(options.filter((long) => long !== '--version' && !readme.includes(`${long}`))).toEqual(
      [],
    )
  })
})

describe('the exit status', () => {
  it('is the lowest of several, in whatever order, and 0 for none', () => {
    expect(exitStatusOf([])).toBe(0)
    expect(exitStatusOf(['GDL_ERR_CHECKSUM', 'GDL_ERR_DNS', 'GDL_ERR_STATUS'])).toBe(4)
    expect(exitStatusOf(['GDL_ERR_DNS', 'GDL_ERR_CHECKSUM'])).toBe(4)
  })
})
