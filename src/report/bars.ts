/**
 * The reporter for a terminal: a bar for the whole, one for each download under way, and a line above
 * them for each end. The only file that knows cli-progress; it is loaded when bars are wanted.
 *
 * cli-progress breaks the screen when it has more bars than rows, and when bars come and go. So bars are
 * *slots*: `rows - 3` at most, made when first needed and never removed, each showing one download after another. A
 * download keeps its slot while it lasts; those without one wait, and count in the total alone. The
 * total stands first: below it slots may come and go, and nothing jumps.
 *
 * cli-progress would draw by a timer of its own; `TickedMultiBar` takes it away, so that frames come
 * from `tick` alone. `forceRedraw` is needed: without it a bar that did not change is left out of the
 * frame, which `FrameTerminal` writes as a whole (and skips when nothing on it has changed).
 */
import { basename } from 'node:path'
import cliProgress from 'cli-progress'
import type { DownloadEvent, LiveScreen, Reporter, RunState, Transfer } from '../download/events.ts'
import type { Loudness } from './lines.ts'
import { lineOf } from './lines.ts'
import { Outlook } from './outlook.ts'
import { takeLines } from './others.ts'
import { PaceMeter } from './pace.ts'
import type { Ink } from './rows.ts'
import { MOST_CELLS, totalRow, transferRow } from './rows.ts'
import { sanitize } from './sanitize.ts'
import type { ScreenStream } from './terminal.ts'
import { FrameTerminal } from './terminal.ts'
import { cutToWidth } from './text.ts'

/** What a reporter with bars is made from. */
export interface BarsOptions {
  readonly stream: ScreenStream & {
    on(event: 'resize', listener: () => void): unknown
    off(event: 'resize', listener: () => void): unknown
  }
  readonly run: RunState
  readonly loudness: Loudness
  readonly colour: boolean
  /** Whether bars are drawn with block characters, or with `=` and `-`. */
  readonly unicode: boolean
}

/** Ten frames a second at most, less what ticks may come early. */
const FRAME_MS = 95
/** Rows that are not for slots: the total, and two for what scrolls above. */
const OTHER_ROWS = 3
const BOLD = 1
const RED = 31
const YELLOW = 33
const CYAN = 36

/**
 * Draws a run with bars. `close` takes them away. Until then what others write to the stream stands above
 * them, too.
 */
export class BarsReporter implements Reporter, LiveScreen {
  readonly #options: BarsOptions
  readonly #run: RunState
  readonly #outlook: Outlook
  readonly #terminal: FrameTerminal
  readonly #bars: TickedMultiBar
  readonly #slots: Slot[] = []
  readonly #invalidate: () => void
  #total: cliProgress.SingleBar | undefined
  #above = ''
  #nextFrameMs = -Infinity
  #closed = false
  #suspended = false
  readonly #write: (text: string) => unknown
  #giveBack = (): void => {}

