/**
 * JSON Lines: an object a line.
 *
 *     {"url": "https://a.example/file.iso", "out": "images/file.iso", "size": 1234}
 *     {"url": ["https://a.example/x", "https://b.example/x"], "headers": {"X-One": "1"}}
 *
 * For programs, so it is strict where they err: a number is no string, and `null` is no value. Settings
 * mean what they mean in the text format, and pass the same checks. Blank lines and comments are
 * skipped. An entry with anything bad in it is left out as a whole.
 *
 * What JSON.parse says about a bad line is not shown, but where it was: it quotes the line, which may
 * hold secrets.
 */
import type { Item } from '../download/entry.ts'
import { UsageError } from '../errors.ts'
import { isOverlong, OVERLONG } from './lines.ts'
import { applySetting, type Draft } from './settings.ts'
import { parseUrls, showText, showUrl } from './url.ts'

const NOTHING: readonly Item[] = []
/** What is a string, and said as in the text format. */
const STRINGS = ['out', 'dir', 'checksum', 'referer', 'user-agent'] as const
const KNOWN: ReadonlySet<string> = new Set(['url', 'headers', 'size', ...STRINGS])
/** An unknown key may be anything; only what looks like one is shown. */
const KEY = /^[\w-]{1,64}$/

type Fields = Readonly<Record<string, unknown>>

/** Reads lines (without their ends) of JSON into items, in order. */
export class JsonLinesParser {
  readonly #sourceName: string
  readonly #told = new Set<string>()
  readonly #firstLine: number
  #lineNumber: number

  /** `sourceName` stands in front of line numbers; `firstLine` is the first one. */
  constructor(sourceName: string, firstLine = 1) {
    this.#sourceName = sourceName
    this.#firstLine = firstLine
    this.#lineNumber = firstLine - 1
  }

  /**
   * Takes the next line, and gives what it says. Throws a UsageError (GDL_ERR_LIST) where an array begins
   * the list, for all of it is inside of that.
   */
  line(text: string): readonly Item[] {
    this.#lineNumber++
    const trimmed = text.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return NOTHING
    const source = `${this.#sourceName}:${this.#lineNumber}`
    if (isOverlong(text)) return [{ kind: 'bad', source, text: '{…}', message: OVERLONG }]
    if (trimmed.startsWith('[') && this.#lineNumber === this.#firstLine) {
      throw new UsageError('GDL_ERR_LIST', `${source}: an array is not JSON Lines`, {
        hint: "Write an object a line; jq -c '.[]' makes them of an array.",
      })
    }
    let shown = '{…}'
    try {
      const fields = parseObject(trimmed)
      shown = showUrlOf(fields)
      const entry = entryOf(fields, source)
      return [...this.#warnings(fields, source), { kind: 'entry', entry }]
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      return [{ kind: 'bad', source, text: shown, message: error.message, written: text }]
    }
  }

  /** Nothing is ever held back: a line is an entry. */
  flush(): readonly Item[] {
    return NOTHING
  }

  #warnings(fields: Fields, source: string): Item[] {
    const unknown = Object.keys(fields).filter((key) => !KNOWN.has(key) && !this.#told.has(key))
    return unknown.map((key) => {
      this.#told.add(key)
      const name = KEY.test(key) ? key : 'of this line'
      const message = `the key ${name} is not known to gdl, and is left out`
      return { kind: 'warning', source, message }
    })
  }
}

function parseObject(text: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const position = /at position (\d+)/.exec((error as Error).message)?.[1]
    const where = position === undefined ? 'before its end' : `at character ${Number(position) + 1}`
    throw unusable(`not JSON, ${where}: write one whole object a line`)
  }
  if (isObject(value)) return value
  throw unusable('a line is one object: {"url": "…"}')
}

function entryOf(fields: Fields, source: string): Draft {
  const parsed = parseUrls(urlsOf(fields))
  if ('message' in parsed) throw unusable(parsed.message)
  const draft: Draft = { urls: parsed.urls, source }
  for (const key of STRINGS) {
    if (Object.hasOwn(fields, key)) applySetting(draft, key, stringOf(key, fields[key]))
  }
  if (Object.hasOwn(fields, 'headers')) {
    for (const [name, value] of headersOf(fields['headers'])) {
      applySetting(draft, 'header', `${name}: ${value}`)
    }
  }
  if (Object.hasOwn(fields, 'size')) {
    const { size } = fields
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw unusable('size is a whole number of bytes')
    }
    draft.size = size
  }
  return draft
}

function urlsOf(fields: Fields): readonly string[] {
  const url = Object.hasOwn(fields, 'url') ? fields['url'] : undefined
  if (url === undefined) throw unusable('there is no url: write {"url": "…"}')
  if (typeof url === 'string') return [url]
  if (Array.isArray(url) && url.length > 0 && url.every((one) => typeof one === 'string')) {
    return url
  }
  throw unusable('url is a string, or an array of strings')
}

function stringOf(key: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw unusable(`${key} is a string`)
}

/** An array of strings is a field that is sent several times. */
function headersOf(value: unknown): [name: string, value: string][] {
  if (!isObject(value)) throw unusable('headers is an object: {"Name": "value"}')
  return Object.entries(value).flatMap(([name, one]) => {
    // It would end the name, and the rest would be the value's.
    if (name.includes(':')) throw unusable("a header's name holds no colon")
    const values: unknown[] = Array.isArray(one) ? one : [one]
    return values.map((each): [string, string] => [name, stringOf(`each of headers`, each)])
  })
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function showUrlOf(fields: Fields): string {
  const { url } = fields
  const urls: unknown[] = Array.isArray(url) ? url : [url]
  const shown = urls.filter((one) => typeof one === 'string').map(showUrl)
  return shown.length === 0 ? '{…}' : showText(shown.join(' '))
}

function unusable(message: string): UsageError {
  return new UsageError('GDL_ERR_ENTRY', message)
}
