/**
 * What a host gives to a loop: the time, and a call when it is time.
 *
 * A loop never asks the host for anything else, so that a clock of a few lines can stand in for Node
 * (`testing.ts`: time jumps when everything is parked). Node's event loop is the poll step of ours:
 * between two turns it runs the callbacks of sockets and files, and those only feed watchers.
 *
 * `setImmediate` is the only kick: promises, nextTick and MessageChannel starve Node's own timers and
 * IO when work never ends, and setTimeout costs a millisecond a turn.
 */

/** The host of one loop. Times are milliseconds on a clock that never goes back. */
export interface Clock {
  /** Whether nothing from outside can ever happen. */
  readonly isSimulated?: boolean
  /** The time, from any beginning. */
  now(): number
  /** Takes the function that does one turn of the loop; called once, before all others. */
  attach(turn: () => void): void
  /** Asks for a turn as soon as the host has polled. Kicks until then are one. */
  kick(): void
  /**
   * Asks for a turn at `deadline`, in place of what was asked before. A turn may come early (it looks
   * at the time itself). With `ref`, the process lives on for it.
   */
  arm(deadline: number, ref: boolean): void
  /** Takes the last `arm` back. */
  disarm(): void
}

/** Longer waits overflow setTimeout, which would then fire after 1 ms. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

/** The clock of Node: `performance.now()`, `setImmediate`, and one `setTimeout` for all timers. */
export class NodeClock implements Clock {
  /** As it was when the clock was made: the global is behind a getter, 40 ns of each reading. */
  readonly #performance = performance
  #turn: () => void = () => {}
  #kicked = false
  #timeout: NodeJS.Timeout | undefined
  #armedFor = Infinity

  now(): number {
    return this.#performance.now()
  }

  attach(turn: () => void): void {
    this.#turn = turn
  }

  kick(): void {
    if (this.#kicked) return
    this.#kicked = true
    setImmediate(this.#kickedTurn)
  }

  /**
   * Re-arms only for a nearer deadline: an early turn is harmless, and clearing and setting costs six
   * times as much as leaving the timer alone.
   */
  arm(deadline: number, ref: boolean): void {
    if (this.#timeout !== undefined && this.#armedFor > deadline) this.disarm()
    if (this.#timeout === undefined) {
      // Host timers are whole milliseconds and round down: without the ceiling they fire early.
      const wait = Math.max(1, Math.ceil(deadline - this.now()))
      this.#armedFor = deadline
      this.#timeout = setTimeout(this.#timedTurn, Math.min(wait, LONGEST_TIMEOUT_MS))
    }
    if (ref) this.#timeout.ref()
    else this.#timeout.unref()
  }

  disarm(): void {
    clearTimeout(this.#timeout)
    this.#timeout = undefined
    this.#armedFor = Infinity
  }

  readonly #kickedTurn = (): void => {
    this.#kicked = false
    this.#turn()
  }

  readonly #timedTurn = (): void => {
    this.disarm()
    this.#turn()
  }
}
