/**
 * The text format: a URL a line, or several of the same file, and indented `key=value` lines below it.
 * It reads an input file of aria2 as it is.
 *
 *     # the two mirrors of one file
 *     https://a.example/file.iso  https://b.example/file.iso
 *       out=images/file.iso
 *       checksum=sha-256=9f86d081884c7d65…
 *
 * An entry is complete when the next unindented line comes, or at `flush`: a reader flushes when its
 * input is idle, so that a download from a pipe begins at once. A setting after that came too late, and
 * is said to be. An entry with anything bad in it is left out as a whole, and one item says why, for to
 * download it without its checksum or into another folder is not what was asked.
 *
 * Pure, and fast: a list may have a million lines. Reading belongs to `source.ts`.
 */
import type { Item, Unusable } from '../download/entry.ts'
import { UsageError } from '../errors.ts'
import { isOverlong, OVERLONG } from './lines.ts'
import type { Draft } from './settings.ts'
import { applySetting, isSetting } from './settings.ts'
import { parseUrls, showText, showUrl } from './url.ts'

const SPACE = 0x20
const TAB = 0x09
const HASH = 0x23

/** The keys of aria2 and of gdl. What is no key may be a secret, and is not shown. */
const KEY = /^[a-z][a-z0-9-]{0,63}$/
const NOTHING: readonly Item[] = []

/**
 * What is above an indented line: no entry yet; one that still takes settings; one that was given
 * away; one that was bad, whose settings are only kept with it.
 */
type Above = 'nothing' | 'open' | 'given' | 'bad'

/** Reads lines (without their ends) of the text format into items, in order. Throws nothing. */
export class TextParser {
  readonly #sourceName: string
  /** Unknown keys that were told: once a list, or `split=5` would tell a hundred thousand times. */
  readonly #told = new Set<string>()
  #lineNumber: number
  #above: Above = 'nothing'
  #entryLine = 0
  /** The entry that takes settings; there is one exactly when `#above` is `open`. */
  #draft: Draft | undefined
  /** Why it takes none any more, until it is told. */
  #unusable: Unusable | undefined
  /** The entry's line, and those of its settings, as they were; undefined when one was too long to keep. */
  #written: string | undefined = ''

  /** `sourceName` stands in front of line numbers: `urls.txt:17`; `firstLine` is the first one. */
  constructor(sourceName: string, firstLine = 1) {
    this.#sourceName = sourceName
    this.#lineNumber = firstLine - 1
  }

