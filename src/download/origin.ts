/**
 * One origin, as the governor sees it: who waits for it, how many places are in use, and how many there
 * may be. The governor decides who is next; this knows only whether there is room.
 */
import { getHub, type TimerWatcher } from '../scheduler/index.ts'
import { type AutoBounds, AutoLimit } from './auto-limit.ts'
import type { Turn } from './turn.ts'
import { TurnQueue } from './turn-queue.ts'

/** The state of an origin. */
export class Origin {
  readonly limit: AutoLimit
  readonly returning: TurnQueue = new TurnQueue()
  readonly waiting: TurnQueue = new TurnQueue()
  readonly spareSeekers: Set<{ readonly callback: () => void }> = new Set()
  /** Somebody would have had use for one more place. */
  spareRefused = false
  #used = 0
  /** Runs while the origin is held. */
  #holdTimer: TimerWatcher | undefined
  #heldUntilMs = 0
  /** After a hold: how many places are open so far. */
  #opened = Infinity
  #freeBefore = 0
  #seekersToCall = false

  constructor(bounds: AutoBounds) {
    this.limit = new AutoLimit(bounds)
  }

  /** How many places are in use. */
  get used(): number {
    return this.#used
  }

  /** How many places there are just now; after a cut they may be fewer than are in use. */
  get places(): number {
    return this.#holdTimer === undefined ? Math.min(this.limit.limit, this.#opened) : 0
  }

  get hasRoom(): boolean {
    return this.#used < this.places
  }

  get canGrant(): boolean {
    return this.hasRoom && this.#isWaitedFor
  }

  get #isWaitedFor(): boolean {
    return this.returning.size + this.waiting.size > 0
  }

  /** Takes the next from the queue; it has a place from now on. */
  next(): Turn {
    const queue = this.returning.size > 0 ? this.returning : this.waiting
    this.take()
    return queue.shift()
  }

  take(): void {
    if (this.#used++ === 0) this.limit.begin(getHub().loop.now())
  }

  giveBack(): void {
    this.#used--
  }

  /** Holds it, unless it is held for as long already, and calls `onOver` when that is over. */
  hold(untilMs: number, onOver: (origin: Origin) => void): void {
    const { loop } = getHub()
    loop.update()
    const leftMs = untilMs - loop.now()
    if (leftMs <= 0 || (this.#holdTimer !== undefined && untilMs <= this.#heldUntilMs)) return
    this.#holdTimer?.stop()
    this.#heldUntilMs = untilMs
    this.#holdTimer = loop.timer(leftMs)
    this.#holdTimer.start(() => {
      this.#holdTimer = undefined
      // Beside those that have lasted through the hold.
      this.#opened = this.#used + 1
      onOver(this)
    })
  }

  /** An answer that was no refusal: after a hold, one more place. */
  answered(): void {
    if (this.#holdTimer === undefined && ++this.#opened >= this.limit.limit) this.#opened = Infinity
  }

  /** Lets the limit learn. */
  learn(nowMs: number): void {
    const isFull = this.#used >= this.limit.limit
    this.limit.look(nowMs, isFull && (this.#isWaitedFor || this.spareRefused))
  }

  /** After any change: a hold keeps the process alive only for those who wait, and seekers hear of room. */
  update(): void {
    if (this.#holdTimer !== undefined) this.#holdTimer.ref = this.#isWaitedFor
    const free = this.places - this.#used
    const hasMore = free > Math.max(0, this.#freeBefore)
    this.#freeBefore = free
    if (!hasMore || this.#seekersToCall || this.spareSeekers.size === 0) return
    this.#seekersToCall = true
    getHub().loop.runCallback(this.#callSeekers)
  }

  readonly #callSeekers = (): void => {
    this.#seekersToCall = false
    for (let left = this.spareSeekers.size; left > 0 && this.hasRoom; left--) {
      const [seeker] = this.spareSeekers
      if (seeker === undefined) return
      // To the end of the line.
      this.spareSeekers.delete(seeker)
      this.spareSeekers.add(seeker)
      seeker.callback()
    }
  }
}
