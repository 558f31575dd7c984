/**
 * What a download is called: a name that is safe on every system, and no two alike in one run.
 *
 * Names come from URLs, lists and servers, so each goes through `safeName` or `safePath`, which know no
 * file system: whether a symbolic link leads out of `--dir` is seen where files are opened. The rules of
 * Windows hold everywhere, so that a list gives the same names on every machine. Bad characters become
 * `_` and are not dropped: `a/b` and `ab` stay two names, and one sees that something was there.
 *
 * A name has at most 230 bytes. File systems take 255, and `.gdl.part` or `.gdl.json` and the number of
 * a namesake come on top. Imports errors and the set of those that are taken.
 */
import { UsageError } from '../errors.ts'
import { KeySet } from './key-set.ts'

/** The longest name that `safeName` gives, in bytes of UTF-8. */
export const MAX_NAME_BYTES = 230

/** The name of what has none: a folder's URL. */
const NAMELESS = 'index.html'

/** Extensions over this many code units are no extensions, when a name is cut. */
const MAX_KEPT_EXTENSION = 32

/** Separators, what Windows forbids, controls (C0, DEL, C1, bidi, line ends), lone surrogates. */
const UNSAFE =
  /[/\\<>:"|?*\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\p{Surrogate}]/gu

/** The devices of Windows, which are devices with any extension too: learn.microsoft.com, "Naming Files". */
const DEVICE = /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$) *(?:\.|$)/i

/** What nearly all names are: a fast path. */
const PLAIN = /^[\w-](?:[\w .-]*[\w-])?$/

/**
 * `raw` as the name of a file: no separator, `.` or `..`, character that Windows forbids, control or
 * bidi control character, lone surrogate, device name, white space or dot at the end, or more than
 * `MAX_NAME_BYTES`; a long name keeps its extension. `index.html` when nothing is left. Idempotent.
 */
export function safeName(raw: string): string {
  return clean(raw) || NAMELESS
}

/**
 * `raw` as a path below a folder, with `/` between names that are safe as `safeName` makes them. `\`
 * separates too. Empty, `.` and `..` segments and a drive letter are dropped; `..` does not take the
 * segment before it along, so that it cannot undo a folder that a template put there. The empty string
 * when nothing is left: the folder itself. Idempotent.
 */
export function safePath(raw: string): string {
  const segments = raw.replace(/^[a-z]:(?=[/\\]|$)/i, '').split(/[/\\]/)
  return segments
    .map(clean)
    .filter((segment) => segment !== '')
    .join('/')
}

/**
 * The safe name that an http or https URL gives: the last segment of its path, percent-decoded (what is
 * no UTF-8 stays as it is), or `index.html`. `href` must be normalised (WHATWG URL).
 */
export function nameFromUrl(href: string): string {
  const path = pathOf(href)
  return safeName(percentDecoded(path.slice(path.lastIndexOf('/') + 1)))
}

/** What a template is filled from. */
export interface TemplateValues {
  /** The normalised URL of the download. */
  readonly href: string
  /** The name that it would have without a template. */
  readonly name: string
  /** Its place in the run, from 1. */
  readonly index: number
}

const FIELDS: ReadonlyMap<string, (values: TemplateValues) => string> = new Map([
  ['name', ({ name }) => safeName(name)],
  ['stem', ({ name }) => splitName(safeName(name))[0]],
  ['ext', ({ name }) => splitName(safeName(name))[1].slice(1)],
  ['host', ({ href }) => new URL(href).hostname],
  ['path', ({ href }) => foldersOf(href)],
  ['index', ({ index }) => String(index)],
])

/**
 * The path that `template` (of `-o`) gives. `{name}`; `{stem}` and `{ext}`, its parts around the last
 * dot, so that `{stem}.{ext}` is the name again, with an extension or without; `{host}`, without a
 * port; `{path}`, the folders of the URL, decoded; `{index}`. `{{` and `}}` are braces. The result is
 * made safe by `safePath`; where it names a folder (`{host}/`), the name follows.
 *
 * Throws a UsageError (GDL_ERR_USAGE) at an unknown word in braces.
 */
export function expandTemplate(template: string, values: TemplateValues): string {
  const path = template.replace(/\{\{|\}\}|\{([^{}]*)\}/g, (all, word?: string) => {
    if (word === undefined) return all.slice(1)
    const field = FIELDS.get(word)
    if (field !== undefined) return field(values)
    const known = Array.from(FIELDS.keys(), (name) => `{${name}}`).join(' ')
    throw new UsageError('GDL_ERR_USAGE', `unknown ${all} in the output template: use ${known}`)
  })
  const isFolder = path === '' || /[/\\]$/.test(path)
  return safePath(isFolder ? `${path}/${safeName(values.name)}` : path) || safeName(values.name)
}

/** Goes round until nothing changes: a cut can leave a dot at the end or make a device name. */
function clean(raw: string): string {
  let name = raw
  while (!isPlain(name)) {
    const before = name
    name = name.replace(UNSAFE, '_').replace(/^ +/, '')
    name = cut(name.replace(/(?<![ .])[ .]+$|^[ .]+$/, ''))
    if (DEVICE.test(name)) name = `_${name}`
    if (name === before) break
  }
  return name
}

function isPlain(name: string): boolean {
  return name.length <= MAX_NAME_BYTES && PLAIN.test(name) && !DEVICE.test(name)
}

