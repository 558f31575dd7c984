/**
 * A set of strings that keeps none of them: what a run remembers of each entry of a list of millions.
 *
 * A `Set` of a million URLs takes 80 MiB and more, for it keeps the strings; this takes 32, whatever
 * their length. It keeps 128 bits of each (`murmur3.ts`) in a table with open addressing, a power of
 * two long and at most three quarters full, searched from one place on, one after the other.
 *
 * So two strings may be taken for one. Among 10^7 of them the odds that any two are is 10^-25: with 64
 * bits it would be 10^-6, too much for what drops a download without a word. Strings made to collide
 * can be had, but only by who writes the list. The same strings give the same answers in every run.
 * Nothing can be removed.
 */
import { murmur3 } from './murmur3.ts'

const LANES = 4
const FIRST_SLOTS = 1024

/** Remembers which strings were added. */
export class KeySet {
  /** Slots of four lanes; the first is 0 where nothing is. */
  #table = new Int32Array(FIRST_SLOTS * LANES)
  readonly #hash = new Int32Array(LANES)
  #size = 0

  /** How many different strings were added. */
  get size(): number {
    return this.#size
  }

  /** Whether `key` was added. O(key). */
  has(key: string): boolean {
    return this.#table[this.#find(key)] !== 0
  }

  /** Adds `key`; whether it is new. O(key), amortised: the table doubles now and then. */
  add(key: string): boolean {
    const place = this.#find(key)
    if (this.#table[place] !== 0) return false
    copy(this.#hash, 0, this.#table, place)
    this.#size++
    if (this.#size * LANES > this.#table.length * 0.75) this.#grow()
    return true
  }

  /** Where `key` is in the table, or is to be. Leaves its hash in `#hash`. */
  #find(key: string): number {
    murmur3(key, this.#hash)
    this.#hash[0] ||= 1
    return placeOf(this.#hash, 0, this.#table)
  }

  #grow(): void {
    const before = this.#table
    const table = new Int32Array(before.length * 2)
    for (let at = 0; at < before.length; at += LANES) {
      if (before[at] !== 0) copy(before, at, table, placeOf(before, at, table))
    }
    this.#table = table
  }
}

/** Where in `table` the hash is that stands in `lanes` from `at` on, or the empty slot for it. */
function placeOf(lanes: Int32Array, at: number, table: Int32Array): number {
  const last = table.length - 1
  let place = (lanes[at + 3]! * LANES) & last
  while (table[place] !== 0 && !isSame(lanes, at, table, place)) place = (place + LANES) & last
  return place
}

function isSame(lanes: Int32Array, at: number, table: Int32Array, place: number): boolean {
  return (
    lanes[at] === table[place] &&
    lanes[at + 1] === table[place + 1] &&
    lanes[at + 2] === table[place + 2] &&
    lanes[at + 3] === table[place + 3]
  )
}

function copy(lanes: Int32Array, at: number, table: Int32Array, place: number): void {
  for (let lane = 0; lane < LANES; lane++) table[place + lane] = lanes[at + lane]!
}
