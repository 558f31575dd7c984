/**
 * URLs as they are written in lists and on the command line.
 *
 * What is a URL is what WHATWG's parser takes (Node's `new URL`), so that gdl and the browser that a
 * URL was copied from agree. It runs once for each, which is most of the time that a long list takes.
 * Line breaks and NUL are refused before: the parser would drop or encode them in silence.
 *
 * Nothing here shows a user or a password: a message names at most the scheme, and `showUrl` is for
 * text that may not even be a URL, which `redact` alone would let through.
 */
import type { Entry } from '../download/entry.ts'
import { redact, UsageError } from '../errors.ts'

/** A usable URL, normalised and without its fragment; or why it is none, and what to do. */
export type ParsedUrl = { readonly href: string } | { readonly message: string }

/** What neither a URL nor a header may hold: it could end the one and begin another. */
export const FORBIDDEN: RegExp = /[\r\n\0]/

/** A scheme; but in `host:8080/x` the colon is a port's. */
const SCHEME = /^([a-z][a-z0-9+.-]*):(?!\d+(?:[/?#]|$))/i
/** What every absolute URL begins with. */
const MAYBE_ABSOLUTE = /^\s*[a-z][^/?#]*:/i
const NO_SCHEME = 'not a URL: write http:// or https:// in front'
const MAX_SHOWN = 200
/** All URLs of an entry, encoded: they fit a line of the text format. */
const MAX_URLS = 60_000

/** `text` as an absolute http or https URL. Throws nothing. */
export function parseUrl(text: string): ParsedUrl {
  if (FORBIDDEN.test(text)) {
    return { message: 'a URL holds no CR, LF or NUL character: remove it' }
  }
  const href = hrefOf(text)
  if (href === undefined || !/^https?:/.test(href)) return { message: whyUnusable(text.trim()) }
  const fragment = href.indexOf('#')
  return { href: fragment === -1 ? href : href.slice(0, fragment) }
}

/**
 * URLs of one file, best first: usable ones, each once; or why not, and which of them it was. Throws
 * nothing.
 */
export function parseUrls(
  texts: readonly string[],
): { readonly urls: [string, ...string[]] } | { readonly message: string; readonly index: number } {
  const urls: string[] = []
  let length = 0
  for (const [index, text] of texts.entries()) {
    const parsed = parseUrl(text)
    if ('message' in parsed) {
      const which = texts.length === 1 ? '' : `URL ${index + 1} of ${texts.length}: `
      return { message: `${which}${parsed.message}`, index }
    }
    length += parsed.href.length + 1
    if (length > MAX_URLS) return { message: `the URLs have over ${MAX_URLS} characters`, index }
    if (!urls.includes(parsed.href)) urls.push(parsed.href)
  }
  return { urls: urls as [string, ...string[]] }
}

/** The entry of a URL on the command line. Throws a UsageError (GDL_ERR_USAGE) when it is none. */
export function entryFromUrl(text: string): Entry {
  const parsed = parseUrl(text)
  if ('href' in parsed) return { urls: [parsed.href] }
  throw new UsageError('GDL_ERR_USAGE', `${showUrl(text)}: ${parsed.message}`)
}

/**
 * `text`, which may be a URL or only meant as one, fit to be shown: without userinfo even where it is
 * no URL (then all up to the last `@` goes), secrets in its query, and control characters; and cut to
 * 200 characters.
 */
export function showUrl(text: string): string {
  const at = text.lastIndexOf('@')
  if (at === -1 || isPlainUrl(text)) return showText(redact(text))
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? ''
  return showText(`${scheme}***@${redact(text.slice(at + 1))}`)
}

/** `text` without control characters, and cut to 200 characters. */
export function showText(text: string): string {
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
  return shown.replace(
    /[\p{Cc}\p{Surrogate}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu,
    '\ufffd',
  )
}

function hrefOf(text: string): string | undefined {
  // Without this, a list of hosts alone takes ten times as long as one of URLs: a throw is slow.
  if (!MAYBE_ABSOLUTE.test(text)) return undefined
  try {
    return new URL(text).href
  } catch {
    return undefined
  }
}

/** Whether `text` is a URL whose `@`, if any, is where `redact` sees it, or is no userinfo's. */
function isPlainUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/\\\s]/i.test(text) && URL.canParse(text)
}

function whyUnusable(text: string): string {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase()
  // `user:password@host/file`: the name of the user looks like a scheme.
  if (scheme === undefined || (text.includes('@') && !text.startsWith('/', scheme.length + 1))) {
    return NO_SCHEME
  }
  if (scheme === 'http' || scheme === 'https') return 'not a URL: its host or port cannot be right'
  return `the scheme ${showText(scheme)} is not supported: only http and https are`
}
