/**
 * How a run downloads: the engine's options, with no default of their own (the command line's table
 * has those, and `DEFAULTS` for programs).
 */
import {
  type Field,
  type HttpTimeouts,
  type RequestFields,
  requestFields,
  TRANSPORT_DEFAULTS,
  type TransportOptions,
} from '../io/index.ts'
import { VERSION } from '../version.ts'
import type { Checksum, Entry } from './entry.ts'

const USER_AGENT = `gdl/${VERSION}`

/** What to do when a file of the final name is there already. */
export type IfExists = 'skip' | 'update' | 'overwrite' | 'rename' | 'fail'

/** All of a run's settings. Times are milliseconds. */
export interface SessionOptions extends Required<HttpTimeouts> {
  /** The folder that all names are relative to, and stay in. */
  readonly dir: string
  /** The template of `-o`; undefined: the URL's last segment. `-` is standard output. */
  readonly output: string | undefined
  /** Whether the server may name the file (RFC 6266). */
  readonly contentDisposition: boolean
  readonly ifExists: IfExists
  /** Whether files get the time of the server's Last-Modified. */
  readonly timestamps: boolean
  /** Whether to wait for the disk before a file is called whole. */
  readonly fsync: boolean
  /** Whether to tell what would be done, and to send nothing. */
  readonly dryRun: boolean
  /** Whether to go on from a part file that is there. */
  readonly resume: boolean
  /** Downloads at once; `auto` finds the number by measuring. */
  readonly jobs: number | 'auto'
  /** Connections to one origin at once. */
  readonly perHost: number | 'auto'
  /** Most connections for one file. */
  readonly connections: number
  /** Least bytes for each of them. */
  readonly minSplitBytes: number
  /** Over all, and for each download; undefined: no bound. */
  readonly limitBytesPerSecond: number | undefined
  readonly limitEachBytesPerSecond: number | undefined
  /** What is slower than so much for so long is tried again; undefined: nothing is. */
  readonly minSpeedBytesPerSecond: number | undefined
  readonly minSpeedTimeMs: number
  /** Tries after the first, for what may pass. */
  readonly retries: number
  readonly retryDelayMs: number
  readonly retryMaxDelayMs: number
  /** For a whole download, tries and pauses included; undefined: no bound. */
  readonly maxTimeMs: number | undefined
  /** By final name, relative to `dir`. */
  readonly checksums: ReadonlyMap<string, Checksum> | undefined
  /** A longer body is refused. */
  readonly maxSizeBytes: number | undefined
  readonly transport: TransportOptions
  readonly maxRedirects: number
  /** Whether `detail` events tell each request, too: its connection, its fields, its times. */
  readonly story: boolean
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
  contentDisposition: false,
  ifExists: 'skip',
  timestamps: true,
  fsync: false,
  dryRun: false,
  resume: true,
  jobs: 'auto',
  perHost: 'auto',
  connections: 4,
  minSplitBytes: 8 * 1024 * 1024,
  limitBytesPerSecond: undefined,
  limitEachBytesPerSecond: undefined,
  minSpeedBytesPerSecond: undefined,
  minSpeedTimeMs: 30_000,
  retries: 5,
  retryDelayMs: 1000,
  retryMaxDelayMs: 60_000,
  connectTimeoutMs: 10_000,
  timeoutMs: 30_000,
  maxTimeMs: undefined,
  checksums: undefined,
  maxSizeBytes: undefined,
  transport: TRANSPORT_DEFAULTS,
  maxRedirects: 20,
  story: false,
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
