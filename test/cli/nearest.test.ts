import { expect, test } from 'vitest'
import { nearest } from '../../src/cli/nearest.ts'

test.each([
  ['job', 'jobs'],
  ['jbos', 'jobs'],
  ['time-out', 'timeout'],
  ['per_host', 'per-host'],
  ['colour', undefined],
  ['', undefined],
])('the name nearest to %j is %s', (word, name) => {
  expect(nearest(word, ['dir', 'jobs', 'per-host', 'timeout'])).toBe(name)
})
