/**
 * How far the run as a whole is, how fast, and for how long still.
 *
 * The sizes of downloads that have not begun are unknown, so each is taken to be as large as the mean
 * of those that were downloaded and those whose length the server has told. The share done counts files, each
 * by the part of it that is there: a share of estimated bytes was rejected, because it goes back
 * whenever a file is larger than the mean. Until the lists are read there is no time left.
 *
 * A pass over the downloads under way for each look; nothing is kept for each download.
 */
import type { DownloadEvent, RunState } from '../download/events.ts'
import { Countdown, Rate } from './smooth.ts'

/** What an `Outlook` saw at its last look. */
export interface View {
  /** Downloads that have ended, in whatever way. */
  readonly ended: number
  /** Ended downloads, and the parts of those under way; at most `RunState.total`. */
  readonly progress: number
  /** Smoothed; undefined at the first look. */
  readonly bytesPerSecond: number | undefined
  /** Smoothed; undefined while it cannot be told. */
  readonly leftMs: number | undefined
}

const SPEED_WINDOW_MS = 4000
const COUNTDOWN_WINDOW_MS = 3000
/** Before, a speed is that of connections being made. */
const LEAST_SEEN_MS = 1000

/** The state of one run, looked at now and then. */
export class Outlook {
  readonly #run: RunState
  readonly #rate = new Rate(SPEED_WINDOW_MS)
  readonly #countdown = new Countdown(COUNTDOWN_WINDOW_MS)
  #firstMs: number | undefined
  #files = 0
  #bytes = 0

  constructor(run: RunState) {
    this.#run = run
  }

  /** Learns the size of a finished download. */
  event(event: DownloadEvent): void {
    if (event.event !== 'done' || event.status === 'present' || event.status === 'unchanged') return
    this.#files++
    this.#bytes += event.bytes
  }

  /** The state at `nowMs`. Cost: O(downloads under way). */
  look(nowMs: number): View {
    const run = this.#run
    this.#rate.update(run.bytes, nowMs)
    const ended = run.downloaded + run.present + run.failed

    let progress = ended
    let missingBytes = 0
    let knownFiles = this.#files
    let knownBytes = this.#bytes
    let unknownFiles = Math.max(0, run.total - ended - run.active.size)
    for (const { bytes, total } of run.active) {
      if (total === undefined) {
        unknownFiles++
        continue
      }
      knownFiles++
      knownBytes += total
      missingBytes += Math.max(0, total - bytes)
      progress += total > 0 ? Math.min(1, bytes / total) : 0
    }

    const bytesPerSecond = this.#rate.bytesPerSecond
    let leftMs: number | undefined
    this.#firstMs ??= nowMs
    const isSettled = nowMs - this.#firstMs >= LEAST_SEEN_MS
    if (run.complete && isSettled && bytesPerSecond !== undefined && bytesPerSecond >= 1) {
      if (knownFiles > 0) missingBytes += (unknownFiles * knownBytes) / knownFiles
      if (knownFiles > 0 || unknownFiles === 0) leftMs = (missingBytes / bytesPerSecond) * 1000
    }
    return {
      ended,
      progress: Math.min(progress, run.total),
      bytesPerSecond,
      leftMs: this.#countdown.update(leftMs, nowMs),
    }
  }
}
