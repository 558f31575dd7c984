/**
 * Metalink 4 (RFC 5854): XML that says of each file its URLs, its hashes and those of its pieces.
 *
 *     <metalink xmlns="urn:ietf:params:xml:ns:metalink">
 *       <file name="example.iso">
 *         <size>1234</size>
 *         <hash type="sha-256">9f86d081884c7d65…</hash>
 *         <url priority="1">https://a.example/example.iso</url>
 *       </file>
 *     </metalink>
 *
 * Read as it comes, by sax (no dependencies, kept since 2010): a document tree would hold a whole list.
 * An entry is given at its `</file>`. Of a file's hashes, and of its sets of piece hashes, the strongest
 * that gdl knows counts. URLs of other schemes and `metaurl` (torrents) are left out without a word, as
 * most Metalinks name some. Elements of other namespaces are passed over.
 *
 * A DOCTYPE is refused, so there are no entities but XML's own five; and no file's element is larger
 * than `MAX_FILE`. Bad markup ends the list; what it gave until then goes on.
 */
import sax from 'sax'
import type { Pieces } from '../download/entry.ts'
import { UsageError } from '../errors.ts'
import type { ListParser, Take } from './list.ts'
import { applySetting, checksumOf, type Draft, isAlgorithm } from './settings.ts'
import { parseUrls, showText } from './url.ts'

const NAMESPACE = 'urn:ietf:params:xml:ns:metalink'
const METALINK_3 = 'http://www.metalinker.org/'
/** The most UTF-16 units from one file's end to the next: hashes of half a million pieces. */
const MAX_FILE = 32 * 1024 * 1024
const MAX_DEPTH = 32
/** Of a `url` without one (section 4.2.16.1). */
const LAST_PRIORITY = 999_999
/** Algorithms from weak to strong. */
const STRENGTH = ['md5', 'sha1', 'sha256', 'sha384', 'sha512']

/** Elements tell their namespaces, and HTML's entities are none. Its types lack the second. */
const XML_OPTIONS = { xmlns: true, strictEntities: true }

interface Hash {
  readonly type: string
  readonly text: string
}

/** A `file` element while it is read. */
interface FileElement {
  readonly line: number
  readonly name: string | undefined
  size: string | undefined
  readonly urls: { readonly href: string; readonly priority: number }[]
  readonly hashes: Hash[]
  readonly pieces: {
    readonly type: string
    readonly length: string
    readonly hexes: string[]
  }[]
}

/** An element that is open: its path from the root, attributes of no namespace, and text. */
interface OpenElement {
  readonly path: string
  readonly attributes: ReadonlyMap<string, string>
  text: string
}

/** Reads a Metalink. */
export class MetalinkParser implements ListParser {
  readonly #name: string
  readonly #firstLine: number
  readonly #take: Take
  readonly #decoder = new TextDecoder()
  readonly #xml = sax.parser(true, XML_OPTIONS)
  readonly #open: OpenElement[] = []
  #file: FileElement | undefined
  /** UTF-16 units since the last file's end. */
  #length = 0

  /** `name` stands in front of line numbers; `firstLine` is the one where the XML begins. */
  constructor(name: string, firstLine: number, take: Take) {
    this.#name = name
    this.#firstLine = firstLine
    this.#take = take
    const xml = this.#xml
    xml.onerror = (error) => {
      // Its message goes on in lines of its own, with the place as sax counts it.
      throw this.#broken(`not well-formed XML: ${error.message.split('\n')[0]}`)
    }
    xml.ondoctype = () => {
      throw this.#broken('a DOCTYPE: no Metalink has one (is this an HTML page?)')
    }
    xml.onprocessinginstruction = ({ name: target, body }) => {
      const encoding = target === 'xml' ? /encoding=["']([^"']*)/.exec(body)?.[1] : undefined
      if (encoding === undefined || /^(utf-8|us-ascii)$/i.test(encoding)) return
      throw this.#broken(`the encoding ${showText(encoding)}: save it as UTF-8`)
    }
    xml.onopentag = (tag) => this.#begin(tag as sax.QualifiedTag)
    xml.ontext = (text) => this.#text(text)
    xml.oncdata = (text) => this.#text(text)
    xml.onclosetag = () => this.#close()
  }

  feed(chunk: Uint8Array): void {
    this.#write(this.#decoder.decode(chunk, { stream: true }))
  }

  /** Nothing is usable before its end. */
  idle(): void {}

  end(): void {
    this.#write(this.#decoder.decode())
    if (this.#open.length > 0) throw this.#broken('the XML breaks off')
    this.#guarded(() => this.#xml.close())
  }

  #write(text: string): void {
    this.#length += text.length
    this.#guarded(() => this.#xml.write(text))
    if (this.#length > MAX_FILE) throw this.#broken('a file element of over 32 MiB')
  }

  #guarded(work: () => unknown): void {
    try {
      work()
    } catch (error) {
      if (error instanceof UsageError) throw error
      throw this.#broken('not well-formed XML')
    }
  }

  #begin({ uri, local, attributes }: sax.QualifiedTag): void {
    const parent = this.#open.at(-1)
    if (parent === undefined) this.#checkRoot(uri, local)
    // What stands between elements is nobody's, and a long list has much of it.
    else parent.text = ''
    if (this.#open.length === MAX_DEPTH) throw this.#broken(`over ${MAX_DEPTH} nested elements`)
    const path = uri === NAMESPACE ? `${parent?.path ?? ''}/${local}` : 'foreign'
    const own = Object.values(attributes).filter((attribute) => attribute.prefix === '')
    const element = {
      path,
      attributes: new Map(own.map((attribute) => [attribute.local, attribute.value])),
      text: '',
    }
    this.#open.push(element)
    if (path === '/metalink/file') {
      const name = element.attributes.get('name')
      this.#file = { line: this.#line(), name, size: undefined, urls: [], hashes: [], pieces: [] }
    } else if (path === '/metalink/file/pieces') {
      const { attributes: given } = element
      const [type = '', length = ''] = [given.get('type'), given.get('length')]
      this.#file!.pieces.push({ type, length, hexes: [] })
    }
  }

  #checkRoot(uri: string, local: string): void {
    if (local === 'metalink' && uri === NAMESPACE) return
    if (local === 'metalink' && uri === METALINK_3) {
      throw this.#broken('Metalink 3 is not read: ask for Metalink 4 (RFC 5854, .meta4)')
    }
    throw this.#broken(`not a Metalink 4 (RFC 5854): its root is ${showText(`<${local}>`)}`)
  }

