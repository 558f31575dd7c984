/**
 * A turn: the right to have a request under way at an origin, asked for and perhaps granted.
 *
 * Who holds one tells it what comes of it (answers, bytes, trouble), from which `auto` learns how many
 * turns there should be. Telling is cheap enough to be done for each batch of bytes: a few additions,
 * nothing allocated. With fixed numbers it changes nothing, except how an origin goes on after a hold.
 */
import { type Operation, Waiter } from '../scheduler/index.ts'
import type { TurnQueue } from './turn-queue.ts'

/** What a turn tells its governor. */
export interface TurnOffice {
  over(turn: Turn, wasGranted: boolean): void
  answered(turn: Turn, latencyMs: number): void
  received(turn: Turn, bytes: number): void
  trouble(turn: Turn, isRefusal: boolean): void
}

/** A place at an origin, and, unless it is a spare one, a job. */
export class Turn {
  readonly origin: string
  /** @internal Where it waits. Undefined for a spare one, which never does. */
  readonly queue: TurnQueue | undefined
  /** @internal How often its origin's limit had been cut when this was granted. */
  cutsSeen = 0
  readonly #waiter = new Waiter<void>(undefined, this)
  readonly #office: TurnOffice
  #state: 'waiting' | 'granted' | 'over' = 'waiting'

  /** @internal */
  constructor(origin: string, queue: TurnQueue | undefined, office: TurnOffice) {
    this.origin = origin
    this.queue = queue
    this.#office = office
  }

  /** Whether it is a place alone: a further connection of a download that has a job already. */
  get isSpare(): boolean {
    return this.queue === undefined
  }

  /** Whether it was given back. */
  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** Parks until it is granted. After a kill here it is still to be given back. */
  granted(): Operation<void> {
    return this.#waiter.get()
  }

  /**
   * The server has answered, with whatever but 429 or 503. `latencyMs` is from the request's being sent
   * to the head of its answer, without the time to connect. O(1).
   */
  answered(latencyMs: number): void {
    if (this.#state === 'granted') this.#office.answered(this, latencyMs)
  }

  /** So many bytes of the body have come. O(1). */
  received(bytes: number): void {
    if (this.#state === 'granted') this.#office.received(this, bytes)
  }

  /**
   * The origin may have had too much of us: it says so (429, 503; `isRefusal`), or there was a reset or a
   * timeout, which is forgiven where it is rare. Halves `auto`, once for all that were granted before. O(1).
   */
  trouble({ isRefusal }: { isRefusal: boolean }): void {
    if (this.#state === 'granted') this.#office.trouble(this, isRefusal)
  }

  /** Gives it back, or leaves the queue. Twice is once. Does not park. O(1). */
  giveBack(): void {
    if (this.#state === 'over') return
    const wasGranted = this.#state === 'granted'
    this.#state = 'over'
    this.#office.over(this, wasGranted)
  }

  /** @internal */
  grant(cutsSeen: number): void {
    this.cutsSeen = cutsSeen
    this.#state = 'granted'
    this.#waiter.switch()
  }
}
