/**
 * What the page is given: the one place where the recorder, in Node, and the page, in a browser, meet.
 *
 * Tasks are rows without names, for there may be a hundred thousand. Types and lists alone; what this
 * file imports must not need Node, nor a browser.
 */

/** How a task ended; a row has the index. */
export const ENDS = [
  'downloaded',
  'resumed',
  'present',
  'unchanged',
  'failed',
  'interrupted',
  'not begun',
] as const

/** How a task ended. */
export type End = (typeof ENDS)[number]

/** Of each task, in the order of the list. */
export type TaskRow = readonly [
  url: string,
  path: string,
  end: number,
  bytes: number,
  seconds: number,
  attempts: number,
  endMs: number,
  /** Index of a stage, and when it began, in turn. */
  steps: readonly number[],
  failure?: Failure,
]

/** Why a task failed. */
export interface Failure {
  readonly code: string
  readonly message: string
  /** What can be done, in a sentence. */
  readonly hint?: string
  /** The server's answer. */
  readonly status?: number
  /** It may pass. */
  readonly retryable: boolean
  /** Where the entry was written. */
  readonly source?: string
}

/** A report. All times are milliseconds since the run began, but for `seconds`. */
export interface ReportData {
  readonly version: string
  /** ISO 8601. */
  readonly startedAt: string
  /** The signal that ended the run. */
  readonly signal?: string
  readonly downloaded: number
  readonly present: number
  readonly failed: number
  readonly total: number
  readonly bytes: number
  readonly seconds: number
  readonly retries: number
  /** The names of stages, by index. */
  readonly stages: readonly string[]
  readonly samples: readonly (readonly [ms: number, bytes: number, active: number])[]
  readonly tasks: readonly TaskRow[]
}
