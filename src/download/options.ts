/**
 * How a run downloads: the engine's options, with no default of their own (the command line's table
 * has those, and `DEFAULTS` for programs).
 */
import { type Field, type HttpTimeouts, type RequestFields, requestFields } from '../io/index.ts'
import { VERSION } from '../version.ts'
import type { Entry } from './entry.ts'

const USER_AGENT = `gdl/${VERSION}`

/** What to do when a file of the final name is there already. */
export type IfExists = 'skip' | 'overwrite' | 'rename' | 'fail'

/** All of a run's settings. Times are milliseconds. */
export interface SessionOptions extends Required<HttpTimeouts> {
  /** The folder that all names are relative to, and stay in. */
  readonly dir: string
  /** The template of `-o`; undefined: the URL's last segment. `-` is standard output. */
  readonly output: string | undefined
  readonly ifExists: IfExists
  /** Whether files get the time of the server's Last-Modified. */
  readonly timestamps: boolean
  readonly jobs: number
  readonly perHost: number
  /** Tries after the first, for what may pass. */
  readonly retries: number
  readonly retryDelayMs: number
  readonly retryMaxDelayMs: number
  /** For a whole download, tries and pauses included; undefined: no bound. */
  readonly maxTimeMs: number | undefined
  readonly maxRedirects: number
  readonly allowDowngrade: boolean
  /** Sent to the origin of a download's URL alone. */
  readonly headers: readonly Field[]
  /** Undefined: gdl's own. */
  readonly userAgent: string | undefined
  readonly referer: string | undefined
}

/** What `gdl` does when nothing else is said. */
export const DEFAULTS: SessionOptions = {
  dir: '.',
  output: undefined,
  ifExists: 'skip',
  timestamps: true,
  jobs: 32,
  perHost: 16,
  retries: 5,
  retryDelayMs: 1000,
  retryMaxDelayMs: 60_000,
  connectTimeoutMs: 10_000,
  timeoutMs: 30_000,
  maxTimeMs: undefined,
  maxRedirects: 20,
  allowDowngrade: false,
  headers: [],
  userAgent: undefined,
  referer: undefined,
}

/** The fields that the requests for `entry` carry. */
export function fieldsOf(options: SessionOptions, entry: Partial<Entry>): RequestFields {
  const bound =
    entry.headers === undefined ? options.headers : [...options.headers, ...entry.headers]
  const free: Field[] = [['User-Agent', entry.userAgent ?? options.userAgent ?? USER_AGENT]]
  const referer = entry.referer ?? options.referer
  if (referer !== undefined) free.push(['Referer', referer])
  return requestFields(bound, free)
}
