/**
 * How fast one download is, and for how long still: smoothed, so that a row can be read.
 */
import type { Transfer } from '../download/events.ts'
import { Countdown, Rate } from './smooth.ts'

const SPEED_WINDOW_MS = 2000

/** What was seen at a look; undefined while it is not known. */
export interface Pace {
  readonly bytesPerSecond: number | undefined
  readonly leftMs: number | undefined
}

/** Looks at one download, now and then; after `reset` at another. */
export class PaceMeter {
  readonly #rate = new Rate(SPEED_WINDOW_MS)
  readonly #countdown = new Countdown()

  /** Forgets all: the next look is the first. */
  reset(): void {
    this.#rate.reset()
    this.#countdown.update(undefined, 0)
  }

  /** One that does not receive, or whose run is paused, has no speed; its next bytes begin a new one. */
  look({ state, received, bytes, total }: Transfer, nowMs: number, isPaused = false): Pace {
    if (state === 'receiving' && !isPaused) this.#rate.update(received, nowMs)
    else this.reset()
    const { bytesPerSecond } = this.#rate
    const isKnown = total !== undefined && bytesPerSecond !== undefined && bytesPerSecond >= 1
    const leftMs = isKnown ? (Math.max(0, total - bytes) / bytesPerSecond) * 1000 : undefined
    return { bytesPerSecond, leftMs: this.#countdown.update(leftMs, nowMs) }
  }
}
