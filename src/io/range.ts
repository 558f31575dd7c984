/**
 * Ranges of bytes on the wire (RFC 9110, section 14). Inside gdl a range is half-open, `[start, end)`;
 * HTTP's inclusive form is written and read here alone. Pure.
 */
import { type Field, fieldValue, type ResponseFields } from './fields.ts'

/** What a 206 says that it holds: `[start, end)` of `length` bytes, where the server knows that. */
export interface ContentRange {
  readonly start: number
  readonly end: number
  readonly length: number | undefined
}

/** The field that asks for `[start, end)`, or for all from `start` on (14.2). */
export function rangeField(start: number, end?: number): Field {
  return ['Range', `bytes=${start}-${end === undefined ? '' : end - 1}`]
}

/** Content-Range of a 206 (14.4); undefined when there is none, or none that makes sense. */
export function contentRange(fields: ResponseFields): ContentRange | undefined {
  const value = fieldValue(fields, 'content-range') ?? ''
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(value.trim())
  if (match === null) return undefined
  const start = Number(match[1])
  const end = Number(match[2]) + 1
  const length = match[3] === '*' ? undefined : Number(match[3])
  return start < end && end <= (length ?? Infinity) ? { start, end, length } : undefined
}

/** The whole length that a 416 tells: `bytes *` and it (14.4); undefined when it does not. */
export function unsatisfiedLength(fields: ResponseFields): number | undefined {
  const match = /^bytes \*\/(\d{1,15})$/i.exec((fieldValue(fields, 'content-range') ?? '').trim())
  return match === null ? undefined : Number(match[1])
}
