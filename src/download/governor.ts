/**
 * Who may go on: so many downloads at once in all, and so many at each origin.
 *
 * A download takes both at the same moment, a job and a place at its origin. With two semaphores in a
 * row, one slow origin with a long queue would hold the jobs that others could use; and downloads that
 * change origins could wait for each other in a ring. Origins with room take turns; within one it is
 * first come first served, but who comes back after a redirect or a failure is ahead of those that
 * have not begun.
 */
import { getHub, type Operation, Waiter } from '../scheduler/index.ts'

/** How many at once. */
export interface GovernorLimits {
  readonly jobs: number
  readonly perHost: number
}

class Origin {
  free: number
  /** A Set keeps the order and lets anyone leave in O(1). */
  readonly returning = new Set<Waiter<void>>()
  readonly waiting = new Set<Waiter<void>>()

  constructor(free: number) {
    this.free = free
  }

  get canGrant(): boolean {
    return this.free > 0 && this.returning.size + this.waiting.size > 0
  }
}

/** Hands out the right to have a request under way. */
export class Governor {
  #freeJobs: number
  readonly #perHost: number
  readonly #origins = new Map<string, Origin>()
  /** Origins that have both room and somebody who waits; the first is next. */
  readonly #ready = new Set<Origin>()

  constructor({ jobs, perHost }: GovernorLimits) {
    this.#freeJobs = jobs
    this.#perHost = perHost
  }

  /**
   * Parks until a job and a place at `origin` are free, and takes them; `leave` gives them back.
   * `returning` is for a download that had begun. A kill while waiting takes nothing. O(1).
   */
  *enter(origin: string, { returning = false }: { returning?: boolean } = {}): Operation<void> {
    const state = this.#originOf(origin)
    if (this.#freeJobs > 0 && state.free > 0 && !state.canGrant) {
      this.#freeJobs--
      state.free--
      return
    }
    const place = new Waiter<void>(getHub(), this)
    const queue = returning ? state.returning : state.waiting
    queue.add(place)
    this.#update(state)
    let entered = false
    try {
      yield* place.get()
      entered = true
    } finally {
      // Killed: out of the queue, or, where it had been granted just then, on to the next.
      if (!entered && !queue.delete(place)) this.leave(origin)
      this.#update(state)
    }
  }

  /** Gives back what `enter` took. Does not park. */
  leave(origin: string): void {
    const state = this.#originOf(origin)
    state.free++
    this.#freeJobs++
    this.#update(state)
    this.#grant()
  }

  #originOf(origin: string): Origin {
    let state = this.#origins.get(origin)
    if (state === undefined) {
      state = new Origin(this.#perHost)
      this.#origins.set(origin, state)
    }
    return state
  }

  #update(state: Origin): void {
    if (state.canGrant) this.#ready.add(state)
    else this.#ready.delete(state)
  }

  #grant(): void {
    while (this.#freeJobs > 0) {
      const [state] = this.#ready
      if (state === undefined) return
      const queue = state.returning.size > 0 ? state.returning : state.waiting
      const [place] = queue
      queue.delete(place!)
      this.#freeJobs--
      state.free--
      place!.switch()
      // To the end of the line of origins.
      this.#ready.delete(state)
      this.#update(state)
    }
  }
}
