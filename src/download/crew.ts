/**
 * The connections of one file: how many, for which segments, and what happens when one fails.
 *
 * All members are alike: a greenlet that fetches the segment that it has, and then claims another. The
 * first brings the answer that the download began with. A file that is long enough, of a server that
 * honours ranges, gets more members while there are places at the origin; mirrors take turns. What one
 * that fails has not fetched is for the others; only when nobody is left has the download failed. One
 * that stands still, or is far slower than the others, is replaced by another connection.
 */
import { redact } from '../errors.ts'
import type { Response } from '../io/index.ts'
import {
  Event,
  Group,
  type Greenlet,
  killall,
  type Operation,
  rethrowExit,
} from '../scheduler/index.ts'
import type { Body } from './body.ts'
import { clip } from './clip.ts'
import type { Turn } from './turn.ts'
import type { Segment } from './plan.ts'
import type { Source } from './source.ts'
import { Speed, tooSlow } from './speed.ts'

/** What a crew needs of its download. */
export interface CrewOptions {
  readonly body: Body
  /** The mirrors, best first. */
  readonly sources: readonly Source[]
  /** Most members. */
  readonly connections: number
  /** A file shorter than twice this is not split. */
  readonly minSplitBytes: number
  /** Bytes a second, for so long: what is slower is tried again; undefined: nothing is. */
  readonly minSpeed: number | undefined
  readonly minSpeedTimeMs: number
  /** A place for one more connection to an origin; undefined when there is none. */
  readonly spare: (origin: string) => Turn | undefined
  /** Bytes have come over the connection that has `turn`: parks while they are too many. */
  readonly count: (bytes: number, turn: Turn | undefined) => Operation<void>
  /** Whether nothing is read just now because somebody wants it so. */
  readonly isPaused: () => boolean
  readonly note: (message: string) => void
}

interface Member {
  readonly source: Source
  readonly turn: Turn | undefined
  greenlet: Greenlet<void> | undefined
  segment: Segment | undefined
  /** Whether it waits for an answer or for bytes, and since when. */
  waitingSinceMs: number | undefined
  /** Since it began with its segment, or was measured last. */
  measuredMs: number
  measuredBytes: number
}

/** Between two looks at who is slow. */
const TICK_MS = 1000
/** Who has waited for so long for a byte stands still. */
const STILL_MS = 5000
/** Who has less than this part of the fastest one's speed is slow. */
const SLOW_PART = 0.1

/** Fetches what is missing of a body. */
export class Crew {
  readonly #options: CrewOptions
  readonly #members = new Set<Member>()
  /** Those that were asked. */
  readonly #asked = new Set<Source>()
  readonly #greenlets = new Group()
  readonly #changed = new Event()
  readonly #speed: Speed
  #error: unknown
  /** How many bytes were there when somebody was last sent away. */
  #bytesAtDismissal: number

  constructor(options: CrewOptions) {
    this.#options = options
    this.#bytesAtDismissal = options.body.bytes
    this.#speed = new Speed(options.minSpeedTimeMs, performance.now())
  }

  /** How many connections there are. */
  get size(): number {
    return this.#members.size
  }

  /** Whether more than one mirror may have given bytes. */
  get isMixed(): boolean {
    return this.#asked.size > 1
  }

