/**
 * Simulated time: a clock that jumps to the next deadline as soon as all greenlets are parked, so that
 * a test of an hour of waiting takes a millisecond and is right to the instant (trio's autojump).
 *
 * Nothing from outside may happen in a simulated run: no sockets, no files, no promises. When all is
 * parked, no timer is left and the host is being waited for, that is an Error.
 */
import type { Clock } from './clock.ts'
import { Hub } from './hub.ts'
import { Loop } from './loop.ts'
import type { Operation } from './operation.ts'
import { startMain } from './run.ts'

/** More switches than this without time moving are taken for an endless loop. */
const MOST_SWITCHES = 1_000_000
/** The same for turns, which may switch once each: a main that hears no LoopExit, an endless idle(). */
const MOST_TURNS = 100_000

/** Time that stands still until `step` moves it. */
export class SimulatedClock implements Clock {
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

/** Runs `main` in simulated time, on a hub of its own, and returns what it returns or throws what it throws. */
export function runSimulated<T>(main: () => Operation<T>): T {
  const clock = new SimulatedClock()
  const loop = new Loop(clock)
  loop.mostCallbacks = MOST_SWITCHES
  const hub = new Hub(loop)
  const root = startMain(hub, main, {})
  let movedAt = 0
  for (let turns = 1, time = 0; !root.ready; turns++) {
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
