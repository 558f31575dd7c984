/**
 * What one download may have: a turn at the origin that it is asking, and its share of the limits; and
 * what its governor is told of what came of that.
 */
import { type GdlError, NetworkError, ResponseError } from '../errors.ts'
import type { Operation } from '../scheduler/index.ts'
import type { Surroundings } from './download.ts'
import { RateLimit } from './rate.ts'
import type { LiveTransfer } from './transfer.ts'
import type { Turn } from './turn.ts'

/** The turn of a download, and the bytes that it may take. */
export class Allowance {
  readonly #around: Surroundings
  readonly #transfer: LiveTransfer
  readonly #limitEach: RateLimit
  #turn: Turn | undefined
  #askedMs = 0

  /** Owns `turn`, which was granted, from now on. */
  constructor(around: Surroundings, transfer: LiveTransfer, turn: Turn) {
    this.#around = around
    this.#transfer = transfer
    this.#limitEach = new RateLimit(around.options.limitEachBytesPerSecond)
    this.#turn = turn
  }

  /** The turn of now, if it was not given back. */
  get turn(): Turn | undefined {
    return this.#turn
  }

  /** How much is to be read ahead, so that a limit is kept at each moment; undefined: as much as is good. */
  get readAheadBytes(): number | undefined {
    const { limit } = this.#around
    if (limit.rate === undefined && this.#limitEach.rate === undefined) return undefined
    return Math.min(limit.batchBytes, this.#limitEach.batchBytes)
  }

  /** Parks until a request may be sent to an origin: at once with the turn of now, if that is for it. */
  readonly enter = (origin: string): Operation<void> => this.#takeTurn(origin)

  /** Lets others have the turn. The next try asks for one by itself. */
  giveTurn(): void {
    this.#turn?.giveBack()
    this.#turn = undefined
  }

  /** An answer has come, to what `enter` was for. */
  answered(status: number): void {
    if (!isTooMuch(status)) this.#turn?.answered(performance.now() - this.#askedMs)
  }

  /** A try has failed: what the origin is to be told of it. */
  failed(error: GdlError): void {
    const isRefusal = error instanceof ResponseError && isTooMuch(error.status)
    if (isRefusal || error instanceof NetworkError) this.#turn?.trouble({ isRefusal })
    // What one download is asked for holds for all at that origin.
    if (error instanceof ResponseError && error.retryAfterMs !== undefined && this.#turn) {
      this.#around.governor.hold(this.#turn.origin, performance.now() + error.retryAfterMs)
    }
  }

  /** Bytes have come, by the turn of now or by another. */
  arrived(bytes: number, turn: Turn | undefined = this.#turn): void {
    this.#transfer.received += bytes
    this.#around.count(bytes)
    turn?.received(bytes)
  }

  /** `arrived`; then parks while they are more than the limits let pass, and while the run is paused. */
  *count(bytes: number, turn?: Turn): Operation<void> {
    this.arrived(bytes, turn)
    while (!this.#around.going.isSet) yield* this.#around.going.wait()
    yield* this.pay(bytes)
  }

  /** Parks while these bytes are more than the limits let pass. */
  *pay(bytes: number): Operation<void> {
    if (this.#limitEach.rate !== undefined) yield* this.#limitEach.take(bytes)
    if (this.#around.limit.rate !== undefined) yield* this.#around.limit.take(bytes)
  }

  *#takeTurn(origin: string): Operation<void> {
    if (this.#turn?.origin !== origin) {
      this.giveTurn()
      this.#transfer.state = 'queued'
      this.#turn = this.#around.governor.ask(origin, { returning: true })
      yield* this.#turn.granted()
    }
    this.#transfer.state = 'connecting'
    this.#askedMs = performance.now()
  }
}

/** Whether a status says that an origin has too much of us. */
function isTooMuch(status: number): boolean {
  return status === 429 || status === 503
}
