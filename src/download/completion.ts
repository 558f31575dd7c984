/**
 * The end of a body: its pieces, its length and its digests are checked, then it is put in its place.
 *
 * Where they are wrong, the fault may be in what an earlier run has left, or in what another mirror has
 * sent; so what was put together is thrown away, and who tries again knows whether to ask one mirror alone.
 */
import { type GdlError, IntegrityError } from '../errors.ts'
import { fieldValue, type Response } from '../io/index.ts'
import type { Operation } from '../scheduler/index.ts'
import type { Body } from './body.ts'
import type { Pieces } from './entry.ts'
import type { Expectation } from './expectation.ts'
import type { Source } from './source.ts'
import type { LiveTransfer } from './transfer.ts'

interface Surroundings {
  readonly expectation: Expectation
  readonly transfer: LiveTransfer
  readonly pieces: Pieces | undefined
  /** Called when all is right, before it gets its name. */
  readonly verified: (algorithms: readonly string[]) => void
}

/** Completes one download's bodies, one try after the other. */
export class Completion {
  readonly #around: Surroundings
  /** Bytes of several mirrors are in the body: beside a checksum, nothing has shown that they belong together. */
  isMixed = false
  #isAlone = false

  constructor(around: Surroundings) {
    this.#around = around
  }

  /** Mirrors were found not to belong together: from now on one at a time is to be asked. */
  get isAlone(): boolean {
    return this.#isAlone
  }

  /**
   * Checks `body`, and makes it the file. Parks. IntegrityError, after which it is empty, or without its bad
   * pieces; FileError. `response` is what came last, if anything did.
   */
  *finish(body: Body, source: Source, response: Response | undefined): Operation<void> {
    const { expectation, transfer, verified } = this.#around
    const { isResumed } = body
    transfer.state = 'verifying'
    const modifiedMs = expectation.modifiedMs(
      response === undefined
        ? body.origin?.representation.lastModified
        : fieldValue(response.headers, 'last-modified'),
    )
    yield* this.#checkPieces(body, source)
    try {
      expectation.checkLength(body.bytes, true)
      yield* body.finish(modifiedMs, source.host, {
        isRemembered: expectation.isRemembered(body.origin!),
        checked: () => {
          verified(body.algorithms)
          transfer.state = 'writing'
        },
      })
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error
      yield* body.clear()
      this.#isAlone ||= this.isMixed
      if (this.isMixed) throw again(error, 'put together from several mirrors')
      if (isResumed) throw again(error, 'with what an earlier run had left')
      throw error
    }
  }

  /** IntegrityError when pieces of a Metalink are wrong; they are missing again then. */
  *#checkPieces(body: Body, source: Source): Operation<void> {
    const { pieces } = this.#around
    if (pieces === undefined) return
    const bad = yield* body.dropBadPieces(pieces)
    if (bad === 0) return
    this.#isAlone ||= this.isMixed
    const message = `${source.host}: ${bad} of ${pieces.hexes.length} pieces have the wrong ${pieces.algorithm}`
    throw new IntegrityError('GDL_ERR_CHECKSUM', message, { retryable: true })
  }
}

function again({ code, message }: GdlError, how: string): IntegrityError {
  return new IntegrityError(code, `${message}, ${how}`, { retryable: true })
}
