/**
 * Which version of a file an answer is of: its length and its validators (RFC 9110, 8.8), and whether
 * the bytes of two answers may be put together.
 *
 * A weak ETag proves nothing about bytes, and is not kept. A Last-Modified of the last second before
 * the answer is weak too (8.8.2.2): the file may have changed twice in it. Pure.
 */
import { type Field, fieldValue, type ResponseFields } from '../io/index.ts'
import { parseHttpDate } from './backoff.ts'

/** A version of a file. */
export interface Representation {
  /** In bytes, when the server has told it. */
  readonly length: number | undefined
  /** A strong ETag, with its quotes. */
  readonly etag: string | undefined
  /** Last-Modified, as it was written. */
  readonly lastModified: string | undefined
  /** Whether Last-Modified is a strong validator. */
  readonly isDated: boolean
}

/** How a request for a range makes sure that the rest is of the same version: by If-Range, or afterwards. */
export type Guard = 'etag' | 'date' | 'none'

/** What an answer's fields say, for a whole length of `length` bytes. */
export function representationOf(
  fields: ResponseFields,
  length: number | undefined,
): Representation {
  const etag = fieldValue(fields, 'etag')
  const lastModified = fieldValue(fields, 'last-modified')
  return {
    length,
    etag: etag !== undefined && /^"[^"]*"$/.test(etag) ? etag : undefined,
    lastModified,
    isDated: isStrongDate(lastModified, fieldValue(fields, 'date')),
  }
}

/** Whether a part of it may be completed later, at all. */
export function isResumable({ etag, isDated }: Representation): boolean {
  return etag !== undefined || isDated
}

/**
 * The guards that a request for the rest may use, in the order in which they are tried: some caches
 * ignore Range when If-Range is an ETag, and some when there is an If-Range at all (aria2-next#43).
 */
export function guardsOf({ etag, isDated }: Representation): readonly Guard[] {
  const guards: Guard[] = []
  if (etag !== undefined) guards.push('etag')
  if (isDated) guards.push('date')
  return [...guards, 'none']
}

/** Whether, and by what, a part of it may be completed later: in words. */
export function guardNote({ etag, isDated, lastModified }: Representation): string {
  if (etag !== undefined) return `can go on after a stop, by its ETag ${etag}`
  if (isDated) return `can go on after a stop, by its Last-Modified, ${lastModified}`
  return 'begins anew after a stop: the server gives no strong ETag, and no Last-Modified of some age'
}

/** The If-Range field (RFC 9110, 13.1.5) of a guard. */
export function guardFields(
  { etag, lastModified }: Representation,
  guard: Guard | undefined,
): readonly Field[] {
  const value = guard === 'etag' ? etag : guard === 'date' ? lastModified : undefined
  return value === undefined ? [] : [['If-Range', value]]
}

/**
 * Why `other` is not the version `known`, in words; undefined when it may be. What only one of them
 * tells is no difference, but without an If-Range, `isProof` asks for a validator that both have.
 */
export function differenceOf(
  known: Representation,
  other: Representation,
  isProof: boolean,
): string | undefined {
  if (known.length !== undefined && other.length !== undefined && known.length !== other.length) {
    return `its length is ${other.length}, not ${known.length}`
  }
  if (known.etag !== undefined && other.etag !== undefined) {
    return known.etag === other.etag ? undefined : 'its ETag is another'
  }
  if (known.lastModified !== undefined && other.lastModified !== undefined) {
    if (known.lastModified !== other.lastModified) return 'its Last-Modified is another'
    if (known.isDated) return undefined
  }
  return isProof ? 'nothing shows that it is the same version' : undefined
}

/** Whether an answer sent at `date` shows that a file is not of its last second any more. */
function isStrongDate(lastModified: string | undefined, date: string | undefined): boolean {
  if (lastModified === undefined) return false
  const modifiedMs = parseHttpDate(lastModified, Date.now())
  if (modifiedMs === undefined) return false
  const sentMs = date === undefined ? undefined : parseHttpDate(date, Date.now())
  return sentMs === undefined || sentMs - modifiedMs >= 1000
}
