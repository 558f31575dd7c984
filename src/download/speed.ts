/**
 * How fast one connection has been of late: bytes over a sliding window, to tell one that is slow or
 * stalled, and for `--min-speed`.
 *
 * The window is a ring of slots, so a look is right to one slot (a thirtieth of the window), and all
 * costs are O(1). A moving average that fades out, as the reporters have, was rejected: it can say how
 * fast, but not that it was too slow for all of thirty seconds.
 *
 * Pure: the time is given, on any clock that does not go back.
 */
import { NetworkError } from '../errors.ts'

const SLOTS = 30

/** The speed of one connection. */
export class Speed {
  readonly #slotMs: number
  /** One more than the window has, since the newest is not full. */
  readonly #slots = new Float64Array(SLOTS + 1)
  /** Number of the newest slot, counted from the beginning. */
  #newest = 0
  #startMs: number

  /** Begins to count at `nowMs`, and remembers `windowMs`. */
  constructor(windowMs: number, nowMs: number) {
    this.#slotMs = windowMs / SLOTS
    this.#startMs = nowMs
  }

  /** Forgets all: a new connection, or one that goes on after we ourselves have had it wait. */
  restart(nowMs: number): void {
    this.#slots.fill(0)
    this.#newest = 0
    this.#startMs = nowMs
  }

  /** So many bytes have come. */
  add(bytes: number, nowMs: number): void {
    this.#moveTo(nowMs)
    this.#slots[this.#newest % this.#slots.length]! += bytes
  }

  /**
   * Bytes a second over the last `forMs` (at most the window, which it is if not given), or since the
   * beginning where that is later; undefined before the first slot is full.
   */
  bytesPerSecond(nowMs: number, forMs: number = Infinity): number | undefined {
    this.#moveTo(nowMs)
    const sinceStartMs = nowMs - this.#startMs
    if (sinceStartMs < this.#slotMs) return undefined
    const full = Math.max(1, Math.min(SLOTS, this.#newest, Math.round(forMs / this.#slotMs)))
    let bytes = 0
    for (let age = 0; age <= full; age++) {
      bytes += this.#slots[(this.#newest - age) % this.#slots.length]!
    }
    const inNewestMs = sinceStartMs - this.#newest * this.#slotMs
    return (bytes / (full * this.#slotMs + inNewestMs)) * 1000
  }

  /** Whether it has been slower than `rate` over the last `forMs`, a full such time having passed. */
  isBelow(rate: number, forMs: number, nowMs: number): boolean {
    if (nowMs - this.#startMs < forMs) return false
    return (this.bytesPerSecond(nowMs, forMs) ?? Infinity) < rate
  }

  #moveTo(nowMs: number): void {
    const slot = Math.floor((nowMs - this.#startMs) / this.#slotMs)
    if (slot - this.#newest > SLOTS) this.#slots.fill(0)
    else while (this.#newest < slot) this.#slots[++this.#newest % this.#slots.length] = 0
    this.#newest = Math.max(this.#newest, slot)
  }
}

/** What is slower than `--min-speed` for all of `--min-speed-time`. */
export function tooSlow(host: string, ms: number): NetworkError {
  const message = `${host}: slower than --min-speed for ${ms / 1000} s`
  return new NetworkError('GDL_ERR_TOO_SLOW', message, { retryable: true })
}
