/**
 * How a run went over time, in at most a thousand looks: when there are more, every second one is
 * forgotten and looks are taken half as often. So a run of a minute and one of a week cost the same.
 */
import type { RunState } from '../download/events.ts'

const MOST_SAMPLES = 1000

/** What was seen at one moment. */
export interface Sample {
  /** Since the run began. */
  readonly ms: number
  /** Received until then. */
  readonly bytes: number
  /** Downloads under way. */
  readonly active: number
}

/** Looks at a run, and what was seen. */
export class Samples {
  readonly #run: RunState
  #samples: Sample[] = []
  #everyMs = 0

  constructor(run: RunState) {
    this.#run = run
  }

  /** Has a look, unless the last was just now. `nowMs` is `performance.now()`. */
  tick(nowMs: number): void {
    const ms = nowMs - this.#run.startedMs
    const last = this.#samples.at(-1)
    if (last !== undefined && ms - last.ms < this.#everyMs) return
    this.#take(ms)
    if (this.#samples.length < MOST_SAMPLES) return
    this.#samples = this.#samples.filter((_sample, index) => index % 2 === 0)
    this.#everyMs = (2 * ms) / MOST_SAMPLES
  }

  /** All looks, with one at the end of the run, `ms` after its beginning. */
  until(ms: number): readonly Sample[] {
    const last = this.#samples.at(-1)
    if (last !== undefined && last.ms >= ms) return this.#samples
    return [...this.#samples, { ms, bytes: this.#run.bytes, active: 0 }]
  }

  #take(ms: number): void {
    const { bytes, active } = this.#run
    this.#samples.push({ ms, bytes, active: active.size })
  }
}
