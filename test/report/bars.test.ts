import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { DownloadEvent, Transfer } from '../../src/download/events.ts'
import { GdlError } from '../../src/errors.ts'
import { BarsReporter } from '../../src/report/bars.ts'
import { lineOf } from '../../src/report/lines.ts'
import { cutToWidth, displayWidth } from '../../src/report/text.ts'
import { FakeRun, Screen, seeded } from './screen.ts'

const seed = Number(process.env['GDL_TEST_SEED'] ?? Date.now() % 1_000_000)
console.log(`GDL_TEST_SEED=${seed}`)

/** Names that are told apart by their first characters, and hard to draw. */
const NAMES = [
  '.iso',
  '-漢字かな交じり文の名前がとても長いファイル-漢字かな交じり文の名前がとても長いファイル.tar.gz',
  '-e\u0301e\u0301e\u0301-combining.txt',
  '-a-name-that-goes-on-and-on-and-on-and-on-until-nobody-wants-to-read-it-any-more-at-all.zip',
  '-\x1b[2J\x1b[1;1Hhostile\r\n\u202e.exe',
  '-🎉🎉🎉.bin',
  '',
]
const TOTAL_ROW = /^\d+\/\d+\+?( files|$)/
const END_LINE = /^(downloaded|resumed|present|failed) /

/** A run that goes on at random, told to a reporter with bars on a screen. */
class Story {
  readonly screen: Screen
  readonly run = new FakeRun()
  readonly reporter: BarsReporter
  /** The lines that must stand above the bars. */
  readonly ends: string[] = []
  nowMs = 0
  readonly #random: () => number
  #begun = 0

  constructor(columns: number, rows: number, colour = false) {
    this.screen = new Screen(columns, rows)
    const { screen, run } = this
    this.reporter = new BarsReporter({
      stream: screen,
      run,
      loudness: 'ends',
      colour,
      unicode: true,
    })
    this.#random = seeded(seed)
  }

  /** Begins, moves and ends downloads, then draws a frame. */
  step(mostActive: number): void {
    const { run } = this
    const random = this.#random
    const wanted = 1 + Math.floor(random() * mostActive)
    while (run.active.size < wanted && this.#begun < run.total) {
      const total = random() < 0.2 ? undefined : Math.floor(random() * 1e9)
      const name = `${String(this.#begun).padStart(4, '0')}${NAMES[this.#begun % NAMES.length]!}`
      run.start(`folder/${name}`, total, this.nowMs)
      this.#begun++
    }
    for (const transfer of run.active) {
      const { total } = transfer
      const states = ['connecting', 'receiving', 'receiving', 'receiving', 'verifying'] as const
      transfer.state = states[Math.floor(random() * states.length)]!
      if (random() < 0.05) {
        transfer.state = 'retrying'
        transfer.bytes = 0
        transfer.retryAtMs = this.nowMs + 4000
      } else run.receive(transfer, Math.floor(random() * ((total ?? 1e9) - transfer.bytes) * 0.5))
      if (random() < 0.2) this.end(transfer)
    }
    this.frame()
  }

  /** Steps to the end of the run, with a new size each five steps. */
  async resizeEach(
    mostActive: number,
    checked: boolean,
    sizes: readonly (readonly [number, number])[],
  ): Promise<void> {
    for (let i = 0; this.ends.length < this.run.total; i++) {
      this.step(mostActive)
      if (i % 5 === 4) {
        const [columns, rows] = sizes[Math.floor(i / 5) % sizes.length]!
        await this.screen.resize(columns, rows)
        this.frame()
      }
      if (checked) await this.check()
      else await this.screen.settle()
    }
  }

  end(transfer: Transfer): void {
    const { run } = this
    if (this.#random() < 0.2) {
      run.active.delete(transfer)
      run.failed++
      const { id, url, path } = transfer
      const error = new GdlError('GDL_ERR_STATUS', '404')
      this.tell({ event: 'fail', id, url, path, attempts: 1, error, source: undefined })
    } else this.tell(run.done(transfer, this.nowMs))
  }

