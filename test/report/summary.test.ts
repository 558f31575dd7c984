import { expect, it } from 'vitest'
import { summaryLine } from '../../src/report/summary.ts'
import { FakeRun } from './screen.ts'

it('says what became of the downloads, in the words of the contract', () => {
  const run = new FakeRun()
  run.startedMs = 1000
  run.downloaded = 3
  run.present = 1
  run.bytes = 12_582_912
  expect(summaryLine(run, 5000)).toBe(
    '3 downloaded, 1 present, 0 failed, 12.0 MiB in 4 s (3.00 MiB/s)',
  )
})

it('has no speed without bytes, and none beyond measure for no time', () => {
  const run = new FakeRun()
  expect(summaryLine(run, 0)).toBe('0 downloaded, 0 present, 0 failed, 0 B in 1 ms (0 B/s)')
})
