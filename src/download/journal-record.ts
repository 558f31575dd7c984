/**
 * One record of a journal, `NAME.gdl.json`: how it is written and read. Pure.
 *
 * It is one JSON object:
 *
 *     { "gdl": 1,                     the format's version
 *       "owner": {pid, host, start},  who works on it; null after an orderly end
 *       "url", "finalUrl",            what was asked for, and where redirects led; without userinfo
 *       "length", "etag", "lastModified", "isDated",       the version (representation.ts); null is unknown
 *       "done": [[start, end], ...],  the bytes that are there, half-open, in order, apart
 *       "check": "1a2b3c4d" }         CRC-32 of the object without it
 *
 * Until the first bytes are there it has no more than `gdl`, `owner` and `check`.
 */
import { crc32 } from 'node:zlib'
import type { Owner } from './owner.ts'
import type { Range } from './plan.ts'
import type { Representation } from './representation.ts'

/** What a journal tells of its part file. */
export interface JournalState {
  readonly url: string
  readonly finalUrl: string
  readonly representation: Representation
  readonly done: readonly Range[]
}

/** A record, as it stands in the file. */
export interface JournalRecord {
  readonly owner: Owner | null
  readonly url?: string
  readonly finalUrl: string
  readonly length: number | null
  readonly etag: string | null
  readonly lastModified: string | null
  readonly isDated: boolean
  readonly done: readonly (readonly [number, number])[]
}

/** What was read, before it was looked at. */
type Unsure = { readonly [field: string]: unknown }

/** The text of a record: of a file of which nothing is there yet without a `state`, idle without an owner. */
export function recordText(state: JournalState | undefined, owner: Owner | null): string {
  const record: object = {
    gdl: 1,
    owner,
    ...(state !== undefined && {
      url: state.url,
      finalUrl: state.finalUrl,
      length: state.representation.length ?? null,
      etag: state.representation.etag ?? null,
      lastModified: state.representation.lastModified ?? null,
      isDated: state.representation.isDated,
      done: state.done.map(({ start, end }) => [start, end]),
    }),
  }
  return `${JSON.stringify({ ...record, check: checkOf(record) })}\n`
}

/** A record as `recordText` writes it; undefined for anything else. Throws nothing. */
export function parseRecord(text: string): JournalRecord | undefined {
  try {
    const { check, ...record } = JSON.parse(text) as JournalRecord & { check: string; gdl: number }
    if (record.gdl !== 1 || check !== checkOf(record) || !isOwner(record.owner)) return undefined
    return record.url === undefined || hasState(record) ? record : undefined
  } catch {
    return undefined
  }
}

/** Whether its fields are what they should be; its check says only that nobody has changed it since. */
function hasState({ url, finalUrl, length, etag, lastModified, isDated, done }: Unsure): boolean {
  const areTexts = typeof url === 'string' && typeof finalUrl === 'string'
  const isVersion = isTextOrNull(etag) && isTextOrNull(lastModified) && typeof isDated === 'boolean'
  const areRanges = Array.isArray(done) && done.every(isPair)
  return areTexts && isVersion && areRanges && (length === null || isCount(length))
}

function isOwner(owner: unknown): boolean {
  if (owner === null) return true
  const { pid, host, start } = owner as Unsure
  return isCount(pid) && typeof host === 'string' && typeof start === 'string'
}

function isPair(range: unknown): boolean {
  return Array.isArray(range) && range.length === 2 && range.every(isCount)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string'
}

function checkOf(record: object): string {
  return crc32(JSON.stringify(record)).toString(16).padStart(8, '0')
}

/** What a record tells of its part file; undefined when nothing is there yet. */
export function stateOf(record: JournalRecord): JournalState | undefined {
  const { url, finalUrl, length, etag, lastModified, isDated, done } = record
  if (url === undefined) return undefined
  return {
    url,
    finalUrl,
    representation: {
      length: length ?? undefined,
      etag: etag ?? undefined,
      lastModified: lastModified ?? undefined,
      isDated,
    },
    done: done.map(([start, end]) => ({ start, end })),
  }
}
