import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { TraceFile } from '../../src/report/trace-file.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

it('a file of a trace has an event a line, whatever they are called', () => {
  const path = join(temporaryFolder(), 'trace.json')
  const file = new TraceFile(path)
  const name = '},{"ph":"X"'
  for (let n = 0; n < 1000; n++)
    file.span(2, { name, cat: '},{"ph"', args: { path: name } }, n, 1000)
  expect(file.close()).toBeUndefined()
  const text = readFileSync(path, 'utf8')
  const { traceEvents } = JSON.parse(text) as { traceEvents: { name: string }[] }
  expect(traceEvents.filter((event) => event.name === name)).toHaveLength(1000)
  // The head before them, and behind them the end and its line feed.
  expect(text.split('\n')).toHaveLength(1 + traceEvents.length + 2)
})
