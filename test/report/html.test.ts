import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { DownloadEvent } from '../../src/download/events.ts'
import { NetworkError, ResponseError } from '../../src/errors.ts'
import { ENDS, type ReportData } from '../../src/report/html/data.ts'
import { HtmlRecorder } from '../../src/report/html.ts'
import { FakeRun } from './screen.ts'

const template = readFileSync(new URL('../../dist/report.html', import.meta.url), 'utf8')

/** A run that begins now, and its recorder. */
function recording(): { run: FakeRun; recorder: HtmlRecorder } {
  const run = new FakeRun()
  run.startedMs = performance.now()
  return { run, recorder: new HtmlRecorder(run) }
}

function added(id: number, url: string): DownloadEvent {
  return { event: 'added', id, item: { kind: 'entry', entry: { urls: [url] } } }
}

function failed(id: number, url: string, error: ResponseError | NetworkError): DownloadEvent {
  const rest = { path: `out/${id}`, attempts: 2, source: `urls.txt:${id}` }
  return { event: 'fail', id, url, error, ...rest }
}

function dataOf(page: string): ReportData {
  const [, text] = /<script id="data" type="application\/json">([^]*?)<\/script>/.exec(page)!
  return JSON.parse(text!) as ReportData
}

function pageOf(recorder: HtmlRecorder, signal?: string): string {
  return [...recorder.page(template, signal)].join('')
}

describe('the page', () => {
  it('has each task with its end, its numbers and its stages', () => {
    const { run, recorder } = recording()
    run.total = 2
    recorder.event(added(1, 'https://example.com/a'))
    recorder.event(added(2, 'https://example.com/b'))
    const transfer = run.start('a', 5000, performance.now())
    recorder.event({ event: 'start', transfer })
    recorder.stage(1, 'waiting')
    recorder.stage(1, 'waiting')
    recorder.stage(1, 'receiving')
    run.receive(transfer, 5000)
    recorder.tick(performance.now())
    recorder.event(run.done(transfer, performance.now() + 250))
    const error = new ResponseError('GDL_ERR_STATUS', 'b: 404 not found', 404)
    recorder.event(failed(2, 'https://example.com/b', error))
    run.failed = 1

    const data = dataOf(pageOf(recorder))
    expect(data).toMatchObject({ downloaded: 1, present: 0, failed: 1, total: 2, bytes: 5000 })
    expect(data.signal).toBeUndefined()
    const [first, second] = data.tasks
    expect(first!.slice(0, 4)).toEqual(['https://example.com/a', 'a', 0, 5000])
    expect(first![4]).toBeGreaterThanOrEqual(0.25)
    const stages = first![7].filter((_, index) => index % 2 === 0).map((at) => data.stages[at])
    expect(stages).toEqual(['queued', 'connecting', 'waiting', 'receiving'])
    expect(ENDS[second![2]]).toBe('failed')
    expect(second![8]).toEqual({
      code: 'GDL_ERR_STATUS',
      message: 'b: 404 not found',
      status: 404,
      retryable: false,
      source: 'urls.txt:2',
    })
    expect(data.samples.at(-1)![1]).toBe(5000)
  })

  it('tells what was under way, and what had not begun, when the run was stopped', () => {
    const { run, recorder } = recording()
    for (const id of [1, 2]) recorder.event(added(id, `https://example.com/${id}`))
    const transfer = run.start('1', 5000, performance.now())
    recorder.event({ event: 'start', transfer })
    run.receive(transfer, 700)
    const data = dataOf(pageOf(recorder, 'SIGINT'))
    expect(data.signal).toBe('SIGINT')
    const ends = data.tasks.map(([url, , end, bytes]) => [url, ENDS[end], bytes])
    expect(ends).toEqual([
      ['https://example.com/1', 'interrupted', 700],
      ['https://example.com/2', 'not begun', 0],
    ])
  })

  it('holds no secret of a URL', () => {
    const { recorder } = recording()
    recorder.event(added(1, 'https://me:hunter2@example.com/?token=hunter2'))
    expect(pageOf(recorder)).not.toContain('hunter2')
  })

  it('is never ended, begun or run by what strangers write', () => {
    const { run, recorder } = recording()
    const evil = '</script><script>alert(1)</script><!--<script>&lt;\u2028"'
    recorder.event(added(1, `https://example.com/${evil}`))
    const transfer = run.start(evil, 1)
    recorder.event({ event: 'start', transfer })
    recorder.event(run.done(transfer, 1))
    recorder.event(added(2, evil))
    const error = new NetworkError('GDL_ERR_CONNECT', evil, { hint: evil })
    recorder.event(failed(2, evil, error))
    const page = pageOf(recorder)
    expect(page.match(/<script/g)).toHaveLength(template.match(/<script/g)!.length)
    expect(page.match(/<!--/g)).toHaveLength(template.match(/<!--/g)!.length)
    const data = dataOf(page)
    expect(data.tasks[0]![1]).toBe(evil)
    expect(data.tasks[1]![8]).toMatchObject({ message: evil, hint: evil })
  })
})

describe('the recorder', () => {
  it('keeps a bounded number of looks at a run, however long it is', () => {
    const { run, recorder } = recording()
    for (let ms = 0; ms < 10_000_000; ms += 100) {
      run.bytes = ms
      recorder.tick(run.startedMs + ms)
    }
    const { samples } = dataOf(pageOf(recorder))
    expect(samples.length).toBeGreaterThan(400)
    expect(samples.length).toBeLessThan(1001)
    expect(samples.at(-1)![0]).toBeGreaterThan(9_900_000)
    // Their distances are alike, but for the last.
    const gaps = samples.slice(1, -1).map(([ms], index) => ms - samples[index]![0])
    expect(Math.max(...gaps)).toBeLessThan(2 * Math.min(...gaps) + 200)
  })

  it('keeps a bounded number of stages of a download that is tried for days', () => {
    const { recorder } = recording()
    for (let i = 0; i < 5000; i++) recorder.stage(1, i % 2 === 0 ? 'connecting' : 'retrying')
    recorder.stage(300, 'receiving')
    const { tasks } = dataOf(pageOf(recorder))
    expect(tasks).toHaveLength(300)
    expect(tasks[0]![7].length).toBe(240)
    expect(tasks[299]![7]).toHaveLength(2)
  })

  it('takes less than 300 bytes for each of 100,000 downloads', () => {
    const { run, recorder } = recording()
    const ids = Array.from({ length: 100_000 }, (_, index) => index + 1)
    // The engine has these strings too.
    const urls = ids.map((id) => `https://example.com/some/folder/${id}`)
    const before = memory()
    for (const [index, url] of urls.entries()) {
      recorder.event(added(index + 1, url))
      const transfer = run.start(url, 10)
      recorder.event({ event: 'start', transfer })
      for (const stage of ['waiting', 'receiving', 'writing'] as const) {
        recorder.stage(transfer.id, stage)
      }
      recorder.event({ ...run.done(transfer, 1), url } as DownloadEvent)
    }
    expect((memory() - before) / ids.length).toBeLessThan(300)
    expect([...recorder.page(template, undefined)].length).toBeGreaterThan(100_000)
  })
})

/** Bytes in use, without what is garbage. */
function memory(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
