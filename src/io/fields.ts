/**
 * Header fields (RFC 9110, section 5), and how to read what came.
 */

/** A field's name and value. */
export type Field = readonly [name: string, value: string]

/** The fields of an answer, by lower-case name, as undici gives them. */
export type ResponseFields = Readonly<Record<string, string | string[] | undefined>>

/** The value of a field that may come once; the first where it came more often. */
export function fieldValue(fields: ResponseFields, name: string): string | undefined {
  const value = fields[name]
  return Array.isArray(value) ? value[0] : value
}

/**
 * Content-Length in bytes (RFC 9110, 8.6); undefined when there is none, NaN when it is unusable: no
 * digits, beyond what can be counted, or several that differ.
 */
export function contentLength(fields: ResponseFields): number | undefined {
  const value = fields['content-length']
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value)
  const members = (Array.isArray(value) ? value.join(',') : value).split(',').map((m) => m.trim())
  const [first = ''] = members
  const length = Number(first)
  const usable =
    /^\d+$/.test(first) && Number.isSafeInteger(length) && members.every((m) => m === first)
  return usable ? length : NaN
}

/** Whether a field of this lower-case name is among them. */
export function hasField(fields: readonly Field[], lowerCaseName: string): boolean {
  return fields.some(([name]) => name.toLowerCase() === lowerCaseName)
}
