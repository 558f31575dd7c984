/**
 * Lists of checksums, as sha256sum and its kin write them (`--checksums`).
 *
 *     9f86d081884c7d65…  example.iso            GNU; `*` before the name says binary, and means nothing
 *     \\9f86d081884c7d65…  two\nlines.iso        GNU, where the name has `\`, LF or CR
 *     SHA256 (example.iso) = 9f86d081884c7d65…  BSD, and `sha256sum --tag`
 *     SHA2-256(example.iso)= 9f86d081884c7d65…  openssl dgst
 *
 * GNU's lines don't name the algorithm: the number of digits does, so those of BLAKE2 or SHA-3 would be
 * taken for SHA-2, and fail. A clear-signed list (PGP) is read without its signature, which is not
 * checked. A line that is none of these is an error, for a file would go unchecked in silence.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import type { Checksum } from '../download/entry.ts'
import { UsageError } from '../errors.ts'
import { isOverlong, LineSplitter, OVERLONG } from './lines.ts'
import { checksumOf } from './settings.ts'
import { unreadable } from './unreadable.ts'

const GNU = /^(\\?)([0-9a-f]{32,128})(?: [ *]|[ \t]+)(.+)$/i
const BSD = /^(\\?)(MD5|SHA-?1|SHA2?-?(?:256|384|512)) ?\((.+)\) ?= ?([0-9a-f]+)$/i
const BY_DIGITS: ReadonlyMap<number, string> = new Map([
  [32, 'md5'],
  [40, 'sha-1'],
  [64, 'sha-256'],
  [96, 'sha-384'],
  [128, 'sha-512'],
])
const READ_BYTES = 64 * 1024

/**
 * The checksums in the file at `path`, by the names as they are written there, without `./` in front.
 * Of several for one name the longest counts. Reads at once, without parking. UsageError
 * (GDL_ERR_LIST) when it can't be read, at a line that is no checksum, at two that differ for one name,
 * and where there is none at all; it names file and line.
 */
export function readChecksums(path: string): Map<string, Checksum> {
  const checksums = new Map<string, Checksum>()
  const parser = new ChecksumParser(path, checksums)
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    const splitter = new LineSplitter(path)
    const buffer = Buffer.allocUnsafe(READ_BYTES)
    for (let bytes = -1; bytes !== 0;) {
      bytes = readSync(fd, buffer)
      const chunk = buffer.subarray(0, bytes)
      for (const line of bytes === 0 ? splitter.end() : splitter.feed(chunk)) parser.line(line)
    }
  } catch (error) {
    throw unreadable(path, error)
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
  if (checksums.size === 0) throw new UsageError('GDL_ERR_LIST', `${path}: it has no checksums`)
  return checksums
}

class ChecksumParser {
  readonly #path: string
  readonly #checksums: Map<string, Checksum>
  #lineNumber = 0
  /** Where in a signed list: its head ends at a blank line, and its signature at the end. */
  #armour: 'none' | 'head' | 'signature' = 'none'

  constructor(path: string, checksums: Map<string, Checksum>) {
    this.#path = path
    this.#checksums = checksums
  }

  line(text: string): void {
    this.#lineNumber++
    if (isOverlong(text)) this.#fail(OVERLONG)
    if (text.startsWith('-----BEGIN PGP SIGNED')) this.#armour = 'head'
    else if (text.startsWith('-----BEGIN PGP SIGNATURE')) this.#armour = 'signature'
    else if (text.startsWith('-----END PGP')) this.#armour = 'none'
    else if (this.#armour === 'none' && text.trim() !== '' && !text.startsWith('#')) this.#add(text)
    else if (this.#armour === 'head' && text.trim() === '') this.#armour = 'none'
  }

  #add(text: string): void {
    const [name, checksum] = parseLine(text) ?? this.#fail('not a checksum and a name')
    const before = this.#checksums.get(name)
    if (before?.algorithm === checksum.algorithm && before.hex !== checksum.hex) {
      this.#fail('another checksum of the same file stands above')
    }
    if (before === undefined || before.hex.length < checksum.hex.length) {
      this.#checksums.set(name, checksum)
    }
  }

  #fail(message: string): never {
    throw new UsageError('GDL_ERR_LIST', `${this.#path}:${this.#lineNumber}: ${message}`)
  }
}

function parseLine(text: string): [name: string, checksum: Checksum] | undefined {
  const bsd = BSD.exec(text)
  const [, mark, digits = '', written = ''] = bsd
    ? [bsd[0], bsd[1], bsd[4], bsd[3]]
    : (GNU.exec(text) ?? [])
  // Digits of `SHA2-256`, `SHA256` and `SHA-256` alike.
  const algorithm = bsd
    ? bsd[2]!.replace(/^SHA(2-)?/i, 'SHA-').replace('--', '-')
    : BY_DIGITS.get(digits.length)
  if (algorithm === undefined || BY_DIGITS.get(digits.length) !== algorithm.toLowerCase())
    return undefined
  const name = mark === '\\' ? unescaped(written) : written
  return [name.replace(/^(?:\.\/)+/, ''), checksumOf(algorithm, digits)]
}

function unescaped(name: string): string {
  const meant: Record<string, string> = { n: '\n', r: '\r', '\\': '\\' }
  return name.replace(/\\([nr\\])/g, (_, letter: string) => meant[letter]!)
}
