import { expect, it } from 'vitest'
import type { PlainOptions } from '../../src/report/plain.ts'
import { PlainReporter } from '../../src/report/plain.ts'
import { FakeRun } from './screen.ts'

function plain(changes: Partial<PlainOptions> = {}): {
  reporter: PlainReporter
  run: FakeRun
  writes: string[]
} {
  const run = new FakeRun()
  const writes: string[] = []
  const stream = { write: (text: string) => writes.push(text) }
  const reporter = new PlainReporter({ stream, run, loudness: 'ends', progress: true, ...changes })
  return { reporter, run, writes }
}

it('writes the lines of many ends at once, and a progress line each 10 s', () => {
  const { reporter, run, writes } = plain()
  run.total = 200
  for (let ms = 0; ms < 25_000; ms += 100) {
    if (ms % 1000 === 0) {
      for (let i = 0; i < 2; i++) {
        const transfer = run.start(`file-${run.downloaded}`, 1000, ms)
        run.receive(transfer, 1000)
        reporter.event(run.done(transfer, ms + 10))
      }
    }
    reporter.tick(ms)
  }
  expect(writes.length).toBe(25)
  const lines = writes.join('').split('\n')
  expect(lines.filter((line) => line.startsWith('downloaded  file-')).length).toBe(50)
  const progress = lines.filter((line) => line.startsWith('progress '))
  expect(progress.length).toBe(2)
  expect(progress[0]).toMatch(
    /^progress {4}22\/200 files, 0 under way, 21\.5 KiB, \d\.\d\d KiB\/s, \d min \d\d s left$/,
  )
  expect(writes.join('')).not.toContain('\x1b')
})

it('tells of failed and waiting downloads in its progress line', () => {
  const { reporter, run, writes } = plain()
  run.total = 3
  run.complete = false
  run.failed = 1
  run.start('a', undefined).state = 'retrying'
  reporter.tick(10_000)
  expect(writes).toEqual([
    'progress    1/3+ files, 1 failed, 1 under way, 1 retrying, 0 B, 0 B/s\n',
  ])
})

it('writes what was not yet written when it is closed, once, and nothing afterwards', () => {
  const { reporter, run, writes } = plain({ loudness: 'errors', progress: false })
  const event = run.done(run.start('a', 1), 1, 'present')
  reporter.event(event)
  reporter.event({ event: 'warning', message: 'odd' })
  reporter.tick(60_000)
  expect(writes).toEqual([])
  const quiet = plain()
  quiet.reporter.event(event)
  quiet.reporter.close()
  quiet.reporter.close()
  quiet.reporter.event(event)
  quiet.reporter.tick(99_999)
  expect(quiet.writes).toEqual(['present     a\n'])
})
