/**
 * Who waits for a turn, first come first served; anyone may leave from anywhere.
 *
 * A Set was here before. V8 finds the first of a Set by going over the places of all that were deleted
 * in front of it, until it makes a new table: with 20,000 waiting, some 5 us for each turn.
 */
import type { Turn } from './turn.ts'

/** So many places of those that were served are kept, at least. */
const FEW = 1024

/** A FIFO of turns. All costs are O(1), amortised. */
export class TurnQueue {
  #turns: (Turn | undefined)[] = []
  /** Where the first is that may still wait. */
  #first = 0
  /** How many of those behind it have left. */
  #left = 0

  /** How many wait. */
  get size(): number {
    return this.#turns.length - this.#first - this.#left
  }

  add(turn: Turn): void {
    this.#turns.push(turn)
  }

  /** One of those that wait is over, by its own will. */
  leave(): void {
    this.#left++
  }

  /** The next. There must be one. */
  shift(): Turn {
    let turn = this.#next()
    while (turn.isOver) {
      this.#left--
      turn = this.#next()
    }
    if (this.#first > FEW && this.#first * 2 > this.#turns.length) {
      this.#turns = this.#turns.slice(this.#first)
      this.#first = 0
    }
    return turn
  }

  #next(): Turn {
    const turn = this.#turns[this.#first]!
    // What was served is not kept alive.
    this.#turns[this.#first++] = undefined
    return turn
  }
}
