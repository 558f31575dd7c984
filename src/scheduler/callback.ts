/**
 * One-shot callbacks: what stands in a loop's FIFO besides greenlets.
 */

/** Something in the FIFO. `ticket` is what `enqueue` gave: a stale entry sees that it is one. */
export interface Runnable {
  run(ticket: number): void
}

/** A one-shot callback that waits for its turn (S9): a Runnable, by an internal method. */
export class Callback {
  #call: (() => void) | undefined

  constructor(call: () => void) {
    this.#call = call
  }

  /** True until the call has returned or was stopped. */
  get pending(): boolean {
    return this.#call !== undefined
  }

  /** Prevents the call, if it has not begun. */
  stop(): void {
    this.#call = undefined
  }

  /** @internal */
  run(): void {
    try {
      this.#call?.()
    } finally {
      this.#call = undefined
    }
  }
}
