/**
 * The table at the end of docs/scheduler.md: each statement of the scheduler's contract, and the tests
 * whose titles carry its number.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const folder = path.dirname(fileURLToPath(import.meta.url))
const text = readFileSync(path.join(folder, '../../docs/scheduler.md'), 'utf8')
const rows = [...text.matchAll(/^\| (S\d+|3[a-k]) \| [^|]+ \| ([^|]+) \|$/gm)]
const table = new Map(rows.map(([, statement, where]) => [statement!, where!]))
const numbered = [...Array(66).keys()].map((i) => `S${i + 1}`)
const statements = [...numbered, ...'abcdefghijk'.split('').map((letter) => `3${letter}`)]

/** The files that have a test with this number in its title. */
function filesOf(statement: string): string[] {
  const title = new RegExp(
    String.raw`\b(?:it|test)(?:\.each\(.*?\))?\(\s*['"\`][^\n]*\b${statement}\b`,
  )
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .filter((name) => title.test(readFileSync(path.join(folder, name), 'utf8')))
    .map((name) => name.replace('.test.ts', ''))
}

it.each(statements)('the guide says where %s is tested, or why it is not', (statement) => {
  const where = table.get(statement) ?? ''
  const named = filesOf(statement)
    .map((name) => `\`${name}\``)
    .join(' ')
  // A list of tests must be true and whole; else it is a reason, in words.
  if (/^(?:`[a-z-]+` ?)+$/.test(where)) expect(where).toBe(named)
  else expect(where).toMatch(/^\S+ \S+ \S+/)
})