  #text(text: string): void {
    const element = this.#open.at(-1)
    if (element !== undefined) element.text += text
  }

  #close(): void {
    const { path, attributes, text } = this.#open.pop()!
    const value = text.trim()
    const type = attributes.get('type') ?? ''
    const file = this.#file
    switch (path) {
      case '/metalink/file/size':
        file!.size = value
        break
      case '/metalink/file/hash':
        file!.hashes.push({ type, text: value })
        break
      case '/metalink/file/pieces/hash':
        file!.pieces.at(-1)!.hexes.push(value)
        break
      case '/metalink/file/url': {
        const priority = Number(attributes.get('priority') ?? LAST_PRIORITY)
        file!.urls.push({ href: value, priority: priority > 0 ? priority : LAST_PRIORITY })
        break
      }
      case '/metalink/file':
        this.#file = undefined
        this.#length = 0
        this.#give(file!)
        break
    }
  }

  #give(file: FileElement): void {
    const source = `${this.#name}:${file.line}`
    try {
      this.#take({ kind: 'entry', entry: entryOf(file, source) })
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      const text = showText(file.name ?? '<file>')
      this.#take({ kind: 'bad', source, text, message: error.message })
    }
  }

  #line(): number {
    return this.#firstLine + this.#xml.line
  }

  #broken(message: string): UsageError {
    return new UsageError('GDL_ERR_LIST', `${this.#name}:${this.#line()}: ${message}`)
  }
}

function entryOf({ name, size, urls, hashes, pieces }: FileElement, source: string): Draft {
  const usable = urls.filter(({ href }) => /^https?:/i.test(href))
  if (usable.length === 0) throw unusable('the file has no http or https URL')
  const inOrder = usable.sort((a, b) => a.priority - b.priority)
  const parsed = parseUrls(inOrder.map(({ href }) => href))
  if ('message' in parsed) throw unusable(parsed.message)
  const draft: Draft = { urls: parsed.urls, source }
  if (name === undefined) throw unusable('the file has no name')
  applySetting(draft, 'out', name)
  if (size !== undefined) {
    const sizeBytes = wholeNumber(size)
    if (sizeBytes === undefined) throw unusable('the size is no whole number of bytes')
    draft.size = sizeBytes
  }
  const hash = strongest(hashes)
  if (hash !== undefined) draft.checksum = checksumOf(hash.type, hash.text)
  const best = strongest(pieces)
  if (best !== undefined) draft.pieces = piecesOf(best, draft.size)
  return draft
}

function piecesOf(
  { type, length, hexes }: FileElement['pieces'][number],
  size: number | undefined,
): Pieces {
  const lengthBytes = wholeNumber(length) ?? 0
  if (lengthBytes === 0) throw unusable('the length of the pieces is no number of bytes')
  const checksums = hexes.map((hex) => checksumOf(type, hex))
  if (size !== undefined && Math.ceil(size / lengthBytes) !== checksums.length) {
    const needed = Math.ceil(size / lengthBytes)
    throw unusable(`its size makes ${needed} pieces, and ${checksums.length} have hashes`)
  }
  const [first] = checksums
  if (first === undefined) throw unusable('the pieces have no hashes')
  return { algorithm: first.algorithm, lengthBytes, hexes: checksums.map(({ hex }) => hex) }
}

function strongest<T extends { readonly type: string }>(all: readonly T[]): T | undefined {
  const strength = ({ type }: T): number =>
    STRENGTH.indexOf(type.trim().toLowerCase().replace('-', ''))
  const known = all.filter(({ type }) => isAlgorithm(type))
  return known.sort((a, b) => strength(b) - strength(a))[0]
}

function wholeNumber(text: string): number | undefined {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : undefined
}

function unusable(message: string): UsageError {
  return new UsageError('GDL_ERR_ENTRY', message)
}
