/**
 * One try after the other at one file: what is asked for, and where the answer's bytes go.
 *
 * A short body that comes at once is written at once, without a journal. Any other becomes a `Body`,
 * which keeps what has come for the next try, the next mirror and the next run, and is fetched by a
 * `Crew`. Whatever the way out, the exchange is closed; `leave` comes last.
 */
import { type GdlError, IntegrityError, redact } from '../errors.ts'
import { digestOf, type Response, withoutUserinfo } from '../io/index.ts'
import { type Operation, rethrowExit } from '../scheduler/index.ts'
import type { Allowance } from './allowance.ts'
import { Body, type Origin } from './body.ts'
import { Completion } from './completion.ts'
import { Crew } from './crew.ts'
import type { Assignment, Surroundings } from './download.ts'
import type { DoneStatus } from './events.ts'
import { Expectation } from './expectation.ts'
import { Journal } from './journal.ts'
import { Naming } from './naming.ts'
import { receiveToOutput } from './output-receiver.ts'
import type { Segment } from './plan.ts'
import { guardNote, representationOf } from './representation.ts'
import type { Answer } from './request.ts'
import { writeShortBody } from './short-body.ts'
import type { Source } from './source.ts'
import { refusalOf } from './status.ts'
import type { LiveTransfer } from './transfer.ts'

/** A body that is known to be at most so long is waited for, and then written at once. */
const SHORT_BYTES = 256 * 1024
/** ... unless it takes longer than this: then what has come is to be safe. */
const SHORT_MS = 200

/** A file that is in its place. */
export interface Fetched {
  readonly bytes: number
  readonly status: DoneStatus
}

/** An answer, and how to go on with it. */
interface Received {
  readonly source: Source
  readonly sources: readonly Source[]
  readonly response: Response
}

/** The tries at one file. */
export class Fetch {
  readonly #assignment: Assignment
  readonly #around: Surroundings
  readonly #transfer: LiveTransfer
  /** What it may have of its origins and of the limits. */
  readonly allowance: Allowance
  /** What the answers are held against. */
  readonly #expectation: Expectation
  readonly #naming: Naming
  readonly #completion: Completion
  #body: Body | undefined
  #isCommitted = false

