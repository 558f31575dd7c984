/**
 * The law of `auto`: how many at once, found out from what comes of it. Pure: the time is given.
 *
 * Time is cut into windows of so many answers, or of a second where answers are rare. Of each we know
 * the goodput (bytes, and something for each answer) and how long answers took.
 *
 *     start:  double after each window that was quicker than the last by a quarter (slow start, RFC 5681,
 *             section 3.1). Two that were not: the pipe is full, and the number becomes that which the
 *             goodput would have needed at the old pace. That is BBR's test (Cardwell et al. 2016).
 *     steady: an eighth more, or less, is tried, and kept if at least half of it shows in the goodput.
 *             Failing, the other way is next, after a wait that doubles with each failure.
 *     cut:    trouble halves at once (AIMD: Chiu & Jain 1989), but only trouble of a turn granted after the
 *             last cut: a round of failures is one sign (NewReno's "recover", RFC 6582), and resets that
 *             are few among many answers are none. The way back is quick, by halves or to what has gone
 *             well, and stops short of where the trouble was (BIC: Xu, Harfoush & Rhee 2004). After some
 *             calm windows a sixteenth more is added at a time.
 *             Answers that take twice as long as they did halve too: what is in flight then is a queue as
 *             long as the line (Little's law; TCP Vegas). If goodput falls nearly by half as well, it was
 *             no queue, but the server is so: taken back, and the new pace is the measure.
 *
 * Nothing grows while the limit is not what holds things up (RFC 7661). Latency alone, as in Vegas, was
 * rejected: for large files it says nothing, and the first answers often come from a cache.
 *
 * Known weaknesses. A server that answers 503 to one in thirty, however few come, is taken at its word,
 * and ends up with one or two at once. And where the time of an answer differs tenfold from one to the
 * next, a step of an eighth is lost in the noise, and a run may take a fifth longer than with the best
 * number. Longer windows would cure that, and cost more at the start of every short list.
 */
import { Goodput } from './goodput.ts'

/** Where it begins and how far it may go; `least` is 1 if not given. `least === most` is a fixed number. */
export interface AutoBounds {
  readonly first: number
  readonly least?: number
  readonly most: number
}

/** Shorter windows measure how a loop batches its work, and nothing else. */
const SHORTEST_WINDOW_MS = 10
const LONGEST_START_WINDOW_MS = 500
const LONGEST_WINDOW_MS = 1000
/** A rise in latency by less is the noise of a busy machine. */
const LATENCY_SLACK_MS = 25
const START_GAIN = 1.25
const STALLS_AT_END_OF_START = 2
const SMALLEST_STRIDE = 1 / 8
const WARY_STRIDE = 1 / 16
const LARGEST_STRIDE = 1 / 2
const LONGEST_WAIT = 8
/** Windows without a failure before the number that failed is tried again; sixteen times as many each time. */
const CALM_WINDOWS = 4
const MOST_CALM_WINDOWS = 1024
/** So many answers make up for one reset: lines that lose a few in a hundred do so with any number. */
const ANSWERS_FOR_CREDIT = 24
const MOST_CREDIT = 3

/** A number of things at once that finds itself. All calls are O(1) and allocate nothing. */
export class AutoLimit {
  readonly #least: number
  readonly #most: number
  #limit: number
  #cuts = 0
  #phase: 'start' | 'steady' = 'start'
  /** Of the window that is open. */
  readonly #measure = new Goodput()

  /** The goodput that a change is judged by, and the limit it was had with. */
  #reference: number | undefined
  #referenceLimit: number
  #best = 0
  #stalls = 0
  /** The window that is open began before the last change could show. */
  #isSettling = false
  #isTrying = false
  #direction: 1 | -1 = 1
  /** The share of the limit that the next try adds or takes. */
  #stride = SMALLEST_STRIDE
  /** Windows until the next try, and how many that will be after the next failure. */
  #wait = 0
  #patience = 1
  /** What an answer takes without a queue, as far as we know, and what it took lately. */
  #baseMs = Infinity
  #latencyMs: number | undefined
  /** The most that a whole window went well with. */
  #proven = 0
  /** What trouble came at; unknown, or forgotten, is Infinity. */
  #ceiling = Infinity
  /** The number of the last trouble, as it was; 0 is none. Up to there only trouble is feared. */
  #troubledAt = 0
  #calm = CALM_WINDOWS
  /** How much more trouble is forgiven. */
  #credit = 0
  /** The limit before a cut for latency that has not been judged. */
  #doubtedLimit = 0

