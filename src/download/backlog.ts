/**
 * What keeps memory bounded when somebody takes the results more slowly than they come: a full pipe,
 * a slow hook, a program's loop.
 *
 * A listener of events must not park, so it can't slow its download down. It queues instead, and says
 * here how much; above a bound no more downloads begin. Those under way go on: what they have to tell is
 * bounded by their number.
 */

/** Holds a session while more than so much is queued. */
export class Backlog {
  readonly #session: { hold(): void; release(): void }
  readonly #most: number
  #size = 0

  constructor(session: { hold(): void; release(): void }, most: number) {
    this.#session = session
    this.#most = most
  }

  /** So much more is queued, or less. Does not park. */
  change(by: number): void {
    const wasTooMuch = this.#size > this.#most
    this.#size += by
    const isTooMuch = this.#size > this.#most
    if (isTooMuch && !wasTooMuch) this.#session.hold()
    if (!isTooMuch && wasTooMuch) this.#session.release()
  }
}