  tell(event: DownloadEvent): void {
    const fit = { columns: this.screen.columns, cut: cutToWidth }
    this.ends.push(lineOf(event, { loudness: 'ends', colour: false, fit })!)
    this.reporter.event(event)
  }

  frame(): void {
    this.nowMs += 100
    this.reporter.tick(this.nowMs)
  }

  /** The lines above the total row, and the rows below it. */
  async read(): Promise<{ above: string[]; below: string[] }> {
    const rows = await this.screen.read()
    const at = rows.findIndex(({ text }) => TOTAL_ROW.test(text))
    expect(at).toBeGreaterThanOrEqual(0)
    expect(rows.filter(({ text }) => TOTAL_ROW.test(text)).length).toBe(1)
    const block = rows.slice(at)
    expect(block.filter(({ wrapped }) => wrapped)).toEqual([])
    for (const { text } of block) {
      expect(displayWidth(text)).toBeLessThan(this.screen.columns)
    }
    expect(await this.screen.cursor()).toEqual({ x: 0, y: rows.length - 1 })
    const lines = await this.screen.lines()
    const above = lines.slice(0, lines.length - block.length)
    return { above, below: block.slice(1).map(({ text }) => text) }
  }

  /** Whether the screen is what the run is: each line once, each download under way in one row. */
  async check(): Promise<void> {
    const { above, below } = await this.read()
    expect(above).toEqual(this.ends)
    const most = Math.max(0, this.screen.rows - 3)
    expect(below.length).toBe(Math.min(this.run.active.size, most))
    const active = [...this.run.active].map(({ path }) => path.slice('folder/'.length).slice(0, 4))
    const shown = below.map((row) => row.slice(0, 4))
    expect(new Set(shown).size).toBe(shown.length)
    for (const name of shown) expect(active).toContain(name)
  }

  /** Whether, after the end, nothing is left but the lines. */
  async checkEnd(): Promise<void> {
    this.reporter.close()
    expect(await this.screen.lines()).toEqual(this.ends)
    expect((await this.screen.cursor()).x).toBe(0)
    const all = this.screen.writes.join('')
    expect(all.split('\x1b[?25l').length).toBe(all.split('\x1b[?25h').length)
    expect(all.split('\x1b[?7l').length).toBe(all.split('\x1b[?7h').length)
    expect(this.screen.listenerCount('resize')).toBe(0)
  }
}

