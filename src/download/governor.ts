/**
 * Who may go on: so many downloads at once in all, and so many connections at each origin.
 *
 * A turn is both at the same moment, a job and a place at the origin. With two semaphores in a row, one
 * slow origin with a long queue would hold the jobs that others could use; and downloads that change
 * origins could wait for each other in a ring. Origins with room take turns; within one it is first come
 * first served, but who comes back after a redirect or a failure is ahead of those that have not begun.
 * A place that nobody else can use may be a spare turn, without a job, for one more connection of a
 * download that is under way.
 *
 * A number of `auto` is found out by `auto-limit.ts`, one for each origin and one for the jobs. An
 * origin that asks for a pause is held for all. All who wait there have the same date then, so it goes
 * on with one place, and gets one more with each answer, until it has what it may have.
 */
import { getHub } from '../scheduler/index.ts'
import { type AutoBounds, AutoLimit } from './auto-limit.ts'
import { Origin } from './origin.ts'
import { Turn, type TurnOffice } from './turn.ts'

/** How many at once. */
export interface GovernorLimits {
  readonly jobs: number | 'auto'
  readonly perHost: number | 'auto'
}

const AUTO_JOBS: AutoBounds = { first: 16, most: 64 }
const AUTO_PLACES: AutoBounds = { first: 8, most: 64 }

/** Hands out turns. */
export class Governor {
  #jobs: AutoLimit
  #jobsUsed = 0
  readonly #placeBounds: AutoBounds
  #suspensions = 0
  readonly #origins = new Map<string, Origin>()
  /** Origins that have both room and somebody who waits; the first is next. */
  readonly #ready = new Set<Origin>()

  constructor({ jobs, perHost }: GovernorLimits) {
    this.#jobs = new AutoLimit(boundsOf(jobs, AUTO_JOBS))
    this.#placeBounds = boundsOf(perHost, AUTO_PLACES)
  }

  /** How many downloads may be under way just now. */
  get jobs(): number {
    return this.#jobs.limit
  }

  /** From now on that many, and no others are found out. What is under way above it goes on. At least 1. */
  set jobs(number: number) {
    this.#jobs = new AutoLimit(boundsOf(number, AUTO_JOBS))
    this.#grant()
  }

  /** How many connections there may be to `origin` just now; 0 while it is held. */
  places(origin: string): number {
    return this.#originOf(origin).places
  }

  /**
   * Asks for a turn at `origin`: wait for it with `granted`, and give it back whatever happens.
   * `returning` is for a download that had begun. Does not park. O(1).
   */
  ask(origin: string, { returning = false }: { returning?: boolean } = {}): Turn {
    const state = this.#originOf(origin)
    const queue = returning ? state.returning : state.waiting
    const turn = new Turn(origin, queue, this.#office)
    queue.add(turn)
    this.#update(state)
    this.#grant()
    return turn
  }

  /**
   * A place at `origin` for one more connection of a download that has its turn: granted already, or
   * undefined when none is free, another waits for it, or the origin is held. One who waits for a job
   * alone does not count: it could not use the place. Give it back. Does not park. O(1).
   */
  spare(origin: string): Turn | undefined {
    const state = this.#originOf(origin)
    state.spareRefused = !state.hasRoom
    if (state.spareRefused) return undefined
    const turn = new Turn(origin, undefined, this.#office)
    state.take()
    state.update()
    turn.grant(state.limit.cuts)
    return turn
  }

  /**
   * Calls `callback` whenever a spare place at `origin` may have become free: in the hub, on a later
   * callback, never from inside a call of the governor. It must not park. Who was called last is last
   * the next time. Gives the function that ends it. O(1).
   */
  onSpare(origin: string, callback: () => void): () => void {
    const { spareSeekers } = this.#originOf(origin)
    // An object of its own, so that one callback may be there twice.
    const seeker = { callback }
    spareSeekers.add(seeker)
    return () => void spareSeekers.delete(seeker)
  }

  /**
   * Grants no turn at `origin` before `untilMs`, on the loop's clock (`performance.now()`); what is
   * under way goes on. A hold that is longer already stays. Does not park.
   */
  hold(origin: string, untilMs: number): void {
    const state = this.#originOf(origin)
    state.hold(untilMs, this.#onHoldOver)
    this.#update(state)
  }

  /** Grants no turn until `resume` was called as often. Turns that were granted stay so. */
  suspend(): void {
    this.#suspensions++
  }

  resume(): void {
    this.#suspensions--
    // What was measured meanwhile says nothing of the lines.
    const nowMs = getHub().loop.now()
    this.#jobs.begin(nowMs)
    for (const { limit } of this.#origins.values()) limit.begin(nowMs)
    this.#grant()
  }

  readonly #office: TurnOffice = {
    over: (turn, wasGranted) => {
      const state = this.#originOf(turn.origin)
      if (wasGranted) {
        state.giveBack()
        if (!turn.isSpare) this.#jobsUsed--
      } else turn.queue?.leave()
      this.#update(state)
      this.#grant()
    },
    answered: (turn, latencyMs) => {
      const state = this.#originOf(turn.origin)
      state.limit.answered(latencyMs)
      // How long the answers of different origins take can't be compared.
      this.#jobs.answered(undefined)
      this.#learn(state, true)
    },
    received: (turn, bytes) => {
      const state = this.#originOf(turn.origin)
      state.limit.received(bytes)
      this.#jobs.received(bytes)
      this.#learn(state, false)
    },
    // What one origin can't bear says nothing of the jobs.
    trouble: (turn, isRefusal) => {
      const state = this.#originOf(turn.origin)
      state.limit.trouble(turn.cutsSeen, state.used, isRefusal, getHub().loop.now())
      this.#update(state)
    },
  }

  readonly #onHoldOver = (state: Origin): void => {
    this.#update(state)
    this.#grant()
  }

  /** Lets the limits see whether there is something to learn. */
  #learn(state: Origin, isAnswer: boolean): void {
    const nowMs = getHub().loop.now()
    const placesBefore = state.places
    const jobsBefore = this.#jobs.limit
    if (isAnswer) state.answered()
    state.learn(nowMs)
    // Ready origins: somebody could go on if there were one more job.
    this.#jobs.look(nowMs, this.#jobsUsed >= jobsBefore && this.#ready.size > 0)
    if (state.places === placesBefore && this.#jobs.limit === jobsBefore) return
    this.#update(state)
    this.#grant()
  }

  #originOf(origin: string): Origin {
    let state = this.#origins.get(origin)
    if (state === undefined) {
      state = new Origin(this.#placeBounds)
      this.#origins.set(origin, state)
    }
    return state
  }

  #update(state: Origin): void {
    if (state.canGrant) this.#ready.add(state)
    else this.#ready.delete(state)
    state.update()
  }

  #grant(): void {
    while (this.#jobsUsed < this.#jobs.limit && this.#suspensions === 0) {
      const [state] = this.#ready
      if (state === undefined) return
      const turn = state.next()
      if (this.#jobsUsed++ === 0) this.#jobs.begin(getHub().loop.now())
      // To the end of the line of origins; and all before the grant, as in the hub that is a switch.
      this.#ready.delete(state)
      this.#update(state)
      turn.grant(state.limit.cuts)
    }
  }
}

function boundsOf(number: number | 'auto', auto: AutoBounds): AutoBounds {
  return number === 'auto' ? auto : { first: number, least: number, most: number }
}
