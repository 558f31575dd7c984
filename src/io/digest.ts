/**
 * Digests that a server sends with a file: Repr-Digest and Content-Digest (RFC 9530), Digest (RFC 3230)
 * and Content-MD5 (RFC 1864). Those of a part of it are not read. Pure.
 */
import type { ResponseFields } from './fields.ts'

/** A hash of the whole file. */
export interface Digest {
  /** Node's name of the algorithm. */
  readonly algorithm: 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512'
  /** Lower-case hexadecimal. */
  readonly hex: string
}

/** Weakest first; with the length of the hash in bytes. */
const ALGORITHMS: ReadonlyMap<string, readonly [Digest['algorithm'], number]> = new Map([
  ['md5', ['md5', 16]],
  ['sha', ['sha1', 20]],
  ['sha-256', ['sha256', 32]],
  ['sha-512', ['sha512', 64]],
])

/**
 * The strongest digest that the fields of an answer give for the whole file; undefined when there is
 * none that is known and well formed. With `isPart` only those count that are of the whole in any case.
 */
export function digestOf(fields: ResponseFields, isPart: boolean): Digest | undefined {
  const { 'repr-digest': repr, digest, 'content-digest': content, 'content-md5': md5 } = fields
  // Hardly any answer has one.
  if ((repr ?? digest ?? content ?? md5) === undefined) return undefined
  const found = [
    ...members(repr, ':'),
    ...members(digest, ''),
    ...(isPart ? [] : members(content, ':')),
    ...(isPart ? [] : members(prefixed('md5=', md5), '')),
  ]
  const order = [...ALGORITHMS.values()].map(([algorithm]) => algorithm)
  found.sort((a, b) => order.indexOf(b.algorithm) - order.indexOf(a.algorithm))
  return found[0]
}

function prefixed(name: string, value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? name + value : undefined
}

/** `name=base64`, separated by commas; `quote` stands around the base64. */
function members(value: string | string[] | undefined, quote: string): Digest[] {
  return [value ?? []].flat().flatMap((text) => text.split(',').flatMap((m) => member(m, quote)))
}

function member(text: string, quote: string): Digest[] {
  const border = text.indexOf('=')
  const known = ALGORITHMS.get(text.slice(0, border).trim().toLowerCase())
  const quoted = text.slice(border + 1).trim()
  const base64 = quoted.slice(quote.length, quoted.length - quote.length)
  if (known === undefined || quoted !== `${quote}${base64}${quote}`) return []
  if (!/^[0-9A-Za-z+/]+={0,2}$/.test(base64)) return []
  const [algorithm, length] = known
  const bytes = Buffer.from(base64, 'base64')
  return bytes.length === length ? [{ algorithm, hex: bytes.toString('hex') }] : []
}