  constructor(options: BarsOptions) {
    this.#options = options
    this.#run = options.run
    this.#outlook = new Outlook(options.run)
    const { stream } = options
    this.#write = stream.write.bind(stream)
    const terminal = new FrameTerminal({
      write: (text) => this.#write(text),
      get columns() {
        return stream.columns
      },
      get rows() {
        return stream.rows
      },
    })
    this.#terminal = terminal
    this.#bars = new TickedMultiBar(multiBarOptions(options, terminal), PRESET)
    this.#invalidate = () => terminal.invalidate()
    stream.on('resize', this.#invalidate)
    this.#takeStream()
  }

  get screen(): LiveScreen {
    return this
  }

  above(line: string): void {
    if (this.#closed) this.#write(`${line}\n`)
    else this.#above += `${line}\r\n`
  }

  suspend(): void {
    if (this.#closed || this.#suspended) return
    this.#suspended = true
    this.#giveBack()
    this.#end()
  }

  resume(): void {
    if (this.#closed) return
    this.#terminal.forget()
    if (this.#suspended) this.#takeStream()
    this.#suspended = false
  }

  event(event: DownloadEvent): void {
    if (this.#closed) return
    this.#outlook.event(event)
    const { loudness, colour } = this.#options
    const fit = { columns: this.#terminal.columns, cut: cutToWidth }
    const line = lineOf(event, { loudness, colour, fit })
    if (line !== undefined) this.#above += `${line}\r\n`
  }

  tick(nowMs: number): void {
    if (this.#closed || nowMs < this.#nextFrameMs) return
    this.#nextFrameMs = nowMs + FRAME_MS
    if (this.#suspended) {
      this.#end()
      return
    }
    if (this.#run.total > 0) {
      this.#updateTotal(nowMs)
      this.#seat()
      const { columns } = this.#terminal
      for (const slot of this.#slots) slot.update(columns, nowMs, this.#run.paused)
    } else if (this.#above === '') return // Nothing is known yet: the terminal stays as it is.
    this.#draw()
    this.#terminal.flush()
  }

  close(): void {
    if (this.#closed) return
    if (!this.#suspended) this.#giveBack()
    this.#closed = true
    this.#options.stream.off('resize', this.#invalidate)
    this.#end()
    this.#bars.stop()
    this.#terminal.end()
  }

  #takeStream(): void {
    this.#giveBack = takeLines(this.#options.stream, (line) => this.above(line))
  }

  /** Takes the bars away; lines stay. */
  #end(): void {
    this.#draw()
    this.#terminal.end()
  }

  #updateTotal(nowMs: number): void {
    const run = this.#run
    const { columns } = this.#terminal
    const view = this.#outlook.look(nowMs)
    const payload: Payload = { row: (ink) => totalRow(run, view, columns, ink) }
    this.#total ??= this.#bars.create(run.total, 0, payload)
    this.#total.setTotal(run.total)
    this.#total.update(view.progress, payload)
  }

  /** Frees the slots of ended downloads, and those that a smaller window has no room for; then fills. */
  #seat(): void {
    const { active } = this.#run
    const most = Math.min(active.size, Math.max(0, this.#terminal.rows - OTHER_ROWS))
    const seated = new Set<Transfer>()
    for (const slot of this.#slots) {
      const { transfer } = slot
      if (transfer === undefined) continue
      if (seated.size < most && active.has(transfer)) seated.add(transfer)
      else slot.leave()
    }
    let free = 0
    for (const transfer of active) {
      if (seated.size >= most) return
      if (seated.has(transfer)) continue
      while (this.#slots[free]?.transfer !== undefined) free++
      const slot = (this.#slots[free] ??= new Slot(this.#bars.create(0, 0, { row: vacant })))
      slot.take(transfer)
      seated.add(transfer)
    }
  }

  #draw(): void {
    if (this.#above !== '') this.#bars.log(this.#above)
    this.#above = ''
    this.#bars.update()
  }
}

/**
 * What a bar of cli-progress carries: how its row is made. An empty row takes no place. cli-progress
 * keeps the first payload of a bar and writes later ones into it, so each bar needs its own.
 */
interface Payload {
  readonly row: (ink: Ink) => string
}

const vacant = (): string => ''
const PRESET = cliProgress.Presets.shades_classic

/** One bar, and the download that it shows at present. */
class Slot {
  readonly #bar: cliProgress.SingleBar
  readonly #meter = new PaceMeter()
  #name = ''
  transfer: Transfer | undefined

  constructor(bar: cliProgress.SingleBar) {
    this.#bar = bar
  }

  take(transfer: Transfer): void {
    this.transfer = transfer
    this.#name = sanitize(basename(transfer.path))
    this.#meter.reset()
  }

  leave(): void {
    this.transfer = undefined
    this.#bar.update(0, { row: vacant } satisfies Payload)
  }

  update(columns: number, nowMs: number, isPaused: boolean): void {
    const { transfer } = this
    if (transfer === undefined) return
    const name = this.#name
    const pace = this.#meter.look(transfer, nowMs, isPaused)
    const row = (ink: Ink): string => transferRow(transfer, name, pace, columns, nowMs, ink)
    this.#bar.setTotal(transfer.total ?? 0)
    this.#bar.update(transfer.bytes, { row } satisfies Payload)
  }
}

/** cli-progress's stack of bars without its timer: it draws when `update` is called, and only then. */
class TickedMultiBar extends cliProgress.MultiBar {
  /** cli-progress's own field; its types leave it out. */
  declare timer: NodeJS.Timeout | null

  override create(total: number, value: number, payload: Payload): cliProgress.SingleBar {
    const bar = super.create(total, value, payload)
    this.#disarm()
    return bar
  }

  override update(): void {
    super.update()
    this.#disarm()
  }

  #disarm(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
  }
}

function painter(code: number | false): (text: string) => string {
  return code === false ? (text) => text : (text) => `\x1b[${code}m${text}\x1b[0m`
}

function multiBarOptions(
  { colour, unicode }: BarsOptions,
  terminal: FrameTerminal,
): cliProgress.Options & { terminal: FrameTerminal } {
  const [before, glue, after] = colour ? [`\x1b[${CYAN}m`, '\x1b[0;2m', '\x1b[0m'] : ['', '', '']
  return {
    terminal,
    barsize: MOST_CELLS,
    barGlue: glue,
    ...(unicode ? {} : { barCompleteChar: '=', barIncompleteChar: '-' }),
    format: (options, params, payload: Payload) =>
      payload.row({
        bar: (cells) => {
          const bar = cliProgress.Format.BarFormat(params.progress, { ...options, barsize: cells })
          return before + bar + after
        },
        warn: painter(colour && YELLOW),
        fail: painter(colour && RED),
        strong: painter(colour && BOLD),
      }),
    clearOnComplete: true,
    emptyOnZero: true,
    forceRedraw: true,
    gracefulExit: false,
  }
}