/** `name` in `MAX_NAME_BYTES`, cut in its stem, at the border of a code point. */
function cut(name: string): string {
  if (name.length * 3 <= MAX_NAME_BYTES || Buffer.byteLength(name) <= MAX_NAME_BYTES) return name
  const [stem, extension] = splitName(name)
  const kept = extension.length <= MAX_KEPT_EXTENSION ? extension : ''
  const bytes = Buffer.from(kept === '' ? name : stem)
  let end = MAX_NAME_BYTES - Buffer.byteLength(kept)
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end) + kept
}

/** Stem and extension with its dot; a name that begins with its only dot is all stem. */
function splitName(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
}

/** The path of a normalised URL. By hand: a long list has no time for a second `new URL` of each. */
function pathOf(href: string): string {
  const start = href.indexOf('/', href.indexOf('://') + 3)
  const end = Math.min(indexIn(href, '?'), indexIn(href, '#'))
  return start === -1 || end < start ? '/' : href.slice(start, end)
}

/** Where `character` is in `text`, or the end. */
function indexIn(text: string, character: string): number {
  const index = text.indexOf(character)
  return index === -1 ? text.length : index
}

/** Each segment is decoded by itself, and made safe there: `%2F` makes no folder. */
function foldersOf(href: string): string {
  const segments = pathOf(href).split('/').slice(0, -1)
  return segments.map((segment) => clean(percentDecoded(segment))).join('/')
}

/** A sequence of UTF-8 in percent-encoding, but for a few that decode to nothing. */
const ENCODED =
  /%[0-7][\da-f]|%[cd][\da-f]%[89ab][\da-f]|%e[\da-f](?:%[89ab][\da-f]){2}|%f[0-4](?:%[89ab][\da-f]){3}/gi

function percentDecoded(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(ENCODED, (sequence) => {
    try {
      return decodeURIComponent(sequence)
    } catch {
      return sequence
    }
  })
}

/** What stands beside NAME while it is downloaded. */
const BESIDE = ['.gdl.part', '.gdl.json'] as const

/**
 * The names of one run: a registry that gives no path twice.
 *
 * A path holds also its part file's and its journal's, so no other entry is called like those. It keeps
 * 128 bits of each path (if two were ever taken for one, the later would get a number), a string for
 * each folder, and a number for each path that was wanted again. On macOS and Windows, paths that differ
 * by case or normal form alone are the same.
 */
export class Names {
  readonly #folds: boolean
  readonly #files = new KeySet()
  /** What each folder that was asked for is called, and each of those under its own name. */
  readonly #folders = new Map<string, string>()
  /** The next number to try, for each path that was wanted again. */
  readonly #next = new Map<string, number>()
  /** Whether anything held is called like a part file or a journal. Hardly ever: it halves the cost. */
  #holdsBeside = false

  constructor(platform: NodeJS.Platform = process.platform) {
    this.#folds = platform === 'darwin' || platform === 'win32'
  }

  /**
   * Takes `path` (as `safePath` gives it), or when it is taken the first free one of `name.1.ext`,
   * `name.2.ext`, … The number stands before the last extension, and at the end of a dotfile. A folder
   * that has a file's path gets a number as well (`a`, then `a.1/b`). O(1), amortised; cannot be undone.
   */
  claim(path: string): string {
    const free = this.#firstFree(this.#inFolder(path))
    const key = this.#key(free)
    this.#files.add(key)
    this.#holdsBeside ||= isBeside(key)
    return free
  }

  /** `path` in the folder that stands for its own. */
  #inFolder(path: string): string {
    const slash = path.lastIndexOf('/')
    return slash === -1 ? path : this.#folder(path.slice(0, slash)) + path.slice(slash)
  }

  /** The folder that stands for `path`: itself, unless a file has that path. */
  #folder(path: string): string {
    const key = this.#key(path)
    const known = this.#folders.get(key)
    if (known !== undefined) return known
    const folder = this.#firstFree(this.#inFolder(path))
    this.#folders.set(key, folder).set(this.#key(folder), folder)
    this.#holdsBeside ||= isBeside(key)
    return folder
  }

  #firstFree(path: string): string {
    const key = this.#key(path)
    if (!this.#isTaken(key)) return path
    let number = this.#next.get(key) ?? 1
    while (this.#isTaken(this.#key(numbered(path, number)))) number++
    this.#next.set(key, number + 1)
    return numbered(path, number)
  }

  /** Whether `key`, or what stands beside it, is held, or `key` stands beside what is held. */
  #isTaken(key: string): boolean {
    if (this.#isHeld(key)) return true
    for (const suffix of BESIDE) {
      if (this.#holdsBeside && this.#isHeld(key + suffix)) return true
      if (key.endsWith(suffix) && this.#files.has(key.slice(0, -suffix.length))) return true
    }
    return false
  }

  #isHeld(key: string): boolean {
    return this.#files.has(key) || this.#folders.has(key)
  }

  #key(path: string): string {
    return this.#folds ? path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC') : path
  }
}

function isBeside(key: string): boolean {
  return key.endsWith(BESIDE[0]) || key.endsWith(BESIDE[1])
}

function numbered(path: string, number: number): string {
  const slash = path.lastIndexOf('/') + 1
  const [stem, extension] = splitName(path.slice(slash))
  return `${path.slice(0, slash)}${stem}.${number}${extension}`
}
