/**
 * One mirror of a file: how it is asked for a range, and what became of it.
 *
 * An answer to a range is used only when it is of the version that is there already. If-Range lets the
 * server see to that; where that can't be (another mirror, a cache that ignores Range when there is an
 * If-Range), the answer's own fields are compared instead. With a checksum on the whole, mirrors may
 * have validators of their own.
 */
import { GdlError, IntegrityError, redact } from '../errors.ts'
import {
  contentRange,
  fieldValue,
  hostOf,
  rangeField,
  type Response,
  type Target,
  unsatisfiedLength,
} from '../io/index.ts'
import type { Operation } from '../scheduler/index.ts'
import { backoffMs } from './backoff.ts'
import type { Body } from './body.ts'
import type { Range, Segment } from './plan.ts'
import {
  differenceOf,
  guardFields,
  guardsOf,
  type Representation,
  representationOf,
} from './representation.ts'
import type { Answer, Asking } from './request.ts'
import { ask } from './request.ts'
import { refusalOf } from './status.ts'

/** What came of asking for a range. */
export type Verdict =
  /** The range, of the same version. */
  | { readonly kind: 'part'; readonly response: Response }
  /** The whole file: the server ignores ranges, or has another version. */
  | {
      readonly kind: 'whole'
      readonly response: Response
      readonly target: Target
      readonly why: string
    }
  /** There is nothing beyond what is there. */
  | { readonly kind: 'complete' }
  /** Nothing that can be used: ask for the whole. */
  | { readonly kind: 'useless'; readonly why: string }

/** How a source asks: `request.ts`'s, without the fields. */
export type SourceAsking = Omit<Asking, 'fields' | 'enter' | 'readAheadBytes'> & {
  readonly readAheadBytes: () => number | undefined
}

/** A mirror. */
export class Source {
  readonly url: string
  readonly #asking: SourceAsking
  readonly #original: Target
  /** Where it is asked: where redirects led before. */
  #target: Target
  /** Whether it honours ranges, as far as it has said; undefined before its first answer. */
  #hasRanges: boolean | undefined
  #isDropped = false
  #failures = 0
  #retryAtMs = 0
  #guard = 0
  /** Whether the validators of the file need not be those of the other mirrors. */
  readonly #isVerified: boolean

  constructor(url: string, original: Target, isVerified: boolean, asking: SourceAsking) {
    this.url = url
    this.#original = original
    this.#target = original
    this.#isVerified = isVerified
    this.#asking = asking
  }

  get origin(): string {
    return this.#target.origin
  }

