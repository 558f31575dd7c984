/**
 * The calls of `loop.run` that have not settled. A loop on Node turns by itself, so that `run` is not
 * what makes it turn, as in libev, but a promise of how far it gets.
 */

/** How `loop.run` runs; see there. */
export interface LoopRunOptions {
  /** Until the next iteration that calls something. */
  once?: boolean
  /** One iteration here and now, without a poll. */
  nowait?: boolean
}

interface Run {
  readonly once: boolean
  readonly resolve: () => void
}

/** Promises of the end of a loop, or of its next iteration. */
export class Runs {
  #open: Run[] = []

  add(once: boolean): Promise<void> {
    return new Promise((resolve) => this.#open.push({ once, resolve }))
  }

  get size(): number {
    return this.#open.length
  }

  /** The loop is at its end, or has gone through an iteration that called something. */
  settle(isEnd: boolean, isEventful: boolean): void {
    const over = this.#open.filter(({ once }) => isEnd || (once && isEventful))
    this.#open = this.#open.filter((run) => !over.includes(run))
    for (const { resolve } of over) resolve()
  }
}
