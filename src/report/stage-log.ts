/**
 * When each of many downloads came to which stage: three columns of numbers, nine bytes a step.
 *
 * Objects would take ten times as much, and a hundred thousand downloads have half a million steps. What
 * one download may write is bounded, for one that is tried for days must not fill the memory.
 */
import type { TransferState } from '../download/events.ts'

/** The order is that of the page's data. */
export const STAGES: readonly TransferState[] = [
  'queued',
  'connecting',
  'waiting',
  'receiving',
  'writing',
  'verifying',
  'retrying',
]

/** What is kept of one download; what comes later is left out. */
const MOST_STEPS = 120
/** Times are kept in tenths of a millisecond, up to five days. */
const TICKS_PER_MS = 10
const LAST_TICK = 2 ** 32 - 1

/** The steps of all downloads, in the order in which they happened. */
export class StageLog {
  #ids = new Uint32Array(256)
  #ticks = new Uint32Array(256)
  #stages = new Uint8Array(256)
  #length = 0
  /** By id: the stage of now, and how many steps there were. */
  #last = new Uint8Array(256)
  #counts = new Uint8Array(256)

  /** The highest id so far. */
  lastId = 0

  /** Download `id` has come to `stage`, `ms` after the run began. Again where it is: nothing. Amortised O(1). */
  add(id: number, stage: TransferState, ms: number): void {
    this.#makeRoomFor(id)
    const index = STAGES.indexOf(stage)
    const count = this.#counts[id]!
    if (count === MOST_STEPS || (count > 0 && this.#last[id] === index)) return
    this.#last[id] = index
    this.#counts[id] = count + 1
    const at = this.#length++
    this.#ids[at] = id
    this.#stages[at] = index
    this.#ticks[at] = Math.min(Math.max(0, Math.round(ms * TICKS_PER_MS)), LAST_TICK)
  }

  /** By id, an index into STAGES and milliseconds in turn. O(all steps): once, at the end. */
  byId(): number[][] {
    const steps: number[][] = Array.from({ length: this.lastId + 1 }, () => [])
    for (let at = 0; at < this.#length; at++) {
      steps[this.#ids[at]!]!.push(this.#stages[at]!, this.#ticks[at]! / TICKS_PER_MS)
    }
    return steps
  }

  #makeRoomFor(id: number): void {
    this.lastId = Math.max(this.lastId, id)
    if (this.#length === this.#ids.length) {
      this.#ids = grown(this.#ids, new Uint32Array(this.#length * 2))
      this.#ticks = grown(this.#ticks, new Uint32Array(this.#length * 2))
      this.#stages = grown(this.#stages, new Uint8Array(this.#length * 2))
    }
    if (id >= this.#last.length) {
      const length = Math.max(id + 1, this.#last.length * 2)
      this.#last = grown(this.#last, new Uint8Array(length))
      this.#counts = grown(this.#counts, new Uint8Array(length))
    }
  }
}

function grown<T extends Uint32Array | Uint8Array>(from: T, into: T): T {
  into.set(from)
  return into
}