  /** Takes the next line. Gives the entry that it completes, and what is wrong with the line itself. */
  line(text: string): readonly Item[] {
    this.#lineNumber++
    const first = text.charCodeAt(0)
    if (text === '' || first === HASH) return NOTHING
    if (first !== SPACE && first !== TAB) return this.#urls(text)
    const setting = text.trimStart()
    if (setting === '' || setting.startsWith('#')) return NOTHING
    if (this.#above === 'nothing' || this.#above === 'given') return this.#orphan(text)
    if (isOverlong(text)) this.#written = undefined
    else if (this.#written !== undefined) this.#written += `\n${text}`
    if (this.#draft === undefined) return NOTHING
    try {
      return this.#setting(this.#draft, setting)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      const message = `${showSetting(setting)}: ${error.message}`
      this.#unusable = this.#bad(showUrl(this.#draft.urls[0]), message)
      this.#draft = undefined
      this.#above = 'bad'
      return NOTHING
    }
  }

  /** Gives the entry that is still open, if any: the input has ended, or is idle. */
  flush(): readonly Item[] {
    if (this.#unusable !== undefined) {
      const item = this.#unusable
      this.#unusable = undefined
      return [this.#written === undefined ? item : { ...item, written: this.#written }]
    }
    const entry = this.#draft
    if (entry === undefined) return NOTHING
    this.#draft = undefined
    this.#above = 'given'
    return [{ kind: 'entry', entry }]
  }

  #urls(text: string): readonly Item[] {
    const before = this.flush()
    this.#entryLine = this.#lineNumber
    this.#written = isOverlong(text) ? undefined : text
    const tokens = /[ \t]/.test(text) ? text.trimEnd().split(/[ \t]+/) : [text]
    const parsed = isOverlong(text) ? { message: OVERLONG, index: 0 } : parseUrls(tokens)
    if ('message' in parsed) {
      this.#above = 'bad'
      this.#unusable = this.#bad(showUrls(tokens), whyBad(parsed.message, tokens, parsed.index))
      return before
    }
    this.#above = 'open'
    this.#draft = { urls: parsed.urls, source: this.#where(this.#lineNumber) }
    return before
  }

  #setting(draft: Draft, text: string): readonly Item[] {
    const [key, value] = splitSetting(text)
    if (key === undefined) throw unusable(whyNoSetting(text))
    if (isOverlong(text)) throw unusable(OVERLONG)
    if (isSetting(key)) {
      applySetting(draft, key, value)
      return NOTHING
    }
    if (this.#told.has(key)) return NOTHING
    this.#told.add(key)
    const message = `the setting ${key} is not known to gdl, and is left out`
    return [{ kind: 'warning', source: this.#where(this.#lineNumber), message }]
  }

  /** A setting that has no entry to go to. */
  #orphan(text: string): readonly Item[] {
    const message =
      this.#above === 'given'
        ? `the download of line ${this.#entryLine} had begun when this setting came: write a URL and its settings at once`
        : 'there is no URL above this setting: write a URL without a space in front'
    return [{ ...this.#bad(showSetting(text.trim()), message), written: text.trimEnd() }]
  }

  #bad(text: string, message: string): Unusable {
    return { kind: 'bad', source: this.#where(this.#lineNumber), text, message }
  }

  #where(line: number): string {
    return `${this.#sourceName}:${line}`
  }
}

function unusable(message: string): UsageError {
  return new UsageError('GDL_ERR_ENTRY', message)
}

/** `key=value` with its key in lower case; without a key where `text` has none. */
function splitSetting(text: string): [key: string | undefined, value: string] {
  const equals = text.indexOf('=')
  const key = text.slice(0, Math.max(equals, 0)).trim().toLowerCase()
  return KEY.test(key) ? [key, text.slice(equals + 1)] : [undefined, text]
}

function whyNoSetting(text: string): string {
  return /^https?:/i.test(text)
    ? 'this URL is not a setting: remove the space in front'
    : 'a setting is written as key=value'
}

function whyBad(message: string, tokens: readonly string[], index: number): string {
  const [key] = splitSetting(tokens.join(' '))
  if (key !== undefined && isSetting(key)) {
    return `${key} is a setting: write it below its URL, with a space in front`
  }
  return index === 0 ? message : `${message} (a space inside a URL is written %20)`
}

/** A line of URLs, or of what should be some, fit to be shown. */
function showUrls(tokens: readonly string[]): string {
  const [key] = splitSetting(tokens.join(' '))
  return key === undefined ? showText(tokens.map(showUrl).join(' ')) : showSetting(tokens.join(' '))
}

/** A setting fit to be shown: values of headers and of unknown keys (`http-passwd`) may be secrets. */
function showSetting(text: string): string {
  const [key, value] = splitSetting(text)
  if (key === undefined) {
    const name = /^[\w-]+:(?!\/)/.exec(text)?.[0]
    return name === undefined ? showUrls(text.split(/[ \t]+/)) : showText(`${name} ***`)
  }
  if (key === 'header') return showText(`header=${/^\s*[\w-]+: ?/.exec(value)?.[0] ?? ''}***`)
  if (key === 'referer') return `referer=${showUrl(value)}`
  return isSetting(key) ? showText(`${key}=${value}`) : `${key}=***`
}
