/**
 * Bytes in, lines out: what every list format is read through.
 *
 * The border of a line is looked for in the bytes, and each line is decoded by itself. A line feed is
 * never part of a longer UTF-8 sequence, so no decoder has to carry state over chunk borders; and each
 * line is a string of its own. To decode a chunk and split the text was rejected: a name kept from one
 * line would keep the whole chunk in memory, 64 KiB for each entry of a long list.
 *
 * Only a line that crosses a border is copied, into one buffer that never grows: a list of one endless
 * line (a disk image, say) costs 64 KiB and an error. Pure: no files, no clock.
 */
import { UsageError } from '../errors.ts'

/** The longest line, in bytes before its line feed. */
export const MAX_LINE_BYTES = 65_536

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const BYTE_ORDER_MARK = '\ufeff'

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
  #failure: UsageError | undefined

  /** `sourceName` stands in front of line numbers in errors: `urls.txt:17`; `firstLine` is the first. */
  constructor(sourceName: string, firstLine = 1) {
    this.#sourceName = sourceName
    this.#firstLine = firstLine
  }

  /**
   * The lines that `chunk` completes. O(chunk).
   *
   * Throws a UsageError (GDL_ERR_LIST) at a line over `MAX_LINE_BYTES`, and at a list in UTF-16. Lines
   * before that one are returned first: then the next call throws, so that cuts elsewhere change nothing.
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
    if (this.#heldBytes > 0) this.#complete(this.#held!, 0, this.#heldBytes, lines)
    this.#heldBytes = 0
    return this.#give(lines)
  }

  #give(lines: string[]): string[] {
    if (this.#failure !== undefined && lines.length === 0) throw this.#failure
    return lines
  }

  /** Takes what is from `start` to the line feed at `end`, or to the end of the chunk when that is -1. */
  #take(bytes: Buffer, start: number, end: number, lines: string[]): void {
    const stop = end === -1 ? bytes.length : end
    if (this.#heldBytes + stop - start > MAX_LINE_BYTES) {
      this.#fail(
        `the line is longer than ${MAX_LINE_BYTES / 1024} KiB`,
        'A list has one download a line; check that this file is a list.',
      )
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