  /**
   * Parks until everything is there. The download's own connection, `response` for `segment` over
   * `turn`, comes first. Throws the error of the member that was left last.
   */
  *run(first: {
    source: Source
    turn: Turn
    segment: Segment
    response: Response
  }): Operation<void> {
    const { plan } = this.#options.body
    const { source, segment, response } = first
    this.#hire(source, undefined, segment, response)
    try {
      while (!plan.isComplete) {
        if (this.#options.isPaused()) this.#rest()
        else {
          this.#measure()
          this.#dismissTheSlow()
          this.#grow(first)
        }
        if (this.#members.size === 0) throw this.#error
        this.#checkSpeed(source)
        this.#changed.clear()
        yield* this.#changed.wait(TICK_MS)
      }
    } finally {
      yield* killall(this.#greenlets)
    }
  }

  #hire(source: Source, turn: Turn | undefined, segment: Segment, response?: Response): void {
    const member: Member = {
      source,
      turn,
      greenlet: undefined,
      segment,
      waitingSinceMs: undefined,
      measuredMs: performance.now(),
      measuredBytes: segment.written,
    }
    this.#members.add(member)
    this.#asked.add(source)
    const connection = (): Operation<void> => this.#work(member, response)
    member.greenlet = this.#greenlets.spawn(connection)
  }

  *#work(member: Member, given: Response | undefined): Operation<void> {
    const { plan } = this.#options.body
    let response = given
    try {
      while (member.segment !== undefined) {
        member.waitingSinceMs = performance.now()
        response ??= yield* member.source.askFor(this.#options.body, member.segment)
        yield* this.#fetch(member, response)
        response.close()
        response = undefined
        plan.release(member.segment)
        member.segment = plan.claim()
        member.measuredMs = performance.now()
        member.measuredBytes = member.segment?.written ?? 0
      }
      member.source.succeeded()
    } catch (error) {
      rethrowExit(error)
      this.#error = error
      member.source.failed(error)
      if (this.#members.size > 1 && !plan.isComplete) this.#options.note(told(error, member.source))
    } finally {
      response?.close()
      if (member.segment !== undefined) plan.release(member.segment)
      member.turn?.giveBack()
      this.#members.delete(member)
      this.#changed.set()
    }
  }

  /** Receives until the segment is there, which may have become shorter meanwhile. */
  *#fetch(member: Member, response: Response): Operation<void> {
    const { body, count } = this.#options
    const segment = member.segment!
    while (segment.rest > 0) {
      member.waitingSinceMs = performance.now()
      const batch = yield* response.readBatch()
      member.waitingSinceMs = undefined
      if (batch === undefined) {
        if (segment.end === Infinity) body.plan.endAt(segment)
        else if (segment.rest > 0) throw member.source.endedEarly()
        return
      }
      const bytes = Math.min(batch.bytes, segment.rest)
      // What is dropped behind the end does not come again: the answer can't go on there.
      if (bytes < batch.bytes) segment.reach = segment.end
      if (bytes <= 0) {
        batch.release()
        return
      }
      this.#speed.add(bytes, performance.now())
      // Paid for before they are there: whoever sees the file whole need not wait for that. Nobody may
      // take a share of them meanwhile.
      segment.position += bytes
      yield* count(bytes, member.turn)
      segment.position -= bytes
      yield* body.write(segment, batch, clip(batch.chunks, bytes), bytes)
    }
  }

  /** More members, while there is work for them, and a place. */
  #grow(first: { source: Source; turn: Turn }): void {
    const { connections, body } = this.#options
    const { plan } = body
    if (!this.#canGrow) return
    while (this.#members.size < connections && plan.canClaim) {
      const source = this.#nextSource()
      if (source === undefined) return
      const hasFirst = [...this.#members].some(({ turn }) => turn === undefined)
      const isFree = !hasFirst && source.origin === first.turn.origin
      const turn = isFree ? undefined : this.#options.spare(source.origin)
      if (turn === undefined && !isFree) return
      const segment = plan.claim()
      if (segment === undefined) {
        turn?.giveBack()
        return
      }
      this.#options.note(
        `connection ${this.#members.size + 1}, to ${source.host}: from byte ${segment.position}`,
      )
      this.#hire(source, turn, segment)
    }
  }

  /** Whether the file is one to be split. */
  get #canGrow(): boolean {
    const { body, minSplitBytes } = this.#options
    return body.canResume && (body.plan.length ?? 0) >= 2 * minSplitBytes
  }

  /** Of those that can be asked for ranges now, the one with the fewest connections. */
  #nextSource(): Source | undefined {
    const nowMs = performance.now()
    let best: Source | undefined
    let fewest = Infinity
    for (const source of this.#options.sources) {
      if (!source.canSplit(nowMs)) continue
      const has = [...this.#members].filter((member) => member.source === source).length
      if (has < fewest) [best, fewest] = [source, has]
    }
    return best
  }

  /** NetworkError when all together have been too slow for too long. */
  #checkSpeed(source: Source): void {
    const { minSpeed, minSpeedTimeMs } = this.#options
    if (minSpeed === undefined) return
    if (!this.#speed.isBelow(minSpeed, minSpeedTimeMs, performance.now())) return
    throw tooSlow(source.host, minSpeedTimeMs)
  }

  /** Nobody is slow while all are made to wait. */
  #rest(): void {
    const nowMs = performance.now()
    this.#speed.restart(nowMs)
    for (const member of this.#members) {
      member.measuredMs = nowMs
      member.measuredBytes = member.segment?.written ?? 0
    }
  }

  #measure(): void {
    const nowMs = performance.now()
    for (const member of this.#members) {
      const elapsedMs = nowMs - member.measuredMs
      if (member.segment === undefined || elapsedMs < TICK_MS) continue
      const bytes = member.segment.written - member.measuredBytes
      const speed = (bytes / elapsedMs) * 1000
      const before = member.segment.bytesPerSecond
      member.segment.bytesPerSecond = before === undefined ? speed : (before + speed) / 2
      member.measuredMs = nowMs
      member.measuredBytes = member.segment.written
    }
  }

  /** Kills who stands still, or crawls while others go on; what it had is for whoever comes. */
  #dismissTheSlow(): void {
    const speeds = [...this.#members].map(({ segment }) => segment?.bytesPerSecond ?? 0)
    const fastest = Math.max(0, ...speeds)
    const nowMs = performance.now()
    const { bytes } = this.#options.body
    // When nothing has come since the last time, it is the server that stands still: --timeout is for that.
    const isReplaceable =
      bytes > this.#bytesAtDismissal && this.#canGrow && this.#nextSource() !== undefined
    for (const member of this.#members) {
      const { segment, waitingSinceMs } = member
      if (segment === undefined || waitingSinceMs === undefined) continue
      const isEmpty = segment.rest <= 0
      const isStill = isReplaceable && nowMs - waitingSinceMs > STILL_MS
      const speed = segment.bytesPerSecond ?? fastest
      const msLeft = (segment.rest / speed) * 1000
      const isSlow = speed < fastest * SLOW_PART && msLeft > STILL_MS
      if (!isEmpty && !isStill && !isSlow) continue
      if (!isEmpty) {
        this.#bytesAtDismissal = bytes
        this.#options.note(`a connection to ${redact(member.source.origin)} is too slow: replaced`)
      }
      member.greenlet?.killSoon()
    }
  }
}

function told(error: unknown, source: Source): string {
  const message = error instanceof Error ? error.message : String(error)
  return `${message}; the other connections go on without ${source.host}`
}
