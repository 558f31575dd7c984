/**
 * What comes of a window of time: bytes and answers, and how long the answers took. The measure that
 * `auto-limit.ts` steers by. Pure, and nothing is allocated after it is made.
 */

/** What an answer counts for, in bytes: small files are paid for by the piece. */
const ANSWER_WORTH = 16 * 1024

/** The goodput since it was last opened. */
export class Goodput {
  #openedMs = 0
  #answers = 0
  #bytes = 0
  #latencySumMs = 0
  #latencies = 0

  /** Forgets all, and counts from `nowMs` on. */
  open(nowMs: number): void {
    this.#openedMs = nowMs
    this.#answers = 0
    this.#bytes = 0
    this.#latencySumMs = 0
    this.#latencies = 0
  }

  /** An answer has come; its latency is left out where it can't be compared with others. */
  answered(latencyMs: number | undefined): void {
    this.#answers++
    if (latencyMs === undefined) return
    this.#latencySumMs += latencyMs
    this.#latencies++
  }

  /** So many bytes have come. */
  received(bytes: number): void {
    this.#bytes += bytes
  }

  get answers(): number {
    return this.#answers
  }

  /** The mean; undefined where no answer told. */
  get latencyMs(): number | undefined {
    return this.#latencies === 0 ? undefined : this.#latencySumMs / this.#latencies
  }

  /** How long it has been open. */
  ageMs(nowMs: number): number {
    return nowMs - this.#openedMs
  }

  /** Bytes a millisecond, answers among them for what they are worth. */
  at(nowMs: number): number {
    return (this.#bytes + this.#answers * ANSWER_WORTH) / this.ageMs(nowMs)
  }
}
