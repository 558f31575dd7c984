/**
 * Bytes in, lines out: what every list format is read through.
 *
 * The border of a line is looked for in the bytes, and each line is decoded by itself. A line feed is
 * never part of a longer UTF-8 sequence, so no decoder has to carry state over chunk borders; and each
 * line is a string of its own. To decode a chunk and split the text was rejected: a name kept from one
 * line would keep the whole chunk in memory, 64 KiB for each entry of a long list.
 *
 * Only a line that crosses a border is copied, into one buffer that never grows. Of a line that is too
 * long the rest is dropped as it comes, and its beginning is given, for one bad line is no reason to leave
 * out the others; but where the very first is, the file is no list (a disk image, say), and that costs
 * 64 KiB and an error. Pure: no files, no clock.
 */
import { UsageError } from '../errors.ts'

/** The longest line, in bytes before its line feed. */
export const MAX_LINE_BYTES = 65_536

/** What is wrong with a line that `isOverlong`. */
export const OVERLONG: string = `the line is longer than ${MAX_LINE_BYTES / 1024} KiB`

/** So much is given of one, to be shown. */
const SHOWN_BYTES = 64
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const BYTE_ORDER_MARK = '\ufeff'

/** Whether `line`, of a splitter, is only the beginning of one: it ends in a line feed, as no other does. */
export function isOverlong(line: string): boolean {
  return line.endsWith('\n')
}

/**
 * Splits a stream of bytes into lines, without their ends (LF or CRLF) and without a byte order mark
 * at the very start. Invalid UTF-8 becomes U+FFFD. Chunks may be reused by their owner after `feed`.
 */
export class LineSplitter {
  readonly #sourceName: string
  readonly #firstLine: number
  /** The beginning of a line whose end has not come; made when one is first needed. */
  #held: Buffer | undefined
  #heldBytes = 0
  #lineCount = 0
  /** The beginning of a line that is too long and whose end has not come. */
  #overlong: string | undefined
  #failure: UsageError | undefined

  /** `sourceName` stands in front of line numbers in errors: `urls.txt:17`; `firstLine` is the first. */
  constructor(sourceName: string, firstLine = 1) {
    this.#sourceName = sourceName
    this.#firstLine = firstLine
  }

  /**
   * The lines that `chunk` completes. O(chunk).
   *
   * Throws a UsageError (GDL_ERR_LIST) at a first line over `MAX_LINE_BYTES`, and at a list in UTF-16. Of
   * a later line that is too long the beginning is given: `isOverlong`.
   */
  feed(chunk: Uint8Array): string[] {
    if (this.#failure !== undefined) throw this.#failure
    const lines: string[] = []
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let start = 0
    while (this.#failure === undefined) {
      const end = bytes.indexOf(LINE_FEED, start)
      this.#take(bytes, start, end, lines)
      if (end === -1) break
      start = end + 1
    }
    return this.#give(lines)
  }

  /** The last line, where the input does not end in a line feed. Throws as `feed` does. */
  end(): string[] {
    if (this.#failure !== undefined) throw this.#failure
    const lines: string[] = []
    if (this.#overlong !== undefined) lines.push(this.#overlong)
    else if (this.#heldBytes > 0) this.#complete(this.#held!, 0, this.#heldBytes, lines)
    this.#heldBytes = 0
    this.#overlong = undefined
    return this.#give(lines)
  }

  #give(lines: string[]): string[] {
    if (this.#failure !== undefined) throw this.#failure
    return lines
  }

  /** Takes what is from `start` to the line feed at `end`, or to the end of the chunk when that is -1. */
  #take(bytes: Buffer, start: number, end: number, lines: string[]): void {
    const stop = end === -1 ? bytes.length : end
    if (this.#overlong !== undefined || this.#heldBytes + stop - start > MAX_LINE_BYTES) {
      this.#takeOverlong(bytes.subarray(start, stop), end !== -1, lines)
    } else if (end !== -1 && this.#heldBytes === 0) {
      this.#complete(bytes, start, stop, lines)
    } else {
      this.#held ??= Buffer.allocUnsafeSlow(MAX_LINE_BYTES)
      this.#heldBytes += bytes.copy(this.#held, this.#heldBytes, start, stop)
      if (end === -1) return
      this.#complete(this.#held, 0, this.#heldBytes, lines)
      this.#heldBytes = 0
    }
  }

  #takeOverlong(part: Buffer, isComplete: boolean, lines: string[]): void {
    if (this.#lineCount === 0) {
      this.#fail(OVERLONG, 'A list has one download a line; check that this file is a list.')
      return
    }
    const held = this.#held?.toString('utf8', 0, Math.min(this.#heldBytes, SHOWN_BYTES)) ?? ''
    this.#heldBytes = 0
    this.#overlong ??= `${held}${part.toString('utf8', 0, SHOWN_BYTES)}\n`
    if (!isComplete) return
    this.#lineCount++
    lines.push(this.#overlong)
    this.#overlong = undefined
  }

  #complete(bytes: Buffer, start: number, end: number, lines: string[]): void {
    const isFirst = this.#lineCount === 0
    if (isFirst && isUtf16(bytes, start, end)) {
      this.#fail('the list is in UTF-16', 'Save it as UTF-8.')
      return
    }
    this.#lineCount++
    const stop = end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end
    const line = bytes.toString('utf8', start, stop)
    lines.push(isFirst && line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line)
  }

  #fail(message: string, hint: string): void {
    const where = `${this.#sourceName}:${this.#firstLine + this.#lineCount}`
    this.#failure = new UsageError('GDL_ERR_LIST', `${where}: ${message}`, { hint })
  }
}

/** Whether a byte order mark of UTF-16 is at `start`: what PowerShell 5's `>` writes. */
function isUtf16(bytes: Buffer, start: number, end: number): boolean {
  if (end - start < 2) return false
  const mark = bytes.readUInt16BE(start)
  return mark === 0xfeff || mark === 0xfffe
}
