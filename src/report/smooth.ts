/**
 * Figures that do not flicker: a speed and a time left, smoothed over time.
 *
 * Both are exponential moving averages whose weight depends on the time between two looks, so the
 * result is the same however often one looks. A ring of samples was rejected: it needs room for each
 * figure, and jumps when a burst leaves it. The time left is smoothed as the moment of the end, which
 * stands still while all goes well, and not as a duration, which never does.
 *
 * Pure: the time is given, on any clock that does not go back.
 */

/** The speed of a counter of bytes that is looked at now and then. */
export class Rate {
  readonly #windowMs: number
  #bytes = 0
  #atMs: number | undefined
  #sum = 0
  #weight = 0

  /** `windowMs`: the age at which a measurement counts for about a third. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  /** Bytes a second; undefined until two looks have been taken. */
  get bytesPerSecond(): number | undefined {
    return this.#weight === 0 ? undefined : this.#sum / this.#weight
  }

  /** Forgets all: the next look is the first. */
  reset(): void {
    this.#atMs = undefined
    this.#sum = 0
    this.#weight = 0
  }

  /** Looks: the counter stands at `bytes`. A counter that went back (a new try) starts afresh. */
  update(bytes: number, nowMs: number): void {
    if (this.#atMs !== undefined && bytes < this.#bytes) this.reset()
    const elapsedMs = nowMs - (this.#atMs ?? nowMs)
    if (elapsedMs > 0) {
      const share = 1 - Math.exp(-elapsedMs / this.#windowMs)
      const speed = ((bytes - this.#bytes) / elapsedMs) * 1000
      this.#sum += (speed - this.#sum) * share
      // Divided out by the getter: else the first seconds would look slow (Adam's bias correction).
      this.#weight += (1 - this.#weight) * share
    } else if (this.#atMs !== undefined) return
    this.#bytes = bytes
    this.#atMs = nowMs
  }
}

/** Less is nothing to drift in. */
const LEAST_LEFT_MS = 100

/**
 * A time left that counts down, and drifts towards each new estimate instead of jumping to it: by a share
 * of their ratio, not of their difference. The first estimates of a run can be wrong by a hundred times,
 * and a hundredth of an hour is soon gone by ratios, but not by seconds.
 */
export class Countdown {
  readonly #windowMs: number
  #endMs: number | undefined
  #atMs = 0

  /** `windowMs`: the time in which about two thirds of the way to a new estimate are gone. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  /** Takes the estimate `leftMs` and gives the smoothed one; undefined forgets what was known. */
  update(leftMs: number | undefined, nowMs: number): number | undefined {
    if (leftMs === undefined || !Number.isFinite(leftMs)) {
      this.#endMs = undefined
      return undefined
    }
    const before = this.#endMs === undefined ? leftMs : this.#endMs - nowMs
    // Near the end there is no time to drift.
    const windowMs = Math.min(this.#windowMs, Math.max(leftMs, LEAST_LEFT_MS))
    const share = 1 - Math.exp(-(nowMs - this.#atMs) / windowMs)
    const drifted =
      before < LEAST_LEFT_MS || leftMs < LEAST_LEFT_MS
        ? leftMs
        : before * (leftMs / before) ** share
    this.#endMs = nowMs + drifted
    this.#atMs = nowMs
    return drifted
  }
}
