import { EventEmitter } from 'node:events'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { GdlError } from '../../src/errors.ts'
import type { ReporterChoice, ReportStream } from '../../src/report/reporter.ts'
import { createReporter } from '../../src/report/reporter.ts'
import { FakeRun, Screen } from './screen.ts'

type Changes = Partial<Omit<ReporterChoice, 'stream'>> & { isTTY?: boolean }

it('takes process.stderr for its stream', () => {
  expectTypeOf(process.stderr).toExtend<ReportStream>()
})

/** All that is written for one success, one failure and one warning, and the stream's listeners. */
async function written(changes: Changes): Promise<string> {
  const { isTTY = true, ...choice } = changes
  const screen = Object.assign(new Screen(80, 24), { isTTY })
  const run = new FakeRun()
  run.total = 3
  const reporter = await createReporter(
    { progress: 'auto', quiet: false, verbose: false, env: {}, ...choice, stream: screen },
    run,
  )
  run.start('under-way', 100)
  reporter.tick(0)
  reporter.event(run.done(run.start('good', 1), 1))
  const error = new GdlError('GDL_ERR_STATUS', 'bad luck')
  const url = 'https://example.com/bad'
  reporter.event({
    event: 'fail',
    id: 9,
    url,
    path: 'bad',
    attempts: 1,
    error,
    source: undefined,
  })
  reporter.event({ event: 'warning', message: 'odd' })
  reporter.tick(200)
  reporter.close()
  expect(screen.listenerCount('resize')).toBe(0)
  return screen.writes.join('')
}

const ESC = '\x1b'
const RED = '\x1b[31m'

describe('createReporter', () => {
  it('draws bars on a terminal, and plain lines elsewhere', async () => {
    expect(await written({})).toContain(`${ESC}[?25l`)
    expect(await written({ isTTY: false })).not.toContain(ESC)
    expect(await written({ isTTY: false, progress: 'bars' })).toContain(`${ESC}[?25l`)
    expect(await written({ progress: 'plain' })).not.toContain(ESC)
  })

  it('draws no bars for a dumb terminal or a CI system', async () => {
    expect(await written({ env: { TERM: 'dumb' } })).not.toContain(ESC)
    expect(await written({ env: { CI: 'true' } })).not.toContain(ESC)
    expect(await written({ env: { CI: 'false' } })).toContain(ESC)
  })

  it('uses colours unless NO_COLOR, TERM or the stream speak against it', async () => {
    expect(await written({})).toContain(RED)
    expect(await written({ env: { NO_COLOR: '' } })).toContain(RED)
    expect(await written({ env: { NO_COLOR: '1' } })).not.toMatch(/\x1b\[[\d;]*m/)
    expect(await written({ env: { TERM: 'dumb' }, progress: 'bars' })).not.toMatch(/\x1b\[[\d;]*m/)
    expect(await written({ isTTY: false, progress: 'bars' })).not.toMatch(/\x1b\[[\d;]*m/)
  })

  it('draws with block characters where the locale has them', async () => {
    expect(await written({ env: { LANG: 'de_DE.UTF-8' } })).toContain('░')
    expect(await written({ env: { LANG: 'de_DE.UTF-8', LC_ALL: 'C' } })).not.toContain('░')
  })

  it('tells of errors alone when it is to be quiet', async () => {
    for (const progress of ['auto', 'bars', 'plain', 'none'] as const) {
      expect(await written({ progress, quiet: true, verbose: true })).toBe(
        'failed      bad: bad luck\n',
      )
    }
    expect(await written({ progress: 'none' })).toBe(
      'failed      bad: bad luck\ngdl: warning: odd\n',
    )
  })

  it('survives a stream whose reader has gone', async () => {
    const stream = Object.assign(new EventEmitter(), {
      write: () => stream.emit('error', new Error('EPIPE')),
    })
    const choice = { progress: 'plain', quiet: false, verbose: false, stream, env: {} } as const
    const reporter = await createReporter(choice, new FakeRun())
    reporter.event({ event: 'warning', message: 'odd' })
    reporter.close()
  })
})
