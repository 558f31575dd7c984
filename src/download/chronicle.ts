/**
 * The engine's events as programs are told them: the one source of what `download` gives and of what
 * `--json` prints, so that the two cannot differ.
 *
 * The engine's own events hold live objects, made for reporters that draw; these are values, each with
 * its time. Progress is made here, from looks at the transfers: the engine has no event for a chunk.
 */
import { VERSION } from '../version.ts'
import type { DownloadEvent, RunEvent, RunState, Transfer } from './events.ts'

/** Between two progress events of a download, less what a tick may come early. */
const PROGRESS_MS = 950

type Untimed<T> = T extends unknown ? Omit<T, 'time'> : never

/** Tells `listener` of a run. The caller says when the run begins and ends. */
export class Chronicle {
  readonly #run: RunState
  readonly #listener: (event: RunEvent) => void
  /** What each download under way had received at its last progress event. */
  readonly #seen = new Map<number, { received: number; atMs: number }>()

  constructor(run: RunState, listener: (event: RunEvent) => void) {
    this.#run = run
    this.#listener = listener
  }

  /** Tells `run`. */
  begin(): void {
    this.#tell({ event: 'run', schema: 1, version: VERSION })
  }

  /** Tells of an engine's event, if programs are to know it. */
  event(event: DownloadEvent): void {
    switch (event.event) {
      case 'start': {
        const { id, url, path, startedMs } = event.transfer
        this.#seen.set(id, { received: 0, atMs: startedMs })
        this.#tell({ event: 'start', id, url, path })
        break
      }
      case 'planned':
        this.#tell({ ...event, event: 'start' })
        break
      case 'retry': {
        const { id, url, attempt, delayMs, error } = event
        this.#tell({ event: 'retry', id, url, attempt, delay: delayMs / 1000, error })
        break
      }
      case 'done':
      case 'fail':
        this.#seen.delete(event.id)
        this.#tell(event)
        break
      case 'warning':
        this.#tell(event)
        break
      default:
    }
  }

  /** Tells the progress of those downloads that are due. Cost: O(downloads under way). */
  tick(nowMs: number): void {
    for (const transfer of this.#run.active) this.#progress(transfer, nowMs)
  }

  /** Tells `summary`. */
  end(): void {
    const { downloaded, present, failed, bytes, startedMs } = this.#run
    const seconds = (performance.now() - startedMs) / 1000
    this.#tell({ event: 'summary', downloaded, present, failed, bytes, seconds })
  }

  #progress({ id, state, bytes, received, total }: Transfer, nowMs: number): void {
    const seen = this.#seen.get(id)
    if (state !== 'receiving' || seen === undefined || nowMs - seen.atMs < PROGRESS_MS) return
    const speed = Math.round(((received - seen.received) / (nowMs - seen.atMs)) * 1000)
    seen.received = received
    seen.atMs = nowMs
    this.#tell({ event: 'progress', id, bytes, total, speed })
  }

  #tell(event: Untimed<RunEvent>): void {
    const { event: name, ...fields } = event
    this.#listener({ event: name, time: new Date().toISOString(), ...fields } as RunEvent)
  }
}