describe('BarsReporter', () => {
  it.each([
    [500, 80, 24, 12],
    [500, 80, 24, 40],
    [500, 40, 6, 10],
    [100, 300, 50, 20],
    [100, 25, 10, 8],
    [50, 12, 4, 3],
    [50, 80, 2, 5],
    [50, 80, 1, 5],
  ])(
    'draws %d downloads right in each frame, at %d columns and %d rows, with up to %d at once',
    async (total, columns, rows, mostActive) => {
      const story = new Story(columns, rows, columns === 300)
      story.run.total = total
      while (story.ends.length < total) {
        story.step(mostActive)
        await story.check()
      }
      if (columns >= 40) for (const line of story.ends) expect(line).toMatch(END_LINE)
      await story.checkEnd()
    },
    60_000,
  )

  it('goes on right after each of many resizes', async () => {
    const story = new Story(80, 24, true)
    story.run.total = 200
    await story.resizeEach(5, true, [
      [60, 24],
      [120, 30],
      [80, 14],
      [40, 30],
      [40, 6],
      [200, 50],
      // xterm.js draws an emoji in one column: at 60 that would be a row less than we count.
      [64, 50],
      [81, 20],
    ])
    await story.checkEnd()
  }, 60_000)

  it('loses and repeats no line when the window becomes too small for the bars that it held', async () => {
    const story = new Story(80, 24)
    story.run.total = 300
    await story.resizeEach(30, false, [
      [60, 10],
      [80, 24],
      [20, 24],
      [200, 50],
      [30, 7],
      [100, 30],
    ])
    story.reporter.close()
    // Bars that were pushed out of the screen may be left over; all begin with a digit.
    const lines = await story.screen.lines()
    expect(lines.filter((line) => END_LINE.test(line))).toEqual(story.ends)
  }, 60_000)

  it('draws again when the window went and came back between two frames', async () => {
    const story = new Story(80, 12)
    story.run.total = 6
    for (let i = 0; i < 6; i++) story.run.start(`folder/000${i}`, 100)
    story.frame()
    await story.screen.resize(20, 12)
    await story.screen.resize(80, 12)
    story.frame()
    await story.check()
    await story.checkEnd()
  })

  it('shows 10,000 downloads that end between a few frames, in one write a frame', async () => {
    const story = new Story(100, 24)
    story.run.total = 10_000
    for (let frame = 1; frame <= 5; frame++) {
      for (let i = 0; i < 2000; i++) {
        story.tell(story.run.done(story.run.start(`folder/${i}`, 0), story.nowMs, 'present'))
      }
      story.frame()
      expect(story.screen.writes.length).toBe(frame)
    }
    await story.check()
    await story.checkEnd()
  }, 60_000)

  it('shows the first of 200 at once, and keeps each in its row while it lasts', async () => {
    const story = new Story(80, 10)
    story.run.total = 200
    const transfers = Array.from({ length: 200 }, (_, i) =>
      story.run.start(`folder/${String(i).padStart(4, '0')}`, 100),
    )
    story.frame()
    story.end(transfers[2]!)
    story.frame()
    await story.check()
    const { below } = await story.read()
    expect(below.map((row) => row.slice(0, 4))).toEqual([
      '0000',
      '0001',
      '0007',
      '0003',
      '0004',
      '0005',
      '0006',
    ])
    await story.checkEnd()
  })

  it('keeps what others write to the stream above the bars, by whole lines', async () => {
    const story = new Story(80, 10)
    story.run.total = 3
    story.run.start('folder/0000', 100)
    story.frame()
    story.screen.write('a warning\nand a ha')
    story.frame()
    story.screen.write('lf, \x1b[2Jharmless\n')
    story.frame()
    story.ends.push('a warning', 'and a half, harmless')
    await story.check()
    story.screen.write('no line end')
    story.ends.push('no line end')
    await story.checkEnd()
  })

  it('leaves the terminal while it is suspended, and draws anew below what others wrote', async () => {
    const story = new Story(80, 12)
    story.run.total = 3
    const transfer = story.run.start('folder/0000', 100)
    story.frame()
    story.reporter.suspend()
    expect(await story.screen.lines()).toEqual([])
    expect(story.screen.writes.at(-1)).toContain('\x1b[?25h')
    story.screen.write('$ fg\r\n')
    story.ends.push('$ fg')
    story.tell(story.run.done(transfer, story.nowMs))
    story.frame()
    expect(await story.screen.lines()).toEqual(story.ends)
    story.run.start('folder/0001', 100)
    story.reporter.resume()
    story.frame()
    await story.check()
    await story.checkEnd()
  })

  it('says how many connections a file has, and that the run is paused', async () => {
    const story = new Story(100, 10)
    story.run.total = 1
    Object.assign(story.run.start('folder/0000', 100), { connections: 4 })
    story.run.paused = true
    story.frame()
    const [whole, row] = (await story.screen.read()).map(({ text }) => text)
    expect(whole).toMatch(/^0\/1 files +paused /)
    expect(row).toMatch(/^0000 .* x4 /)
    story.reporter.close()
  })

  it('leaves a terminal untouched when there is nothing to download', async () => {
    const story = new Story(80, 24)
    story.frame()
    story.frame()
    story.reporter.close()
    story.reporter.close()
    expect(story.screen.writes).toEqual([])
  })

  it('writes the lines that no frame has shown when it is closed, and nothing afterwards', async () => {
    const story = new Story(80, 24)
    story.run.total = 2
    story.tell(story.run.done(story.run.start('folder/first', 1), 1))
    await story.checkEnd()
    const { length } = story.screen.writes
    story.reporter.event(story.run.done(story.run.start('folder/second', 1), 1))
    story.frame()
    story.reporter.close()
    expect(story.screen.writes.length).toBe(length)
  })

  it('writes nothing when nothing has changed, and at most ten frames a second', async () => {
    const story = new Story(80, 24)
    story.run.total = 1
    const transfer = story.run.start('folder/a', 1000)
    story.frame()
    expect(story.screen.writes.length).toBe(1)
    story.frame() // the speed is known now
    const { length } = story.screen.writes
    for (let i = 0; i < 10; i++) story.frame()
    expect(story.screen.writes.length).toBe(length)
    for (let ms = 0; ms < 1000; ms++) {
      story.run.receive(transfer, 1)
      story.reporter.tick(story.nowMs + 100 + ms)
    }
    expect(story.screen.writes.length - length).toBeLessThanOrEqual(11)
  })

  it('keeps no timer alive', () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const run = new FakeRun()
    run.total = 3
    run.start('a', 1)
    // Not a Screen: xterm.js has timers of its own.
    const stream = Object.assign(new EventEmitter(), { write: () => true })
    const before = timers()
    const reporter = new BarsReporter({
      stream,
      run,
      loudness: 'ends',
      colour: false,
      unicode: false,
    })
    reporter.tick(0)
    expect(timers()).toBe(before)
    reporter.tick(100)
    reporter.close()
    expect(timers()).toBe(before)
  })

  it('keeps a failure that is wider than the window whole, and the bars right below it', async () => {
    const story = new Story(40, 8)
    story.run.total = 3
    story.run.start('folder/0001', 100)
    story.frame()
    const error = new GdlError('GDL_ERR_CERTIFICATE', 'the certificate is not trusted '.repeat(5))
    const url = 'https://example.com/a'
    story.tell({ event: 'fail', id: 7, url, path: 'a', attempts: 1, error, source: 'list:3' })
    story.frame()
    await story.check()
    await story.checkEnd()
  })
})

