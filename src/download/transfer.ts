/**
 * The state of a download under way: what the engine writes and reporters look at when they draw.
 */
import type { StageListener, Transfer, TransferState } from './events.ts'

/** An entry under way, as reporters see it. */
export class LiveTransfer implements Transfer {
  readonly id: number
  readonly startedMs: number = performance.now()
  path: string
  url: string
  total: number | undefined
  attempt = 0
  retryAtMs: number | undefined
  received = 0
  /** What has the bytes: an answer that is waited for as a whole, or a body. */
  counter: { readonly bytes: number } | { readonly received: number } | undefined
  /** Who fetches it, where that may be several. */
  crew: { readonly size: number } | undefined

  #state: TransferState = 'connecting'
  readonly #onStage: StageListener | undefined

  constructor(id: number, url: string, path: string, onStage: StageListener | undefined) {
    this.id = id
    this.url = url
    this.path = path
    this.#onStage = onStage
  }

  get state(): TransferState {
    return this.#state
  }

  set state(state: TransferState) {
    this.#state = state
    this.#onStage?.(this.id, state)
  }

  get bytes(): number {
    const { counter } = this
    if (counter === undefined) return 0
    return 'bytes' in counter ? counter.bytes : counter.received
  }

  get connections(): number {
    return this.state === 'receiving' ? (this.crew?.size ?? 1) : 0
  }
}
