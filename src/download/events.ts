/**
 * What happened: the events that the engine emits, and the live state that a reporter may look at
 * between them.
 *
 * Types alone. The engine emits and never prints; reporters print and never steer. An event is
 * emitted synchronously from the greenlet that caused it, so a listener must not park and must not
 * throw. There is no event for a chunk: a reporter that wants to move reads `Transfer.bytes` when it
 * draws.
 */
import type { GdlError } from '../errors.ts'
import type { Item } from './entry.ts'

/**
 * What a download is at; the order is the usual one. `queued` is waiting for a turn, `waiting` for the head
 * of an answer, `writing` putting the file in its place.
 */
export type TransferState =
  | 'queued'
  | 'connecting'
  | 'waiting'
  | 'receiving'
  | 'retrying'
  | 'verifying'
  | 'writing'

/** Is told when a download comes to a state, perhaps again. Must neither park nor throw. */
export type StageListener = (id: number, stage: TransferState) => void

/** A download under way. The engine writes the fields, everybody else reads them. */
export interface Transfer {
  /** 1-based, in the order of the list. */
  readonly id: number
  readonly url: string
  /** The final path, as it will be printed. */
  readonly path: string
  state: TransferState
  /** Bytes that are there so far, those of an earlier run among them. */
  readonly bytes: number
  /** Bytes that have come in this run, those that were thrown away again among them: it only grows. */
  readonly received: number
  /** Connections that its body comes over at present. */
  readonly connections: number
  /** The whole length in bytes, when the server has told it. */
  total: number | undefined
  /** `performance.now()` at the start of the first try. */
  readonly startedMs: number
  /** 1 for the first try. */
  attempt: number
  /** While retrying: when the next try begins, on `performance.now()`. */
  retryAtMs: number | undefined
}

/** How a download ended well. */
export type DoneStatus = 'downloaded' | 'resumed' | 'present' | 'unchanged'

/** Something that happened to a download; `id` is the same in all events of one. */
export type DownloadEvent =
  /** What a list gave has got its id; the first event of each, before it starts, or ends without a start. */
  | { readonly event: 'added'; readonly id: number; readonly item: Item }
  | { readonly event: 'start'; readonly transfer: Transfer }
  /** In a dry run: it would be downloaded. The last event of its download. */
  | {
      readonly event: 'planned'
      readonly id: number
      readonly url: string
      readonly path: string
    }
  | {
      readonly event: 'retry'
      readonly id: number
      readonly url: string
      /** The number of the try that failed. */
      readonly attempt: number
      readonly delayMs: number
      readonly error: GdlError
    }
  | {
      readonly event: 'done'
      readonly id: number
      readonly url: string
      readonly path: string
      readonly bytes: number
      readonly seconds: number
      readonly attempts: number
      readonly status: DoneStatus
    }
  | {
      readonly event: 'fail'
      readonly id: number
      readonly url: string
      readonly path: string | undefined
      readonly attempts: number
      readonly error: GdlError
      /** Where the entry was written: `urls.txt:17`. */
      readonly source: string | undefined
    }
  /** One line of the story of a download, for `--verbose`. */
  | { readonly event: 'detail'; readonly id: number; readonly message: string }
  /** Something odd that does not make a download fail. */
  | { readonly event: 'warning'; readonly message: string }
  /** Something besides the downloads has failed. */
  | { readonly event: 'error'; readonly message: string }

type EventNamed<Name> = Extract<DownloadEvent, { event: Name }>

/**
 * What happened, as programs are told: the events of `download` and of `--json`. The first is always
 * `run`, the last `summary`. Times are seconds.
 */
export type RunEvent = {
  /** ISO 8601, in UTC. */
  readonly time: string
} & (
  | { readonly event: 'run'; readonly schema: 1; readonly version: string }
  | { readonly event: 'start'; readonly id: number; readonly url: string; readonly path: string }
  /** About one a second for each download whose body is being received. */
  | {
      readonly event: 'progress'
      readonly id: number
      readonly bytes: number
      /** The whole length, when the server has told it. */
      readonly total: number | undefined
      /** Bytes a second since the last such event. */
      readonly speed: number
    }
  | {
      readonly event: 'retry'
      readonly id: number
      readonly url: string
      /** The number of the try that failed. */
      readonly attempt: number
      readonly delay: number
      readonly error: GdlError
    }
  | EventNamed<'done'>
  | EventNamed<'fail'>
  | EventNamed<'warning'>
  | {
      readonly event: 'summary'
      readonly downloaded: number
      readonly present: number
      readonly failed: number
      readonly bytes: number
      readonly seconds: number
    }
)

/** The run as a whole, alive. The engine writes it, reporters read it. */
export interface RunState {
  /** Downloads known so far, ended ones among them. */
  total: number
  downloaded: number
  present: number
  failed: number
  /** Body bytes received over the whole run, bytes of failed tries among them. */
  bytes: number
  /** Downloads under way, in the order in which they began. */
  readonly active: ReadonlySet<Transfer>
  /** `performance.now()` when the run began. */
  readonly startedMs: number
  /** Whether somebody has it wait: nothing begins, and nothing is read. */
  paused: boolean
  /** Whether the lists have been read to their ends, so that `total` is final. */
  complete: boolean
}

/** A terminal that is drawn on. */
export interface LiveScreen {
  /** Shows a line of others, harmless already, above what moves. */
  above(line: string): void
  /** Leaves the terminal as it was found: others have it until `resume`. Lines are written all the same. */
  suspend(): void
  /** Draws again, wherever the cursor is by now. */
  resume(): void
}

/** Who tells the user. All calls are synchronous; none may throw. */
export interface Reporter {
  /** Where it draws, if it does. */
  readonly screen?: LiveScreen
  /** Something happened. */
  event(event: DownloadEvent): void
  /** Draw now; called about ten times a second while the run lasts. `nowMs` is `performance.now()`. */
  tick(nowMs: number): void
  /** Clear what moves and leave the terminal as it was found; nothing is drawn afterwards. */
  close(): void
}