  /** For messages. */
  get host(): string {
    return hostOf(this.#target.href)
  }

  /** Asks for the whole, from the URL as it was given. Parks. As `ask`. */
  *askForAll(enter: Asking['enter'], fields: Asking['fields']): Operation<Answer> {
    const answer = yield* ask(this.#original, this.#how(enter, fields))
    this.answered(answer)
    return answer
  }

  /** What an answer with the whole file says of the source. */
  answered({ response, target }: Answer): void {
    this.#target = target
    const ranges = fieldValue(response.headers, 'accept-ranges')
    this.#hasRanges = ranges !== undefined && /\bbytes\b/i.test(ranges)
  }

  /** Asks for what is missing of `segment`, from the URL as it was given. Parks. As `ask`, and refusals. */
  askForRange(body: Body, segment: Segment, enter: Asking['enter']): Operation<Verdict> {
    return this.#ask(body, segment, this.#original, enter)
  }

  *#ask(body: Body, segment: Segment, from: Target, enter: Asking['enter']): Operation<Verdict> {
    const { representation, url } = body.origin!
    // Its own validators are those of the file only where the file came from.
    const guards = url === this.url ? guardsOf(representation) : (['none'] as const)
    for (;;) {
      const guard = guards[this.#guard] ?? 'none'
      const isLast = segment.end === (body.plan.length ?? Infinity)
      // What is asked for: others may take a share of the segment before the answer is there.
      const asked = { start: segment.position, end: segment.end }
      segment.reach = isLast ? Infinity : asked.end
      const range = rangeField(asked.start, isLast ? undefined : asked.end)
      const fields = [range, ...guardFields(representation, guard)]
      const answer = yield* ask(from, this.#how(enter, fields))
      this.#target = answer.target
      const { response } = answer
      if (response.status === 206) {
        return this.#judgePart(body, asked, response, guard === 'none')
      }
      try {
        if (response.status === 416) return judgeUnsatisfied(body, segment, response)
        // It should have sent the whole (RFC 9110, 13.1.5), but takes If-Range for If-Match.
        if (response.status === 412) return judgeFailedPrecondition(response)
        const refusal = refusalOf(response, Date.now())
        if (refusal !== undefined) {
          yield* response.discard()
          throw refusal
        }
      } catch (error) {
        response.close()
        throw error
      }
      const found = representationOf(response.headers, response.length)
      const difference = differenceOf(representation, found, true)
      this.answered(answer)
      if (difference === undefined && this.#hasRanges === true && this.#guard + 1 < guards.length) {
        this.#guard++
        response.close()
        continue
      }
      this.#hasRanges = false
      const why = difference ?? 'the server sends all of it again'
      return { kind: 'whole', response, target: answer.target, why }
    }
  }

  #how(enter: Asking['enter'], fields: Asking['fields']): Asking {
    const { transport, options, note, sent, story } = this.#asking
    const readAheadBytes = this.#asking.readAheadBytes()
    return { transport, options, note, sent, story, readAheadBytes, enter, fields }
  }

  /** As a further connection of a crew: the range, or an error that says why this source gives none. */
  *askFor(body: Body, segment: Segment): Operation<Response> {
    const { origin } = this.#target
    const stay = (asked: string): Operation<void> => {
      if (asked === origin) return nothing()
      throw changed(`it redirects to ${asked} now`)
    }
    const verdict = yield* this.#ask(body, segment, this.#target, stay)
    if (verdict.kind === 'part') return verdict.response
    if (verdict.kind === 'whole') verdict.response.close()
    this.#hasRanges = false
    const why = verdict.kind === 'complete' ? 'it has less' : verdict.why
    throw changed(`${this.host} is left out: ${why}`)
  }

  /** The error of a range of its that ended before its end. */
  endedEarly(): IntegrityError {
    const message = `${this.host}: a part ended too early`
    return new IntegrityError('GDL_ERR_LENGTH', message, { retryable: true })
  }

  /** Whether a further connection may ask it for a range at `nowMs`. */
  canSplit(nowMs: number): boolean {
    return !this.#isDropped && this.#hasRanges !== false && nowMs >= this.#retryAtMs
  }

  /** A connection to it has ended well. */
  succeeded(): void {
    this.#failures = 0
  }

  /** A connection to it has failed: it gets none for a while, or none any more. */
  failed(error: unknown): void {
    this.#failures++
    const mayPass = error instanceof GdlError && error.retryable && error.code !== 'GDL_ERR_CHANGED'
    if (!mayPass) this.#isDropped = true
    const { retryDelayMs, retryMaxDelayMs } = this.#asking.options
    const pauseMs = backoffMs(this.#failures, { baseMs: retryDelayMs, maxMs: retryMaxDelayMs })
    this.#retryAtMs = performance.now() + pauseMs
  }

  #judgePart(body: Body, asked: Range, response: Response, isProof: boolean): Verdict {
    const { representation } = body.origin!
    const range = contentRange(response.headers)
    const found = representationOf(response.headers, range?.length)
    const isRight = range?.start === asked.start && range.end <= asked.end
    const isCoded = fieldValue(response.headers, 'content-encoding') !== undefined
    if (isCoded && this.#asking.options.transport.compressed) {
      response.close()
      return { kind: 'useless', why: `${redact(this.url)}: a part of what is coded` }
    }
    const why = isRight
      ? differenceOf(representation, found, isProof && !this.#isVerified)
      : 'a part came that was not asked for'
    if (why === undefined || (this.#isVerified && isRight && sameLength(representation, found))) {
      this.#hasRanges = true
      if (range?.length !== undefined) body.plan.learnLength(range.length)
      return { kind: 'part', response }
    }
    response.close()
    this.#hasRanges = false
    return { kind: 'useless', why: `${redact(this.url)}: ${why}` }
  }
}

/** Of no use for the file that was begun; when no other connection is left, the next try begins anew. */
function changed(message: string): IntegrityError {
  return new IntegrityError('GDL_ERR_CHANGED', message, { retryable: true })
}

function judgeUnsatisfied(body: Body, segment: Segment, response: Response): Verdict {
  const length = unsatisfiedLength(response.headers)
  response.close()
  // The body had no announced length, and its end was missed.
  if (length === segment.position && body.plan.length === undefined) {
    body.plan.learnLength(length)
    return { kind: 'complete' }
  }
  return { kind: 'useless', why: 'the server has no such range any more' }
}

function judgeFailedPrecondition(response: Response): Verdict {
  response.close()
  return { kind: 'useless', why: 'the server has another version' }
}

function sameLength(a: Representation, b: Representation): boolean {
  return a.length !== undefined && a.length === b.length
}

// The place is held already.
function* nothing(): Operation<void> {}
