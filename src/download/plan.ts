/**
 * Which bytes of a file are there, which are being fetched, and which are next. Pure.
 *
 * A file is a row of segments; what lies outside of them is there. Each segment that is claimed has one
 * connection, which moves its front forward. Who asks for work gets the first segment that nobody has;
 * when there is none, a share of the one that would take longest (work stealing), so that all end
 * together, and the tail is not left to the slowest. A share that was taken in vain goes back to the
 * connection that it was taken from, whose answer goes on there: a server that refuses ranges costs
 * nothing. Rejected: pieces of a fixed size, which cost a request each and still leave the last to
 * whoever has it.
 */

/** Bytes `[start, end)`. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** A range that is not there yet. */
export class Segment {
  /** Bytes before it are there. */
  written: number
  /** Bytes before it are there, or on their way to the disk. */
  position: number
  /** Infinity while the length of the file is not known. */
  end: number
  isClaimed = false
  /** How far the answer goes that its connection has, or will ask for; what lies beyond `end` is others'. */
  reach: number = Infinity
  /** Of the connection that has it; undefined while that is not known. */
  bytesPerSecond: number | undefined

  constructor({ start, end }: Range) {
    this.written = start
    this.position = start
    this.end = end
  }

  get rest(): number {
    return this.end - this.position
  }
}

/** Less than this is not taken from who has it: a request would take longer. */
const LEAST_SHARE_BYTES = 256 * 1024
/** Nor from who will be ready so soon. */
const LEAST_SHARE_MS = 500

/** What is there of one file, and who fetches the rest. */
export class Plan {
  #length: number | undefined
  #segments: Segment[]
  #bytes = 0

  /** Of a file of `length` bytes, of which `done` are there, in order and apart from each other. */
  constructor(length: number | undefined, done: readonly Range[] = []) {
    this.#length = length
    this.#segments = []
    let start = 0
    for (const range of done) {
      if (range.start > start) this.#segments.push(new Segment({ start, end: range.start }))
      this.#bytes += range.end - range.start
      start = range.end
    }
    const end = length ?? Infinity
    if (start < end) this.#segments.push(new Segment({ start, end }))
  }

  /** In bytes; undefined until the end of the file has been seen. */
  get length(): number | undefined {
    return this.#length
  }

  /** How many bytes are there. */
  get bytes(): number {
    return this.#bytes
  }

  get isComplete(): boolean {
    return this.#segments.length === 0
  }

  /** What is there, in order, and apart from each other. */
  get done(): Range[] {
    const done: Range[] = []
    let start = 0
    for (const { written, end } of this.#segments) {
      if (written > start) done.push({ start, end: written })
      start = end
    }
    if (start < (this.#length ?? 0)) done.push({ start, end: this.#length! })
    return done
  }

  /** A segment to fetch, claimed until `release`; undefined when there is nothing worth a connection. */
  claim(): Segment | undefined {
    const segment = this.#segments.find(({ isClaimed }) => !isClaimed) ?? this.#steal()
    if (segment !== undefined) segment.isClaimed = true
    return segment
  }

  /** Whether `claim` would give something. */
  get canClaim(): boolean {
    return this.#segments.some((segment) => !segment.isClaimed) || this.#victim() !== undefined
  }

  /** `bytes` more of a segment are on the disk. */
  advance(segment: Segment, bytes: number): void {
    segment.written += bytes
    segment.position = Math.max(segment.position, segment.written)
    this.#bytes += bytes
    if (segment.written >= segment.end) this.#remove(segment)
  }

  /** Its connection is done with it; what is missing of it is for the next. */
  release(segment: Segment): void {
    segment.isClaimed = false
    segment.bytesPerSecond = undefined
    segment.position = segment.written
    segment.reach = Infinity
    this.#giveBack()
  }

  /** The body of a file of unknown length has come to its end with this segment. */
  endAt(segment: Segment): void {
    this.#length = segment.written
    segment.end = segment.written
    this.#remove(segment)
  }

  /** The length of the file has become known. */
  learnLength(length: number): void {
    this.#length = length
    const last = this.#segments.at(-1)
    if (last === undefined || last.end !== Infinity) return
    last.end = length
    if (last.written >= length) this.#remove(last)
  }

  /** These bytes are wrong: they are to be fetched again. Only when nothing is claimed. */
  reopen({ start, end }: Range): void {
    this.#bytes -= end - start
    this.#segments.push(new Segment({ start, end }))
    this.#segments.sort((a, b) => a.written - b.written)
  }

  /** What nobody has goes to the connection before it, where that one's answer gets there anyway. */
  #giveBack(): void {
    let before: Segment | undefined
    this.#segments = this.#segments.filter((segment) => {
      const isNext = before?.isClaimed === true && before.end === segment.written
      if (isNext && !segment.isClaimed && before!.reach >= segment.end) {
        before!.end = segment.end
        return false
      }
      before = segment
      return true
    })
  }

  #remove(segment: Segment): void {
    const index = this.#segments.indexOf(segment)
    if (index >= 0) this.#segments.splice(index, 1)
  }

  #steal(): Segment | undefined {
    const victim = this.#victim()
    if (victim === undefined) return undefined
    const border = victim.position + Math.floor(victim.rest * this.#shareOf(victim))
    const segment = new Segment({ start: border, end: victim.end })
    victim.end = border
    this.#segments.splice(this.#segments.indexOf(victim) + 1, 0, segment)
    // Its connection stood still: nothing is left to it.
    if (victim.written === border) this.#remove(victim)
    return segment
  }

  /** The claimed segment that will take longest, if it is worth a connection. */
  #victim(): Segment | undefined {
    let victim: Segment | undefined
    for (const segment of this.#segments) {
      if (segment.end === Infinity || segment.rest < 2 * LEAST_SHARE_BYTES) continue
      if (msLeft(segment) < LEAST_SHARE_MS) continue
      if (victim === undefined || isLonger(segment, victim)) victim = segment
    }
    return victim
  }

  /** How much of its rest a victim keeps, so that it and a connection as fast as the fastest end together. */
  #shareOf({ bytesPerSecond }: Segment): number {
    const fastest = Math.max(...this.#segments.map((segment) => segment.bytesPerSecond ?? 0))
    if (bytesPerSecond === undefined || fastest === 0) return 0.5
    return bytesPerSecond / (bytesPerSecond + fastest)
  }
}

function msLeft({ rest, bytesPerSecond }: Segment): number {
  return bytesPerSecond === undefined ? Infinity : (rest / bytesPerSecond) * 1000
}

function isLonger(a: Segment, b: Segment): boolean {
  const difference = msLeft(a) - msLeft(b)
  return Number.isNaN(difference) || difference === 0 ? a.rest > b.rest : difference > 0
}
