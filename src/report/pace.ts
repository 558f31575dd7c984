/**
 * How fast one download is, and for how long still: smoothed, so that a row can be read.
 */
import type { Transfer } from '../download/events.ts'
import { Countdown, Rate } from './smooth.ts'

const SPEED_WINDOW_MS = 2000
const COUNTDOWN_WINDOW_MS = 1500
/** Before, further connections are still being made, and the first ones have hardly begun. */
const LEAST_SEEN_MS = 1000

/** What was seen at a look; undefined while it is not known. */
export interface Pace {
  readonly bytesPerSecond: number | undefined
  readonly leftMs: number | undefined
}

/** Looks at one download, now and then; after `reset` at another. */
export class PaceMeter {
  readonly #rate = new Rate(SPEED_WINDOW_MS)
  readonly #countdown = new Countdown(COUNTDOWN_WINDOW_MS)

  #firstMs: number | undefined

  /** Forgets all: the next look is the first. */
  reset(): void {
    this.#firstMs = undefined
    this.#rate.reset()
    this.#countdown.update(undefined, 0)
  }

  /** One that does not receive, or whose run is paused, has no speed; its next bytes begin a new one. */
  look({ state, received, bytes, total }: Transfer, nowMs: number, isPaused = false): Pace {
    if (state !== 'receiving' || isPaused) {
      this.reset()
      return { bytesPerSecond: undefined, leftMs: undefined }
    }
    this.#rate.update(received, nowMs)
    this.#firstMs ??= nowMs
    const { bytesPerSecond } = this.#rate
    const isSettled = nowMs - this.#firstMs >= LEAST_SEEN_MS
    const isKnown =
      isSettled && total !== undefined && bytesPerSecond !== undefined && bytesPerSecond >= 1
    const leftMs = isKnown ? (Math.max(0, total - bytes) / bytesPerSecond) * 1000 : undefined
    return { bytesPerSecond, leftMs: this.#countdown.update(leftMs, nowMs) }
  }
}
