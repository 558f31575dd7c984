/**
 * Simulated time: a clock that jumps to the next deadline as soon as all greenlets are parked, so that
 * a test of an hour of waiting takes a millisecond and is right to the instant (trio's autojump).
 *
 * Nothing from outside may happen in a simulated run: no sockets, no files, no promises. Who begins such
 * an operation (`until`) gets an Error, and so does the run when all is parked, no timer is left and an
 * io watcher is being waited for.
 *
 * A seed runs the greenlets in another order wherever the promises leave it open. A test that holds for
 * any seed does not rely on what it should not rely on; a seed for which it fails shows why each time.
 */
import type { Clock } from './clock.ts'
import { Greenlet } from './greenlet.ts'
import { Hub } from './hub.ts'
import { Loop } from './loop.ts'
import type { Operation } from './operation.ts'
import type { Fifo } from './ring.ts'
import { startMain } from './run.ts'

/** More switches than this without time moving are taken for an endless loop. */
const MOST_SWITCHES = 1_000_000
/** The same for turns, which may switch once each: a main that hears no LoopExit, an endless idle(). */
const MOST_TURNS = 100_000

/** Time that stands still until `step` moves it. */
export class SimulatedClock implements Clock {
  /** So that operations of the host are refused. */
  readonly isSimulated = true
  #now = 0
  #turn: () => void = () => {}
  #kicked = false
  #deadline = Infinity

  now(): number {
    return this.#now
  }

  attach(turn: () => void): void {
    this.#turn = turn
  }

  kick(): void {
    this.#kicked = true
  }

  arm(deadline: number): void {
    this.#deadline = deadline
  }

  disarm(): void {
    this.#deadline = Infinity
  }

  /** Moves time by `ms` without a turn, as a greenlet that computes for so long would. */
  advance(ms: number): void {
    this.#now += ms
  }

  /** Does the next turn, after a jump to its deadline if nothing is ready. False when there is none. */
  step(): boolean {
    if (!this.#kicked) {
      if (this.#deadline === Infinity) return false
      this.#now = Math.max(this.#now, this.#deadline)
      this.#deadline = Infinity
    }
    this.#kicked = false
    this.#turn()
    return true
  }
}

/** How `runSimulated` runs. */
export interface SimulationOptions {
  /**
   * Greenlets that become ready in the same iteration run in an order that this number decides, and
   * nothing else changes: timers keep their order, and so do callbacks, locks, queues and links.
   * Default: first come, first served.
   */
  readonly seed?: number
  /** The clock, for a body that makes time pass while it runs (`advance`). Default: one of its own. */
  readonly clock?: SimulatedClock
}

/**
 * Runs `main` in simulated time, on a hub of its own, and returns what it returns or throws what it
 * throws. The same seed gives the same trace. An Error for a host operation, and for a million switches
 * without time moving.
 */
export function runSimulated<T>(
  main: () => Operation<T>,
  { seed, clock = new SimulatedClock() }: SimulationOptions = {},
): T {
  const loop = makeLoop(clock, seed)
  loop.mostCallbacks = MOST_SWITCHES
  const hub = new Hub(loop)
  const root = startMain(hub, main, {})
  let movedAt = 0
  for (let turns = 1, time = clock.now(); !root.ready; turns++) {
    if (!clock.step()) {
      throw new Error(`a host operation in simulated time:\n${hub.describeParked()}`)
    }
    if (clock.now() > time) [time, movedAt] = [clock.now(), turns]
    if (turns - movedAt > MOST_TURNS) {
      throw new Error(`${turns - movedAt} turns without time moving:\n${hub.describeParked()}`)
    }
  }
  if (!root.successful) throw root.exception
  return root.value as T
}

function makeLoop(clock: SimulatedClock, seed: number | undefined): Loop {
  if (seed === undefined) return new Loop(clock)
  const random = randomNumbers(seed)
  const loop = new Loop(clock, () => new ShuffledRing(random))
  loop.shuffle = (woken) => shuffled(woken, ({ who }) => isReadyGreenlet(who), random)
  return loop
}

/**
 * A ring that gives the greenlets among its entries in any order. It takes what is queued as a batch,
 * and what is queued meanwhile as the next, so that nobody waits for ever. All else keeps its place: a
 * callback, a watcher, and a greenlet that has ended and has its joiners to tell.
 */
class ShuffledRing<T extends object> implements Fifo<T> {
  taken = 0
  readonly #random: () => number
  #queued: Entry<T>[] = []
  /** The last is the next to leave. */
  #batch: Entry<T>[] = []
  #pushed = 0

  constructor(random: () => number) {
    this.#random = random
  }

  get size(): number {
    return this.#queued.length + this.#batch.length
  }

  push(value: T): number {
    this.#queued.push({ value, ticket: ++this.#pushed })
    return this.#pushed
  }

  shift(): T | undefined {
    if (this.#batch.length === 0) this.#nextBatch()
    const entry = this.#batch.pop()
    if (entry !== undefined) this.taken = entry.ticket
    return entry?.value
  }

  #nextBatch(): void {
    this.#batch = shuffled(this.#queued, ({ value }) => isReadyGreenlet(value), this.#random)
    this.#batch.reverse()
    this.#queued = []
  }
}

interface Entry<T> {
  readonly value: T
  readonly ticket: number
}

function isReadyGreenlet(thing: object): boolean {
  return thing instanceof Greenlet && !thing.ready
}

/** Another order for those that `moves` says; all others keep their places. By Fisher and Yates. */
function shuffled<T>(
  values: readonly T[],
  moves: (value: T) => boolean,
  random: () => number,
): T[] {
  const moving = values.filter(moves)
  for (let i = moving.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[moving[i], moving[j]] = [moving[j]!, moving[i]!]
  }
  return values.map((value) => (moves(value) ? moving.pop()! : value))
}

/** Numbers in [0, 1), the same ones for the same seed: Weyl's sequence, mixed as in MurmurHash3. */
function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1)
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
}
