/**
 * The settings of one entry: what each key takes, and what is refused.
 *
 * They are checked where they are read, so that a bad one is named by its line and nothing unusable
 * reaches the engine. Two exceptions: `out` and `dir` are kept as written, for `download/name.ts` makes
 * every path safe; and which header fields gdl sets itself (Range, say) is the transport's business.
 * The other list formats and the command line's options share these functions. Never show a header's
 * value: it may be a password.
 */
import type { Checksum, Entry, Pieces } from '../download/entry.ts'
import { UsageError } from '../errors.ts'
import { parseSize } from './units.ts'
import { FORBIDDEN, showText } from './url.ts'

/** An entry while it is being read. */
export type Draft = { -readonly [Key in keyof Entry]: Entry[Key] }

/** The keys, as aria2 spells them where it has them. */
export type Setting =
  | 'out'
  | 'dir'
  | 'checksum'
  | 'header'
  | 'referer'
  | 'user-agent'
  | 'size'
  | 'pieces'

/** A header field, as [name, value]. */
export type Header = readonly [name: string, value: string]

const SETTINGS: ReadonlySet<string> = new Set<Setting>([
  'out',
  'dir',
  'checksum',
  'header',
  'referer',
  'user-agent',
  'size',
  'pieces',
])

/** The longest value, in UTF-16 units: whatever format it came from, it fits a line of the text format. */
const MAX_VALUE = 16_384

/** Hexadecimal digits of each hash. */
const HEX_LENGTHS: ReadonlyMap<string, number> = new Map<Checksum['algorithm'], number>([
  ['md5', 32],
  ['sha1', 40],
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
])

/** Half of a surrogate pair, which UTF-8 cannot write. */
const NOT_UNICODE = /\p{Surrogate}/u
/** A token: RFC 9110, section 5.6.2. */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** What a field value may not hold (RFC 9110, section 5.5), nor a header of Node and undici (Latin-1). */
const NOT_FIELD_VALUE = /[^\t\x20-\x7e\x80-\xff]/

/** Whether `key`, in lower case, is a setting. */
export function isSetting(key: string): key is Setting {
  return SETTINGS.has(key)
}

/**
 * Writes `text` into `draft` under `key`, without the white space around it; of a key that comes twice
 * the last counts, but `header` and `pieces` add. Throws a UsageError that says what to do.
 */
export function applySetting(draft: Draft, key: Setting, text: string): void {
  // What `trim` drops may be a line break, so the text is looked at as it was.
  if (FORBIDDEN.test(text)) throw unusable(`${key} holds a CR, LF or NUL: remove it`)
  if (text.length > MAX_VALUE) throw unusable(`${key} is longer than ${MAX_VALUE} characters`)
  if (NOT_UNICODE.test(text)) throw unusable(`${key} is not well-formed Unicode`)
  const value = text.trim()
  if (value === '') throw unusable(`${key} has no value: write one, or remove it`)
  switch (key) {
    case 'out':
    case 'dir':
      draft[key] = value
      break
    case 'checksum':
      draft.checksum = parseChecksum(value)
      break
    case 'header':
      draft.headers = [...(draft.headers ?? []), parseHeader(value)]
      break
    case 'referer':
      draft.referer = checkHeader('Referer', value)[1]
      break
    case 'user-agent':
      draft.userAgent = checkHeader('User-Agent', value)[1]
      break
    case 'size':
      draft.size = parseSize(value)
      break
    case 'pieces':
      draft.pieces = morePieces(draft.pieces, value)
      break
  }
}

/**
 * `sha-256=HEX` as a checksum. md5, sha-1, sha-256, sha-384 and sha-512, in any case, with or without
 * the hyphen; `:` may stand for `=`. Throws a UsageError (GDL_ERR_ENTRY).
 */
export function parseChecksum(text: string): Checksum {
  const border = text.search(/[=:]/)
  if (border === -1) throw unusable('a checksum is written as sha-256=HEX')
  return checksumOf(text.slice(0, border), text.slice(border + 1))
}

/** An algorithm's name and its digits as a checksum; as `parseChecksum` else. */
export function checksumOf(name: string, digits: string): Checksum {
  const written = name.trim().toLowerCase()
  const algorithm = written.replace('-', '')
  const hex = digits.trim().toLowerCase()
  const length = HEX_LENGTHS.get(algorithm)
  if (length === undefined) {
    const known = 'md5, sha-1, sha-256, sha-384 or sha-512'
    throw unusable(`the checksum ${showText(`"${written}"`)} is not known: use ${known}`)
  }
  if (!/^[0-9a-f]*$/.test(hex)) throw unusable(`the ${written} checksum is not hexadecimal`)
  if (hex.length !== length) {
    throw unusable(`a ${written} checksum has ${length} hexadecimal digits, not ${hex.length}`)
  }
  return { algorithm: algorithm as Checksum['algorithm'], hex }
}

/** Whether `name` is one of the algorithms, written as `parseChecksum` takes them. */
export function isAlgorithm(name: string): boolean {
  return HEX_LENGTHS.has(name.trim().toLowerCase().replace('-', ''))
}

/** `sha-256 LENGTH HEX HEX …` added to the pieces that lines above it gave. */
function morePieces(before: Pieces | undefined, text: string): Pieces {
  const [name = '', length = '', ...digits] = text.split(/[ \t]+/)
  const lengthBytes = /^\d+$/.test(length) ? Number(length) : 0
  if (digits.length === 0 || !(lengthBytes > 0 && Number.isSafeInteger(lengthBytes))) {
    throw unusable('pieces are written as sha-256 LENGTH HEX HEX …')
  }
  const checksums = digits.map((hex) => checksumOf(name, hex))
  const { algorithm } = checksums[0]!
  const { hexes = [], ...form } = before ?? { algorithm, lengthBytes }
  if (form.algorithm !== algorithm || form.lengthBytes !== lengthBytes) {
    throw unusable('the pieces of one file have one algorithm and one length')
  }
  return { algorithm, lengthBytes, hexes: [...hexes, ...checksums.map(({ hex }) => hex)] }
}

/** `Name: value` as a header field. Throws a UsageError (GDL_ERR_ENTRY), which never shows the value. */
export function parseHeader(text: string): Header {
  const colon = text.indexOf(':')
  if (colon === -1) throw unusable('a header is written as Name: value')
  return checkHeader(text.slice(0, colon), text.slice(colon + 1))
}

/**
 * A header field with the white space around its value removed. Throws a UsageError (GDL_ERR_ENTRY)
 * when the name is no field name (RFC 9110, section 5.1), or the value holds CR, LF, NUL, another
 * control character, or one that Latin-1 has not (section 5.5).
 */
function checkHeader(name: string, value: string): Header {
  if (!FIELD_NAME.test(name)) {
    throw unusable("the header's name has a character that is not allowed: write Name: value")
  }
  if (NOT_FIELD_VALUE.test(value)) {
    throw unusable(`the value of ${showText(name)} has a character that a header cannot hold`)
  }
  return [name, value.trim()]
}

function unusable(message: string): UsageError {
  return new UsageError('GDL_ERR_ENTRY', message)
}
