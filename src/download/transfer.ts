/**
 * The state of a download under way: what the engine writes and reporters look at when they draw.
 */
import type { Response } from '../io/index.ts'
import type { Transfer, TransferState } from './events.ts'

/** An entry under way, as reporters see it. */
export class LiveTransfer implements Transfer {
  readonly id: number
  readonly path: string
  readonly startedMs: number = performance.now()
  url: string
  state: TransferState = 'connecting'
  total: number | undefined
  attempt = 0
  retryAtMs: number | undefined
  /** The answer that is being received. */
  response: Response | undefined

  constructor(id: number, url: string, path: string) {
    this.id = id
    this.url = url
    this.path = path
  }

  get bytes(): number {
    return this.response?.received ?? 0
  }
}
