import { expect, it } from 'vitest'
import { PRINTABLE, printed } from '../../src/report/print.ts'

const done = {
  event: 'done',
  id: 7,
  url: 'http://h/a',
  path: 'out/a',
  bytes: 3,
  seconds: 0.5,
  attempts: 1,
  status: 'downloaded',
} as const

it('a success is a record of what was asked for, and all else is none', () => {
  expect(printed(done, ['path'], '\n')).toBe('out/a\n')
  expect(printed(done, PRINTABLE, '\0')).toBe('7\thttp://h/a\tout/a\t3\t0.5\t1\tdownloaded\0')
  expect(printed({ event: 'warning', message: 'odd' }, ['path'], '\n')).toBeUndefined()
})
