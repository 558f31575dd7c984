/**
 * A list as its bytes come, whatever its format: which format it is, and a parser for it.
 *
 * Told by the first character that is neither white space nor in a comment: `<` is XML, `{` or `[` is
 * JSON, anything else is text. Not by the file's name: standard input has none, and names lie. What
 * comes before that character is only counted, so that an endless comment costs nothing and a list on a
 * pipe is told from the first byte that tells it.
 */
import type { Item } from '../download/entry.ts'
import { until } from '../io/index.ts'
import type { Operation } from '../scheduler/index.ts'
import { JsonLinesParser } from './json-lines.ts'
import { LineSplitter } from './lines.ts'
import { TextParser } from './text.ts'

/** Where items go. */
export type Take = (item: Item) => void

/** What reads one format. Chunks may be reused by their owner after `feed`. */
export interface ListParser {
  /** Takes bytes, and gives the items that they complete. Throws a UsageError (GDL_ERR_LIST). */
  feed(chunk: Uint8Array): void
  /** The input pauses: gives what could be more, but is usable as it is. */
  idle(): void
  /** The input has ended. Throws as `feed` does. */
  end(): void
}

/** What reads lines. */
interface LineParser {
  line(text: string): readonly Item[]
  flush(): readonly Item[]
}

const MARK = Buffer.from('\ufeff')
const LINE_FEED = 0x0a
const HASH = 0x23
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d, LINE_FEED])

/** Reads a list of any format. */
export class List {
  readonly #name: string
  readonly #take: Take
  #parser: ListParser | undefined
  #line = 1
  #isIndented = false
  #isComment = false
  /** Bytes that may become a byte order mark; undefined when the first bytes have been seen. */
  #mark: Buffer | undefined = Buffer.alloc(0)

  /** `name` stands in front of line numbers. */
  constructor(name: string, take: Take) {
    this.#name = name
    this.#take = take
  }

  /** Takes bytes. Parks while the parser of XML is loaded. Throws as `ListParser.feed` does. */
  *feed(chunk: Uint8Array): Operation<void> {
    const bytes = this.#parser === undefined ? this.#withoutMark(chunk) : chunk
    const start = this.#parser === undefined ? this.#skip(bytes) : 0
    if (start === bytes.length) return
    if (this.#parser === undefined) {
      this.#parser = yield* this.#open(bytes[start]!)
      // A text's first line may be a setting without a URL, and is told so.
      if (this.#isIndented) this.#parser.feed(Buffer.from(' '))
    }
    this.#parser.feed(start === 0 ? bytes : bytes.subarray(start))
  }

  /** The input pauses. */
  idle(): void {
    this.#parser?.idle()
  }

  /** The input has ended. Throws as `ListParser.end` does. */
  end(): void {
    this.#parser?.end()
  }

  #withoutMark(chunk: Uint8Array): Uint8Array {
    if (this.#mark === undefined) return chunk
    const bytes = Buffer.concat([this.#mark, chunk])
    const isPart = MARK.subarray(0, bytes.length).equals(bytes.subarray(0, MARK.length))
    this.#mark = isPart && bytes.length < MARK.length ? bytes : undefined
    if (this.#mark !== undefined) return Buffer.alloc(0)
    return isPart ? bytes.subarray(MARK.length) : bytes
  }

  /** The index of the first byte that tells the format, or the length. */
  #skip(bytes: Uint8Array): number {
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index]!
      if (byte === LINE_FEED) {
        this.#line++
        this.#isComment = this.#isIndented = false
      } else if (!this.#isComment) {
        if (byte === HASH) this.#isComment = true
        else if (BLANKS.has(byte)) this.#isIndented = true
        else return index
      }
    }
    return bytes.length
  }

  *#open(first: number): Operation<ListParser> {
    const line = this.#line
    switch (String.fromCharCode(first)) {
      case '<': {
        this.#isIndented = false
        const { MetalinkParser } = yield* until(import('./metalink.ts'))
        return new MetalinkParser(this.#name, line, this.#take)
      }
      case '{':
      case '[':
        return this.#byLines(new JsonLinesParser(this.#name, line))
      default:
        return this.#byLines(new TextParser(this.#name, line))
    }
  }

  #byLines(parser: LineParser): ListParser {
    const splitter = new LineSplitter(this.#name, this.#line)
    const takeAll = (items: readonly Item[]): void => items.forEach(this.#take)
    return {
      feed(chunk) {
        for (const line of splitter.feed(chunk)) takeAll(parser.line(line))
      },
      idle: () => takeAll(parser.flush()),
      end() {
        for (const line of splitter.end()) takeAll(parser.line(line))
        takeAll(parser.flush())
      },
    }
  }
}
