/**
 * Who may go on: so many downloads at once in all, and so many at each origin.
 *
 * A turn is both at the same moment, a job and a place at the origin. With two semaphores in a row, one
 * slow origin with a long queue would hold the jobs that others could use; and downloads that change
 * origins could wait for each other in a ring. Origins with room take turns; within one it is first come
 * first served, but who comes back after a redirect or a failure is ahead of those that have not begun.
 */
import { type Operation, Waiter } from '../scheduler/index.ts'

/** How many at once. */
export interface GovernorLimits {
  readonly jobs: number
  readonly perHost: number
}

/** The right to have a request under way at an origin, asked for and perhaps granted. */
export class Turn {
  readonly origin: string
  readonly #waiter = new Waiter<void>(undefined, this)
  readonly #onOver: (turn: Turn, wasGranted: boolean) => void
  #state: 'waiting' | 'granted' | 'over' = 'waiting'

  /** @internal */
  constructor(origin: string, onOver: (turn: Turn, wasGranted: boolean) => void) {
    this.origin = origin
    this.#onOver = onOver
  }

  /** Parks until it is granted. After a kill here it is still to be given back. */
  granted(): Operation<void> {
    return this.#waiter.get()
  }

  /** Gives it back, or leaves the queue. Twice is once. Does not park. O(1). */
  giveBack(): void {
    if (this.#state === 'over') return
    const wasGranted = this.#state === 'granted'
    this.#state = 'over'
    this.#onOver(this, wasGranted)
  }

  /** @internal */
  grant(): void {
    this.#state = 'granted'
    this.#waiter.switch()
  }
}

class Origin {
  free: number
  /** Sets keep the order, and let anyone leave in O(1). */
  readonly returning = new Set<Turn>()
  readonly waiting = new Set<Turn>()

  constructor(free: number) {
    this.free = free
  }

  get canGrant(): boolean {
    return this.free > 0 && this.returning.size + this.waiting.size > 0
  }
}

/** Hands out turns. */
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
   * Asks for a turn at `origin`: wait for it with `granted`, and give it back whatever happens.
   * `returning` is for a download that had begun. Does not park. O(1).
   */
  ask(origin: string, { returning = false }: { returning?: boolean } = {}): Turn {
    const turn = new Turn(origin, this.#onOver)
    const state = this.#originOf(origin)
    const queue = returning ? state.returning : state.waiting
    queue.add(turn)
    this.#update(state)
    this.#grant()
    return turn
  }

  readonly #onOver = (turn: Turn, wasGranted: boolean): void => {
    const state = this.#originOf(turn.origin)
    if (wasGranted) {
      state.free++
      this.#freeJobs++
    } else {
      state.returning.delete(turn)
      state.waiting.delete(turn)
    }
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
      const [turn] = queue
      queue.delete(turn!)
      this.#freeJobs--
      state.free--
      turn!.grant()
      // To the end of the line of origins.
      this.#ready.delete(state)
      this.#update(state)
    }
  }
}