describe('a row', () => {
  /** The rows of one download, one second after `prepare` was called for the first frame. */
  async function rows(
    columns: number,
    total: number | undefined,
    prepare: (transfer: Transfer) => void = () => {},
  ): Promise<string[]> {
    const story = new Story(columns, 8)
    story.run.total = 3
    const transfer = story.run.start('folder/file.iso', total)
    prepare(transfer)
    for (let i = 0; i < 11; i++) {
      story.frame()
      if (i < 10) story.run.receive(transfer, 1_048_576)
    }
    const texts = (await story.screen.read()).map(({ text }) => text)
    story.reporter.close()
    return texts
  }

  it('shows bar, share, size, speed and time left', async () => {
    const [whole, row] = await rows(100, 41_943_040)
    expect(row).toMatch(/^file\.iso +█+░+ +25% +40\.0 MiB +10\.0 MiB\/s +3 s$/)
    expect(whole).toMatch(/^0\/3 files +█+░+ +10\.0 MiB +10\.0 MiB\/s +11 s left$/)
  })

  it('leaves out what has no room', async () => {
    expect((await rows(40, 41_943_040))[1]).toMatch(/^file\.iso +25% +10\.0 MiB\/s$/)
    expect((await rows(40, 41_943_040))[0]).toMatch(/^0\/3 files +10\.0 MiB\/s +11 s left$/)
    expect((await rows(14, 41_943_040))[1]).toBe('file.iso')
  })

  it('shows no share and no time left where the length is unknown', async () => {
    const [whole, row] = await rows(100, undefined)
    expect(row).toMatch(/^file\.iso +10\.0 MiB +10\.0 MiB\/s$/)
    expect(whole).not.toContain('left')
  })

  it('says what a download waits for', async () => {
    const state = (change: Partial<Transfer>): Promise<string[]> =>
      rows(80, 100, (transfer) => Object.assign(transfer, change))
    expect((await state({ state: 'connecting' }))[1]).toMatch(/^file\.iso +connecting$/)
    expect((await state({ state: 'waiting' }))[1]).toMatch(/^file\.iso +waiting$/)
    expect((await state({ state: 'queued' }))[1]).toMatch(/^file\.iso +queued$/)
    expect((await state({ state: 'verifying' }))[1]).toMatch(/^file\.iso +verifying$/)
    expect((await state({ state: 'retrying', attempt: 2, retryAtMs: 5000 }))[1]).toMatch(
      /^file\.iso +retry 2 in 4 s$/,
    )
  })
})
