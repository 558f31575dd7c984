/**
 * `--report`: listens to a run, and makes one page of it, which needs nothing but a browser.
 *
 * The page is built beforehand (`html/`, by scripts/build.js), and has one empty place, for the data. So
 * nothing of a run is ever put into HTML or a script by text: it is JSON in a block that isn't run, with
 * every `<` escaped, and the page sets texts, never HTML. Its Content-Security-Policy lets run the one
 * script that it was built with, by its hash, and no request be sent.
 *
 * What is kept of a download is its URL and path, which the engine has too, and some 200 bytes. Imports
 * the engine's types alone.
 */
import type { DownloadEvent, RunState, Transfer, TransferState } from '../download/events.ts'
import { type GdlError, redact } from '../errors.ts'
import { VERSION } from '../version.ts'
import { type End, ENDS, type Failure, type ReportData, type TaskRow } from './html/data.ts'
import { Samples } from './samples.ts'
import { StageLog, STAGES } from './stage-log.ts'

/** The page's data goes behind it. */
const PLACE = '<script id="data" type="application/json">'

/** What is known of a download besides its steps. */
interface Task {
  readonly url: string
  readonly path: string
  readonly end: End
  readonly bytes: number
  readonly seconds: number
  readonly attempts: number
  readonly endMs: number
  readonly failure?: Failure
}

/** Remembers a run. */
export class HtmlRecorder {
  readonly #run: RunState
  readonly #startedAt = new Date()
  readonly #steps = new StageLog()
  readonly #samples: Samples
  readonly #transfers = new Map<number, Transfer>()
  /** By id; of one that has not begun, the URL alone. */
  readonly #tasks: (Task | string | undefined)[] = []
  #retries = 0

  constructor(run: RunState) {
    this.#run = run
    this.#samples = new Samples(run)
  }

  /** Learns from an event of the engine. O(1). */
  event(event: DownloadEvent): void {
    switch (event.event) {
      case 'added': {
        const { item, id } = event
        if (item.kind === 'entry') this.#tasks[id] = redact(item.entry.urls[0])
        this.stage(id, 'queued')
        break
      }
      case 'start':
        this.#transfers.set(event.transfer.id, event.transfer)
        this.stage(event.transfer.id, 'connecting')
        break
      case 'retry':
        this.#retries++
        break
      case 'done': {
        const { id, url, path, bytes, seconds, attempts, status } = event
        this.#end(id, { url, path, bytes, seconds, attempts, end: status, endMs: this.#nowMs() })
        break
      }
      case 'fail': {
        const { id, url, path = '', attempts } = event
        const failure = failureOf(event.error, event.source)
        const left = this.#leftOf(id)
        this.#end(id, { ...left, url: redact(url), path, attempts, end: 'failed', failure })
        break
      }
      default:
    }
  }

  /** Learns that a download has come to a stage. O(1). */
  stage(id: number, stage: TransferState): void {
    this.#steps.add(id, stage, this.#nowMs())
  }

  /** Learns how far the run is. `nowMs` is `performance.now()`. */
  tick(nowMs: number): void {
    this.#samples.tick(nowMs)
  }

  /**
   * The page, in pieces: `template` is what scripts/build.js made of `html/`, `signal` what ended the run
   * early. Once, when the run has ended. Does not park.
   */
  *page(template: string, signal: string | undefined): Generator<string> {
    const at = template.indexOf(PLACE) + PLACE.length
    yield template.slice(0, at)
    const { samples, tasks, ...rest } = this.#data(signal)
    const head = json(rest)
    yield `${head.slice(0, -1)},"samples":${json(samples)},"tasks":[`
    let separator = '\n'
    for (const task of tasks) {
      yield separator + json(task)
      separator = ',\n'
    }
    yield `\n]}${template.slice(at)}`
  }

  #data(
    signal: string | undefined,
  ): Omit<ReportData, 'tasks'> & { readonly tasks: Iterable<TaskRow> } {
    const { downloaded, present, failed, total, bytes } = this.#run
    const ms = this.#nowMs()
    return {
      version: VERSION,
      startedAt: this.#startedAt.toISOString(),
      ...(signal === undefined ? {} : { signal }),
      downloaded,
      present,
      failed,
      total,
      bytes,
      seconds: ms / 1000,
      retries: this.#retries,
      stages: STAGES,
      samples: this.#samples
        .until(ms)
        .map((sample) => [Math.round(sample.ms), sample.bytes, sample.active] as const),
      tasks: this.#rows(),
    }
  }

  *#rows(): Generator<TaskRow> {
    const steps = this.#steps.byId()
    for (let id = 1; id < steps.length; id++) {
      const task = this.#taskOf(id)
      const { url, path, end, bytes, attempts, failure } = task
      const seconds = Math.round(task.seconds * 1000) / 1000
      const endMs = Math.round(task.endMs * 10) / 10
      const row = [
        url,
        path,
        ENDS.indexOf(end),
        bytes,
        seconds,
        attempts,
        endMs,
        steps[id]!,
      ] as const
      yield failure === undefined ? row : [...row, failure]
    }
  }

  #taskOf(id: number): Task {
    const task = this.#tasks[id]
    if (typeof task === 'object') return task
    const transfer = this.#transfers.get(id)
    const end = transfer === undefined ? 'not begun' : 'interrupted'
    return {
      ...this.#leftOf(id),
      url: transfer?.url ?? task ?? '',
      path: transfer?.path ?? '',
      attempts: transfer?.attempt ?? 0,
      end,
    }
  }

  /** Of a download that has not come to its end. */
  #leftOf(id: number): Pick<Task, 'bytes' | 'seconds' | 'endMs'> {
    const transfer = this.#transfers.get(id)
    const endMs = this.#nowMs()
    const beganMs = (transfer?.startedMs ?? Infinity) - this.#run.startedMs
    return { bytes: transfer?.bytes ?? 0, seconds: Math.max(0, (endMs - beganMs) / 1000), endMs }
  }

  #end(id: number, task: Task): void {
    this.#tasks[id] = task
    this.#transfers.delete(id)
  }

  #nowMs(): number {
    return performance.now() - this.#run.startedMs
  }
}

function failureOf(error: GdlError, source: string | undefined): Failure {
  const { code, message, hint, retryable } = error
  const { status } = error as { status?: number }
  return {
    code,
    message,
    retryable,
    ...(hint === undefined ? {} : { hint }),
    ...(status === undefined ? {} : { status }),
    ...(source === undefined ? {} : { source }),
  }
}

/** JSON that ends no script block and begins no comment in it. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
