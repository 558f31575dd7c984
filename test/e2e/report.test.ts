import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { DownloadEvent } from '../../src/download/events.ts'
import { NetworkError } from '../../src/errors.ts'
import { HtmlRecorder } from '../../src/report/html.ts'
import { formatBytes, formatDuration } from '../../src/report/format.ts'
import { FakeRun } from '../report/screen.ts'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { chromiumPath, keepPicture, openFile, startChromium } from '../support/chromium.ts'
import { serve, type TestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { beginGdl, gdl } from './gdl.ts'

const content = bytes(60_000, 'report')

describe('--report', () => {
  it("is a usage error before anything is sent when it can't be written", async () => {
    await using server = await serve({ '/a': be.body(content) })
    const url = `${server.origin}/a`
    const missing = await gdl(['--report', 'no/such/report.html', url])
    expect([missing.status, missing.lastLine]).toEqual([
      2,
      'gdl: --report no/such/report.html: ENOENT',
    ])
    const home = temporaryFolder()
    mkdirSync(join(home, 'folder'))
    const folder = await gdl(['--report', 'folder', url], { home })
    expect([folder.status, folder.lastLine]).toEqual([2, 'gdl: --report folder: EISDIR'])
    expect(server.requests).toEqual([])
    expect([missing.besides, folder.besides]).toEqual([[], ['folder']])
  })

  it('is written in one piece at the end, over an old one, and not in a dry run', async () => {
    await using server = await serve({ '/a': be.body(content) })
    const home = temporaryFolder()
    const args = ['--report', 'r.html', `${server.origin}/a`]
    const dry = await gdl(['--dry-run', ...args], { home })
    expect([dry.status, dry.besides]).toEqual([0, []])
    writeFileSync(join(home, 'r.html'), 'old')
    const ran = await gdl(args, { home })
    expect([ran.status, ran.besides]).toEqual([0, ['r.html']])
    expect(readFileSync(join(home, 'r.html'), 'utf8')).toMatch(/^<!doctype html>[^]*<\/html>\s*$/)
  })

  it('is written after SIGINT too, and says so', async () => {
    await using server = await serve({ '/a': be.stall(content, 30_000), '/b': be.body(content) })
    const list = `${server.origin}/b\n${server.origin}/a\n`
    const started = beginGdl(['--report', 'r.html', 'urls.txt'], { list })
    await started.until((stderr) => stderr.includes('downloaded  out/b'))
    started.signal('SIGINT')
    const ran = await started.ran
    expect(ran.status).toBe(130)
    expect(readFileSync(join(ran.home, 'r.html'), 'utf8')).toContain('"signal":"SIGINT"')
  })

  it("is not there when a list can't be read", async () => {
    const ran = await gdl(['--report', 'r.html', 'no-such-list'])
    expect([ran.status, existsSync(join(ran.home, 'r.html'))]).toEqual([2, false])
  })
})

describe.skipIf(chromiumPath === undefined)('the page, in Chromium (skipped where none is)', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })
  afterAll(() => browser.close())

  it('has the numbers of the events, on a wide screen and a phone, light and dark', async () => {
    await using server = await serve(routes)
    const ran = await gdl(['-q', '--json', '--report', 'r.html', 'urls.txt'], {
      list: listFor(server),
    })
    const events = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event)
    const { page, complaints } = await openFile(browser, join(ran.home, 'r.html'))
    const rows = await rowsOf(page)
    await keepPicture(page, 'report-light')

    const summary = events.find(({ event }) => event === 'summary')!
    const shown = await page.locator('.figures dd').allTextContents()
    const retries = events.filter(({ event }) => event === 'retry').length
    const numbers = [summary['downloaded'], summary['present'], summary['failed'], retries]
    expect(shown.slice(0, 5)).toEqual([
      ...numbers.map(String),
      formatBytes(summary['bytes'] as number),
    ])
    expect(retries).toBe(2)

    const ends = events.filter(({ event }) => event === 'done' || event === 'fail')
    expect(rows).toHaveLength(ends.length)
    for (const end of ends) {
      const seconds = formatDuration((end['seconds'] as number) * 1000)
      const wanted =
        end.event === 'fail' ? 'failed' : `${formatBytes(end['bytes'] as number)} · ${seconds}`
      expect(rows[(end['id'] as number) - 1]!.meta).toBe(wanted)
    }
    const [again] = rows
    expect(again!.stages).toContain('retrying')
    for (const stage of ['queued', 'connecting', 'waiting', 'receiving']) {
      expect(again!.stages).toContain(stage)
    }
    const reasons = await page.locator('.reason summary b').allTextContents()
    expect(reasons.sort()).toEqual(['No usable entry', 'The server answered 404'])

    for (const [name, width, colorScheme] of [
      ['dark', 1280, 'dark'],
      ['phone', 390, 'light'],
    ] as const) {
      const viewport = { width, height: 844 }
      const other = await openFile(browser, join(ran.home, 'r.html'), { viewport, colorScheme })
      await other.page.locator('.row').first().click()
      expect(await other.page.locator('.details').textContent()).toContain('/again')
      expect(await other.page.evaluate('document.documentElement.scrollWidth')).toBe(width)
      await keepPicture(other.page, `report-${name}`)
      expect(other.complaints).toEqual([])
    }
    expect(complaints).toEqual([])
  })

  it('stays usable with 10,000 tasks: few elements, search, sort and zoom', async () => {
    const file = join(temporaryFolder(), 'r.html')
    writeFileSync(file, manyTasks(10_000))
    const { page, complaints } = await openFile(browser, file)
    expect(await page.locator('.row').count()).toBeLessThan(60)
    await page.evaluate("document.querySelector('.list').scrollTop = 1e9")
    await page.getByText('file-9999.bin', { exact: true }).waitFor()
    expect(await page.locator('.row').count()).toBeLessThan(60)

    await page.getByLabel('search').fill('file-77 example')
    expect(await page.locator('.count').textContent()).toBe('111 of 10,000 tasks')
    await page.getByLabel('search').fill('')
    await page.getByLabel('sort').selectOption('largest first')
    await page.evaluate("document.querySelector('.list').scrollTop = 0")
    await page
      .locator('.row .name', { hasText: /^file-9999\.bin$/ })
      .first()
      .waitFor()
    await page.getByLabel('show', { exact: true }).selectOption('failed')
    expect(await page.locator('.count').textContent()).toBe('100 of 10,000 tasks')
    await page.getByLabel('show', { exact: true }).selectOption('all')

    // Dragged over the right half of the chart: the tasks of that time are left.
    const chart = page.locator('#throughput .u-over')
    await chart.scrollIntoViewIfNeeded()
    const box = (await chart.boundingBox())!
    await page.mouse.move(box.x + box.width / 2, box.y + 20)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width - 2, box.y + 20, { steps: 4 })
    await page.mouse.up()
    expect(await page.locator('.count').textContent()).toMatch(/^\d,?\d+ of 10,000 tasks$/)
    await page.getByLabel('show the whole run').click()
    expect(await page.locator('.count').textContent()).toBe('10,000 tasks')
    await keepPicture(page, 'report-10000')
    expect(complaints).toEqual([])
  })
})