  constructor({ first, least = 1, most }: AutoBounds) {
    this.#least = least
    this.#most = most
    this.#limit = first
    this.#referenceLimit = first
  }

  /** How many there may be at once: a whole number within the bounds. */
  get limit(): number {
    return this.#limit
  }

  /** How often it was halved: to be noted by whoever begins, and given to `trouble`. */
  get cuts(): number {
    return this.#cuts
  }

  /** The first begins after a time of rest: the window is opened anew. */
  begin(nowMs: number): void {
    this.#measure.open(nowMs)
  }

  /** An answer has come; its latency is left out where it can't be compared with others. */
  answered(latencyMs: number | undefined): void {
    this.#measure.answered(latencyMs)
    this.#credit = Math.min(MOST_CREDIT, this.#credit + 1 / ANSWERS_FOR_CREDIT)
  }

  /** So many bytes have come. */
  received(bytes: number): void {
    this.#measure.received(bytes)
  }

  /**
   * One that began when there had been `cutsSeen` cuts ran into trouble, with `inUse` under way. What is
   * no refusal in words (a reset, a timeout) is forgiven while it is rare.
   */
  trouble(cutsSeen: number, inUse: number, isRefusal: boolean, nowMs: number): void {
    if (cutsSeen < this.#cuts) {
      // One more of the round that was cut for: one fewer would have been too many, too.
      const lowest = Math.max(this.#limit, this.#proven) + 1
      if (cutsSeen === this.#cuts - 1) this.#ceiling = Math.max(lowest, this.#ceiling - 1)
      return
    }
    if (!isRefusal && this.#credit >= 1) {
      this.#credit--
      return
    }
    const troubledAt = Math.min(this.#limit, inUse)
    if (troubledAt > this.#proven) {
      this.#ceiling = troubledAt
      this.#troubledAt = troubledAt
      this.#wait = this.#calm
      this.#calm = Math.min(this.#calm * 16, MOST_CALM_WINDOWS)
    } else {
      // As many have gone well: it may be no fault of the number, which is believed a little less.
      this.#proven = Math.max(troubledAt, this.#proven - Math.ceil(this.#proven / 8))
      this.#ceiling = this.#proven + 1
      this.#troubledAt = this.#most + 1
      this.#wait = 0
    }
    this.#cut(troubledAt, nowMs)
  }

  /**
   * Closes the window and draws the conclusions, if it is time; to be called after each `answered` and
   * `received`. `isWanted`: all are in use, and more could be used.
   */
  look(nowMs: number, isWanted: boolean): void {
    if (this.#least === this.#most || !this.#isTime(nowMs)) return
    const goodput = this.#measure.at(nowMs)
    const isSlow = this.#isSlow()
    this.#measure.open(nowMs)
    if (isWanted && !this.#isSettling) this.#proven = Math.max(this.#proven, this.#limit)
    if (this.#phase === 'start') this.#start(goodput, isSlow, isWanted, nowMs)
    else if (this.#isSettling) this.#isSettling = false
    else if (isWanted) this.#steer(goodput, isSlow, nowMs)
    else this.#rest()
  }

  #isTime(nowMs: number): boolean {
    const ageMs = this.#measure.ageMs(nowMs)
    const isStart = this.#phase === 'start'
    const rounds = isStart || this.#isSettling ? 1 : 2
    if (this.#measure.answers >= rounds * this.#limit && ageMs >= SHORTEST_WINDOW_MS) return true
    const longestMs = isStart ? LONGEST_START_WINDOW_MS : LONGEST_WINDOW_MS
    return ageMs >= Math.max(longestMs, 2 * (this.#latencyMs ?? 0))
  }

  #isSlow(): boolean {
    const { latencyMs } = this.#measure
    if (latencyMs === undefined) return false
    this.#latencyMs = latencyMs
    this.#baseMs = Math.min(this.#baseMs, latencyMs)
    return latencyMs > 2 * this.#baseMs + LATENCY_SLACK_MS
  }

  #start(goodput: number, isSlow: boolean, isWanted: boolean, nowMs: number): void {
    if (!isWanted) {
      this.#reference ??= goodput
    } else if (isSlow) {
      this.#cutForLatency(goodput, nowMs)
    } else if (this.#reference === undefined || goodput >= this.#reference * START_GAIN) {
      // A latency at which twice as many paid is no queue; and the first answers are the quickest.
      if (this.#reference !== undefined) this.#baseMs = this.#latencyMs ?? Infinity
      if (this.#limit === this.#most) this.#settle(goodput)
      this.#reference = goodput
      this.#referenceLimit = this.#limit
      this.#set(this.#limit * 2)
      this.#stalls = 0
      this.#best = 0
    } else if (goodput < this.#reference / 2) {
      // Other files, or another line: what was measured before says nothing any more.
      this.#reference = undefined
    } else {
      this.#best = Math.max(this.#best, goodput)
      if (++this.#stalls < STALLS_AT_END_OF_START) return
      const needed = Math.round((this.#best / this.#reference) * this.#referenceLimit)
      this.#set(Math.min(this.#limit, Math.max(this.#referenceLimit, needed)))
      this.#settle(this.#best)
    }
  }

  get #isRecovering(): boolean {
    return this.#ceiling < Infinity && this.#limit < this.#ceiling - 1
  }

  #steer(goodput: number, isSlow: boolean, nowMs: number): void {
    if (this.#doubtedLimit > 0) this.#judgeCut(goodput)
    else if (isSlow) this.#cutForLatency(goodput, nowMs)
    else if (this.#isRecovering) this.#recover(goodput)
    else if (this.#isTrying) this.#judgeTry(goodput)
    else {
      this.#reference = ((this.#reference ?? goodput) + goodput) / 2
      if (this.#wait > 0) this.#wait--
      else this.#try()
    }
  }

  #try(): void {
    this.#ceiling = Infinity
    this.#referenceLimit = this.#limit
    const step = Math.max(1, Math.floor(this.#limit * this.#share))
    if (this.#limit + step < this.#troubledAt) {
      this.#set(this.#limit + step)
      return
    }
    this.#set(this.#limit + this.#direction * step)
    this.#isTrying = this.#limit !== this.#referenceLimit
    this.#isSettling = this.#isTrying
    if (!this.#isTrying) this.#turnRound()
  }

  /** Where there was trouble before, each step may be into it again. */
  get #share(): number {
    return this.#calm === CALM_WINDOWS ? this.#stride : WARY_STRIDE
  }

  #judgeTry(goodput: number): void {
    this.#isTrying = false
    const share = Math.abs(this.#limit - this.#referenceLimit) / this.#referenceLimit
    if (goodput >= this.#reference! * (1 + share / 2)) {
      this.#reference = goodput
      this.#patience = 1
      this.#stride = Math.min(this.#stride * 2, LARGEST_STRIDE)
      return
    }
    this.#set(this.#referenceLimit)
    this.#isSettling = true
    this.#turnRound()
  }

  #turnRound(): void {
    this.#stride = SMALLEST_STRIDE
    this.#direction = this.#direction === 1 ? -1 : 1
    this.#wait = this.#patience
    this.#patience = Math.min(this.#patience * 2, LONGEST_WAIT)
  }

  #recover(goodput: number): void {
    const half = this.#limit + Math.ceil((this.#ceiling - 1 - this.#limit) / 2)
    this.#set(Math.max(half, Math.min(this.#proven, this.#ceiling - 1)))
    this.#reference = goodput
  }

  #cutForLatency(goodput: number, nowMs: number): void {
    this.#ceiling = Infinity
    this.#doubtedLimit = this.#limit
    this.#reference = goodput
    this.#cut(this.#limit, nowMs)
    this.#wait = this.#patience
  }

  #judgeCut(goodput: number): void {
    if (goodput < this.#reference! * 0.75) {
      this.#set(this.#doubtedLimit)
      this.#baseMs = this.#latencyMs ?? Infinity
      this.#isSettling = true
    } else this.#reference = goodput
    this.#doubtedLimit = 0
  }

  #cut(from: number, nowMs: number): void {
    this.#cuts++
    this.#phase = 'steady'
    this.#isTrying = false
    this.#isSettling = true
    this.#direction = 1
    this.#set(from >> 1)
    this.#measure.open(nowMs)
  }

  /** Too little to do to learn anything: what was being tried is left. */
  #rest(): void {
    if (this.#isTrying) this.#set(this.#referenceLimit)
    this.#isTrying = false
    this.#doubtedLimit = 0
  }

  #settle(goodput: number): void {
    this.#phase = 'steady'
    this.#reference = goodput
    this.#isSettling = true
  }

  #set(limit: number): void {
    this.#limit = Math.max(this.#least, Math.min(this.#most, limit))
  }
}
