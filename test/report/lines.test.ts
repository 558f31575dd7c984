import { describe, expect, it } from 'vitest'
import type { DownloadEvent } from '../../src/download/events.ts'
import { GdlError } from '../../src/errors.ts'
import type { LineStyle, Loudness } from '../../src/report/lines.ts'
import { lineOf } from '../../src/report/lines.ts'
import { cutToWidth } from '../../src/report/text.ts'
import { FakeRun } from './screen.ts'

function style(changes: Partial<LineStyle> = {}): LineStyle {
  return { loudness: 'ends', colour: false, fit: undefined, ...changes }
}

const done: DownloadEvent = {
  event: 'done',
  id: 1,
  url: 'https://example.com/a.iso',
  path: 'dir/a.iso',
  bytes: 3_145_728,
  seconds: 1.5,
  attempts: 1,
  status: 'downloaded',
}
const fail: DownloadEvent = {
  event: 'fail',
  id: 2,
  url: 'https://me:secret@example.com/b?token=abc',
  path: undefined,
  attempts: 1,
  error: new GdlError('GDL_ERR_STATUS', '404 Not Found', { hint: 'check the URL' }),
  source: undefined,
}
const others: DownloadEvent[] = [
  { event: 'start', transfer: new FakeRun().start('a', 1) },
  { event: 'retry', id: 1, url: 'u', attempt: 1, delayMs: 2000, error: fail.error },
  { event: 'detail', id: 1, message: 'connected' },
]

describe('lineOf', () => {
  it('says what was downloaded, how large it is and how fast it came', () => {
    expect(lineOf(done, style())).toBe('downloaded  dir/a.iso  3.00 MiB in 1.5 s (2.00 MiB/s)')
    expect(lineOf({ ...done, status: 'resumed' }, style())).toBe(
      'resumed     dir/a.iso  3.00 MiB in 1.5 s',
    )
    expect(lineOf({ ...done, status: 'present' }, style())).toBe('present     dir/a.iso')
    expect(lineOf({ ...done, status: 'unchanged' }, style())).toBe('unchanged   dir/a.iso')
  })

  it('cuts the name of a success so that its line stays below the columns', () => {
    const long = { ...done, path: `${'long-'.repeat(40)}name.tar.gz` }
    for (let columns = 16; columns < 300; columns++) {
      expect(lineOf(long, style({ fit: { columns, cut: cutToWidth } }))!.length).toBeLessThan(
        columns,
      )
    }
    expect(lineOf(long, style({ fit: { columns: 80, cut: cutToWidth } }))).toMatch(
      /….*\.tar\.gz  3\.00 MiB in/,
    )
    expect(lineOf(long, style({ fit: { columns: 30, cut: cutToWidth } }))).toMatch(
      /^downloaded  long-.*…\S*gz$/,
    )
    expect(lineOf(done, style({ fit: { columns: 80, cut: cutToWidth } }))).toBe(
      lineOf(done, style()),
    )
  })

  it('names the place, the file or the URL, the reason and the hint of a failure', () => {
    expect(lineOf(fail, style())).toBe(
      'failed      https://example.com/b?token=***: 404 Not Found (check the URL)',
    )
    expect(lineOf({ ...fail, path: 'b', source: 'urls.txt:17' }, style())).toBe(
      'urls.txt:17: failed b: 404 Not Found (check the URL)',
    )
  })

  it('is red only where colour is on', () => {
    expect(lineOf(fail, style({ colour: true }))).toContain('\x1b[31mfailed\x1b[0m')
    const reason = `\x1b[31m${fail.error.message}\x1b[0m`
    expect(lineOf(fail, style({ colour: true }))).toContain(reason)
    expect(lineOf(fail, style())).not.toContain('\x1b')
  })

  it('lets no escape sequence and no line end of strangers through', () => {
    const hostile = '\x1b[2J\x1b]0;x\x07a\r\nfailed forged\u202e'
    const error = new GdlError('GDL_ERR_STATUS', hostile, { hint: hostile })
    const events: DownloadEvent[] = [
      { ...done, path: hostile },
      { ...fail, url: hostile, error, source: hostile },
      { ...fail, path: hostile, error },
      { event: 'warning', message: hostile },
      { event: 'detail', id: 1, message: hostile },
      { event: 'retry', id: 1, url: hostile, attempt: 1, delayMs: 1, error },
      { event: 'start', transfer: { ...new FakeRun().start(hostile, 1), url: hostile } },
    ]
    for (const event of events) {
      expect(lineOf(event, style({ loudness: 'all' }))).not.toMatch(/[\p{Cc}\u202e]/u)
    }
  })

  it('bounds what a server may say', () => {
    const error = new GdlError('GDL_ERR_STATUS', 'x'.repeat(100_000))
    expect(lineOf({ ...fail, error }, style())!.length).toBeLessThan(1000)
  })

  it('says more the louder it is', () => {
    const events: DownloadEvent[] = [fail, { event: 'warning', message: 'odd' }, done, ...others]
    const count = (loudness: Loudness): number =>
      events.filter((event) => lineOf(event, style({ loudness })) !== undefined).length
    expect(count('errors')).toBe(1)
    expect(count('warnings')).toBe(2)
    expect(count('ends')).toBe(3)
    expect(count('all')).toBe(6)
    expect(lineOf(events[1]!, style())).toBe('gdl: warning: odd')
    expect(lineOf(others[1]!, style({ loudness: 'all' }))).toBe(
      'retry       #1 try 1 failed, next in 2 s: 404 Not Found',
    )
  })
})