  constructor(
    assignment: Assignment,
    around: Surroundings,
    transfer: LiveTransfer,
    allowance: Allowance,
  ) {
    this.#assignment = assignment
    this.#around = around
    this.#transfer = transfer
    this.allowance = allowance
    this.#expectation = new Expectation(assignment, around.options)
    this.#naming = new Naming(assignment, around, transfer)
    this.#completion = new Completion({
      expectation: this.#expectation,
      transfer,
      pieces: assignment.entry.pieces,
      verified: (algorithms) => this.#noteRight(algorithms),
    })
  }

  /** Whether bytes have gone where they can't be taken back from, so that a try is the last. */
  get isCommitted(): boolean {
    return this.#isCommitted
  }

  /** Takes up what an earlier run has left. Parks. FileError, GDL_ERR_LOCKED among them. */
  *open(): Operation<void> {
    const path = this.#naming.path
    if (path !== undefined && this.#around.folders.hasLeft(path)) yield* this.#openBody(path)
  }

  /** Ends it: the turn is given back, and what can be gone on from is kept. Parks; also after a kill. */
  *leave(): Operation<void> {
    this.allowance.giveTurn()
    const body = this.#body
    this.#body = undefined
    if (body !== undefined) yield* body.leave()
  }

  /** One try, at one mirror; the others may help. Parks until the file is in its place. GdlError. */
  *attempt(source: Source, sources: readonly Source[]): Operation<Fetched> {
    if (this.#body?.canResume === true) {
      const fetched = yield* this.#goOn(this.#body, source, sources)
      if (fetched !== undefined) return fetched
    }
    const answer = yield* source.askForAll(this.allowance.enter, this.#expectation.conditions())
    const { response } = answer
    try {
      this.allowance.answered(response.status)
      if (this.#expectation.isUnchanged(response)) return UNCHANGED
      const refusal = refusalOf(response, Date.now())
      if (refusal !== undefined) {
        yield* response.discard()
        throw refusal
      }
      return yield* this.#receive(answer, { source, sources, response })
    } finally {
      response.close()
    }
  }

  /** A try has failed. */
  failed(error: GdlError): void {
    this.#transfer.counter = this.#body
    this.#transfer.crew = undefined
    this.allowance.failed(error)
  }

  /** Goes on from what is there. Undefined when that can't be, and the whole is to be asked for. */
  *#goOn(body: Body, source: Source, sources: readonly Source[]): Operation<Fetched | undefined> {
    this.#transfer.counter = body
    this.#transfer.total = body.plan.length
    this.#note(`goes on: ${body.bytes} of ${body.plan.length ?? 'unknown'} bytes are there`)
    const segment = body.plan.claim()
    if (segment === undefined) return yield* this.#finish(body, source)
    try {
      const verdict = yield* source.askForRange(body, segment, this.allowance.enter)
      if (verdict.kind === 'complete') return yield* this.#finish(body, source)
      if (verdict.kind === 'useless') {
        this.#note(`${verdict.why}; starting again`)
        yield* body.clear()
        return undefined
      }
      const { response } = verdict
      const received = { source, sources, response }
      try {
        this.allowance.answered(response.status)
        if (verdict.kind === 'part') return yield* this.#fetch(body, segment, received)
        this.#note(`${redact(source.url)}: ${verdict.why}; starting again`)
        return yield* this.#receive(verdict, received)
      } finally {
        response.close()
      }
    } finally {
      body.plan.release(segment)
    }
  }

  /** Receives the whole file. */
  *#receive(answer: Answer, received: Received): Operation<Fetched> {
    const { response } = answer
    if (this.#naming.take(response)) {
      if (this.#naming.path === undefined) return PRESENT
      yield* this.open()
      if (this.#body?.canResume === true) {
        response.close()
        return yield* this.attempt(received.source, received.sources)
      }
    }
    const path = this.#naming.path
    this.#expectation.checkLength(response.length, true)
    this.#transfer.total = response.length
    this.#transfer.state = 'receiving'
    if (path === undefined) return yield* this.#receiveToOutput(response)
    const isShort = response.ended || (response.length ?? Infinity) <= SHORT_BYTES
    // Pieces are checked in a body alone.
    const hasPieces = this.#assignment.entry.pieces !== undefined
    if (isShort && !hasPieces && this.#body === undefined) {
      this.#transfer.counter = response
      if (yield* response.arrived(SHORT_MS)) {
        const bytes = this.#writeShort(response, path)
        if (bytes !== undefined) {
          this.allowance.arrived(bytes)
          this.#remember(path, answer, received.source, bytes)
          yield* this.allowance.pay(bytes)
          return { bytes, status: 'downloaded' }
        }
      }
    }
    this.#completion.isMixed = false
    const body = this.#body ?? (yield* this.#openBody(path))
    const origin = originOf(answer, received.source)
    yield* body.begin(origin, this.#expectation.promisedBy(response))
    this.#note(guardNote(origin.representation))
    this.#transfer.counter = body
    const segment = body.plan.claim()
    if (segment === undefined) return yield* this.#finish(body, received.source, response)
    return yield* this.#fetch(body, segment, received)
  }

  #writeShort(response: Response, path: string): number | undefined {
    const { folders, options } = this.#around
    return writeShortBody(response, path, {
      expectation: this.#expectation,
      folders,
      isSynced: options.fsync,
      verified: (algorithms) => {
        this.#noteRight(algorithms)
        this.#transfer.state = 'writing'
      },
    })
  }

  #remember(path: string, answer: Answer, source: Source, bytes: number): void {
    if (this.#around.options.ifExists !== 'update') return
    const origin = originOf(answer, source)
    const done = bytes === 0 ? [] : [{ start: 0, end: bytes }]
    if (this.#expectation.isRemembered(origin)) Journal.remember(path, { ...origin, done })
  }

  *#receiveToOutput(response: Response): Operation<Fetched> {
    this.#transfer.counter = response
    const bytes = yield* receiveToOutput(response, {
      options: this.#around.options,
      allowance: this.allowance,
      expectation: this.#expectation,
      begun: () => {
        this.#isCommitted = true
      },
    })
    return { bytes, status: 'downloaded' }
  }

  /** Fetches what is missing, over this connection and perhaps others. */
  *#fetch(body: Body, segment: Segment, received: Received): Operation<Fetched> {
    const { options, governor } = this.#around
    const { source, sources, response } = received
    this.#expectation.checkLength(body.plan.length, true)
    this.#transfer.total = body.plan.length
    this.#transfer.state = 'receiving'
    if (!response.decoded) body.learnDigest(digestOf(response.headers, response.status === 206))
    const crew = new Crew({
      body,
      sources: this.#completion.isAlone ? [source] : sources,
      connections: response.decoded ? 1 : options.connections,
      minSplitBytes: options.minSplitBytes,
      minSpeed: options.minSpeedBytesPerSecond,
      minSpeedTimeMs: options.minSpeedTimeMs,
      spare: (origin) => governor.spare(origin),
      count: (bytes, turn) => {
        this.#expectation.checkLength(body.bytes, false)
        return this.allowance.count(bytes, turn)
      },
      isPaused: () => !this.#around.going.isSet,
      note: (message) => this.#note(message),
    })
    this.#transfer.crew = crew
    try {
      yield* crew.run({ source, turn: this.allowance.turn!, segment, response })
    } catch (error) {
      rethrowExit(error)
      if (error instanceof IntegrityError && error.code === 'GDL_ERR_TOO_LARGE') yield* body.clear()
      throw error
    } finally {
      this.#completion.isMixed ||= crew.isMixed || body.origin?.url !== withoutUserinfo(source.url)
    }
    return yield* this.#finish(body, source, response)
  }

  /** Checks the file, and puts it in its place. */
  *#finish(body: Body, source: Source, response?: Response): Operation<Fetched> {
    const { bytes, isResumed } = body
    yield* this.#completion.finish(body, source, response)
    this.#body = undefined
    return { bytes, status: isResumed ? 'resumed' : 'downloaded' }
  }

  *#openBody(path: string): Operation<Body> {
    const { entry, checksum } = this.#assignment
    this.#around.folders.makeFor(path)
    const urls = entry.urls.map(withoutUserinfo)
    const note = (message: string): void => this.#note(message)
    this.#body = yield* Body.open(path, urls, this.#around.options, note)
    this.#body.promise({ checksum, digest: undefined })
    return this.#body
  }

  #noteRight(algorithms: readonly string[]): void {
    if (algorithms.length > 0) this.#note(`verified: ${algorithms.join(', ')}`)
  }

  #note(message: string): void {
    this.#around.emit({ event: 'detail', id: this.#assignment.id, message })
  }
}

const UNCHANGED: Fetched = { bytes: 0, status: 'unchanged' }
const PRESENT: Fetched = { bytes: 0, status: 'present' }

function originOf({ response, target }: Answer, { url }: Source): Origin {
  // The validators of what was coded are not those of what is written: its ranges would be others.
  const fields = response.decoded ? {} : response.headers
  const representation = representationOf(fields, response.length)
  return { url: withoutUserinfo(url), finalUrl: target.href, representation }
}
