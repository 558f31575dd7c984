/**
 * So many bytes a second: `--limit` over all, `--limit-each` for one download.
 *
 * A token bucket that is paid afterwards: a batch is read first, and `take` parks until the rate has
 * covered it. Whoever is at the head of the queue has the tokens saved up for it, however many, so a
 * batch larger than the bucket is a debt that is paid before the next one is looked at. First come,
 * first served: with batches of one size, all have the same share.
 *
 * What `take` has let pass by a time t is never more than rate * t and the bucket, which holds what
 * comes in BUCKET_MS: that is the bound of a burst, and what a late timer may catch up. What was read
 * may be ahead of that by the one batch that each taker is in debt for; so read no more at a time than
 * `batchBytes`, and keep the socket's buffers as small.
 *
 * Rejected: sleeping for each batch by itself (timers are late by a millisecond, and it adds up), and
 * giving out slots of future time (they are wrong when the rate is changed).
 */
import { getHub, type Operation, type TimerWatcher, Waiter } from '../scheduler/index.ts'

/** A twentieth of the five seconds over which a limit is to be right to a twentieth is 250. */
const BUCKET_MS = 100
/** How much of the time one batch may stand for. */
const BATCH_MS = 50
const SMALLEST_BATCH = 64
const LARGEST_BATCH = 2 * 1024 * 1024

interface Taker {
  readonly bytes: number
  readonly waiter: Waiter<void>
}

/** A rate that any number of greenlets keep together. */
export class RateLimit {
  #rate: number | undefined
  #tokens = 0
  #atMs = 0
  /** A set keeps the order, and lets anyone leave in O(1). */
  readonly #queue = new Set<Taker>()
  /** For the head of the queue. */
  #timer: TimerWatcher | undefined

  /** Undefined is no limit. RangeError for what is no finite number over 0. */
  constructor(bytesPerSecond?: number) {
    this.#rate = checked(bytesPerSecond)
    this.#atMs = now()
  }

  /** Bytes a second; undefined: no limit. May be changed at any time: those who wait go by it at once. */
  get rate(): number | undefined {
    return this.#rate
  }

  set rate(bytesPerSecond: number | undefined) {
    const rate = checked(bytesPerSecond)
    this.#refill()
    this.#rate = rate
    this.#serve()
  }

  /** How much to read at a time, that all go on smoothly: 64 B to 2 MiB, less for each when many wait. */
  get batchBytes(): number {
    if (this.#rate === undefined) return LARGEST_BATCH
    const share = Math.floor((this.#rate * BATCH_MS) / 1000 / (this.#queue.size + 1))
    return Math.max(SMALLEST_BATCH, Math.min(LARGEST_BATCH, share))
  }

  /**
   * Parks until the rate has covered `bytes` more. Killed here, they are not charged, and what was
   * saved up for them goes to the next. O(1), and O(log timers) at the head of the queue.
   */
  *take(bytes: number): Operation<void> {
    if (this.#rate === undefined || bytes <= 0) return
    if (this.#queue.size === 0) {
      this.#refill()
      if (this.#covers(bytes)) {
        this.#tokens -= bytes
        return
      }
    }
    const taker: Taker = { bytes, waiter: new Waiter<void>(undefined, this) }
    this.#queue.add(taker)
    if (this.#queue.size === 1) this.#serve()
    let isPaid = false
    try {
      yield* taker.waiter.get()
      isPaid = true
    } finally {
      if (!isPaid) this.#leave(taker)
    }
  }

  #leave(taker: Taker): void {
    this.#refill()
    // One that was served in the moment of its kill gives back what it got.
    if (!this.#queue.delete(taker)) this.#tokens += taker.bytes
    this.#serve()
  }

  /** Less than a byte short is enough, as the clock is not exact; the next pays for it. */
  #covers(bytes: number): boolean {
    return this.#tokens > bytes - 1
  }

  #refill(): void {
    const nowMs = now()
    const elapsedMs = nowMs - this.#atMs
    this.#atMs = nowMs
    if (this.#rate === undefined) {
      this.#tokens = 0
      return
    }
    const [head] = this.#queue
    const most = (this.#rate * BUCKET_MS) / 1000 + (head?.bytes ?? 0)
    this.#tokens = Math.min(most, this.#tokens + (elapsedMs * this.#rate) / 1000)
  }

  /** Lets all go whose bytes are covered, and sets the timer for the next. */
  #serve(): void {
    this.#timer?.stop()
    this.#timer = undefined
    for (const taker of this.#queue) {
      if (this.#rate !== undefined) {
        if (!this.#covers(taker.bytes)) {
          this.#wakeFor(taker.bytes, this.#rate)
          return
        }
        this.#tokens -= taker.bytes
      }
      this.#queue.delete(taker)
      taker.waiter.switch()
    }
  }

  #wakeFor(bytes: number, rate: number): void {
    // Whoever was just served may be back, and have set it.
    this.#timer?.stop()
    this.#timer = getHub().loop.timer(((bytes - this.#tokens) / rate) * 1000)
    this.#timer.start(() => {
      this.#refill()
      this.#serve()
    })
  }
}

function now(): number {
  const { loop } = getHub()
  loop.update()
  return loop.now()
}

function checked(rate: number | undefined): number | undefined {
  if (rate !== undefined && !(rate > 0 && rate < Infinity)) {
    throw new RangeError(`a limit of ${rate} bytes a second`)
  }
  return rate
}