type Event = Record<string, unknown> & { readonly event: string }

const hostile = '/%3Cimg%20src=x%20onerror=alert(1)%3E'

const routes = {
  '/again': be.failing(2, be.status(503), be.drip(content, { pieceBytes: 20_000, everyMs: 20 })),
  '/good': be.body(content),
  [hostile]: be.body(bytes(1234, 'hostile')),
}

function listFor({ origin }: TestServer): string {
  const urls = ['/again', '/good', '/missing', hostile].map((path) => `${origin}${path}\n`)
  return `${urls.join('')}</script><script>alert(1)</script><!--\n`
}

async function rowsOf(page: Page): Promise<{ meta: string; stages: string[] }[]> {
  const rows = await page.locator('.row').all()
  return Promise.all(
    rows.map(async (row) => ({
      meta: (await row.locator('.meta').textContent())!,
      stages: await row
        .locator('.bar')
        .evaluateAll((bars) =>
          bars.map(({ className }) => (className as string).replace('bar ', '')),
        ),
    })),
  )
}

/** The page of a run of `count` tasks of a millisecond each, told to the recorder by hand; each hundredth fails. */
function manyTasks(count: number): string {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    return pageOfMany(count)
  } finally {
    vi.useRealTimers()
  }
}

function pageOfMany(count: number): string {
  const run = new FakeRun()
  run.startedMs = performance.now()
  run.total = count
  const recorder = new HtmlRecorder(run)
  for (let id = 1; id <= count; id++) {
    const url = `https://host-${id % 7}.example/file-${id - 1}.bin`
    recorder.event({ event: 'added', id, item: { kind: 'entry', entry: { urls: [url] } } })
  }
  for (let id = 1; id <= count; id++) {
    const transfer = run.start(`out/file-${id - 1}.bin`, id, performance.now())
    recorder.event({ event: 'start', transfer })
    recorder.stage(id, 'waiting')
    recorder.stage(id, 'receiving')
    run.receive(transfer, id)
    recorder.tick(performance.now())
    vi.advanceTimersByTime(1)
    const url = `https://host-${id % 7}.example/file-${id - 1}.bin`
    if (id % 100 === 0) {
      const error = new NetworkError('GDL_ERR_CONNECT', 'refused', { retryable: true })
      run.active.delete(transfer)
      run.failed++
      const rest = { path: transfer.path, attempts: 1, source: undefined }
      recorder.event({ event: 'fail', id, url, error, ...rest })
    } else {
      recorder.event({ ...run.done(transfer, performance.now() + 1), url } as DownloadEvent)
    }
  }
  const template = readFileSync(new URL('../../dist/report.html', import.meta.url), 'utf8')
  return [...recorder.page(template, undefined)].join('')
}
