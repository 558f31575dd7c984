/**
 * The reporter for what is not a terminal: a file, a pipe, a CI log. Lines alone, and not one escape
 * code, whatever `--progress` and the colours say.
 *
 * One line for each end, and a progress line each 10 s, so that a log of hours stays readable and a
 * watchdog still sees life. With `quiet` only what failed. Lines are gathered and written once a tick:
 * 10,000 small files a second would otherwise be as many system calls.
 */
import type { DownloadEvent, Reporter, RunState } from '../download/events.ts'
import { formatBytes, formatSpeed, formatTimeLeft } from './format.ts'
import type { LineStyle, Loudness } from './lines.ts'
import { lineOf } from './lines.ts'
import { Outlook } from './outlook.ts'

/** What a plain reporter is made from. */
export interface PlainOptions {
  readonly stream: { write(text: string): unknown }
  readonly run: RunState
  readonly loudness: Loudness
  /** Whether there is a progress line each 10 s. */
  readonly progress: boolean
}

const PROGRESS_MS = 10_000
/** What is gathered between ticks is written early beyond this many characters. */
const BUFFER_LENGTH = 65_536

/** Tells of a run in plain lines. What was not yet written, `close` writes. */
export class PlainReporter implements Reporter {
  readonly #stream: PlainOptions['stream']
  readonly #run: RunState
  readonly #style: LineStyle
  readonly #outlook: Outlook | undefined
  #nextProgressMs: number
  #buffer = ''
  #closed = false

  constructor(options: PlainOptions) {
    this.#stream = options.stream
    this.#run = options.run
    this.#style = { loudness: options.loudness, colour: false, fit: undefined }
    this.#outlook = options.progress ? new Outlook(options.run) : undefined
    this.#nextProgressMs = options.run.startedMs + PROGRESS_MS
  }

  event(event: DownloadEvent): void {
    if (this.#closed) return
    this.#outlook?.event(event)
    const line = lineOf(event, this.#style)
    if (line === undefined) return
    this.#buffer += `${line}\n`
    if (this.#buffer.length > BUFFER_LENGTH) this.#flush()
  }

  tick(nowMs: number): void {
    if (this.#closed) return
    if (this.#outlook !== undefined) this.#progress(this.#outlook, nowMs)
    this.#flush()
  }

  close(): void {
    this.#closed = true
    this.#flush()
  }

  #progress(outlook: Outlook, nowMs: number): void {
    const view = outlook.look(nowMs)
    if (nowMs < this.#nextProgressMs) return
    this.#nextProgressMs = nowMs + PROGRESS_MS
    const run = this.#run
    let retrying = 0
    for (const transfer of run.active) if (transfer.state === 'retrying') retrying++
    const parts = [`${view.ended}/${run.total}${run.complete ? '' : '+'} files`]
    if (run.failed > 0) parts.push(`${run.failed} failed`)
    parts.push(`${run.active.size} under way`)
    if (retrying > 0) parts.push(`${retrying} retrying`)
    parts.push(formatBytes(run.bytes), formatSpeed(view.bytesPerSecond ?? 0))
    if (view.leftMs !== undefined) parts.push(`${formatTimeLeft(view.leftMs)} left`)
    this.#buffer += `progress    ${parts.join(', ')}\n`
  }

  #flush(): void {
    if (this.#buffer === '') return
    this.#stream.write(this.#buffer)
    this.#buffer = ''
  }
}
