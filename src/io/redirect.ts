/**
 * Redirects (RFC 9110, 15.4): where to next, and what may come along.
 *
 * The loop is ours, because undici's interceptor follows https to http, gives the last redirect's body
 * as success at its limit, and hands custom headers to whoever the server names. Here every header
 * that the user gave is bound to the origin that it was given for. Pure.
 */
import { ProtocolError, redact } from '../errors.ts'
import { basic, decodeUserinfo } from './credentials.ts'
import { type Field, hasField } from './fields.ts'

/** The fields of a download's requests: merged once, sent often. */
export interface RequestFields {
  /** For the origin of the URL that they were given for: all of them. */
  readonly own: readonly Field[]
  /** For any other origin: without those that were given for that one. */
  readonly foreign: readonly Field[]
}

/** What is asked of a server: a normalised URL in its parts, since a `new URL` for each costs too much. */
export interface Target {
  /** Without userinfo and fragment. */
  readonly href: string
  readonly origin: string
  /** The path with its query: HTTP's origin-form (RFC 9112, 3.2.1). */
  readonly path: string
  /** Its origin is the one that the user named, and no redirect has led away from it. */
  readonly asked: boolean
  readonly fields: RequestFields
}

/** Ranges, lengths and digests are to be of the file itself. This very field, unless one was given. */
export const IDENTITY: Field = ['Accept-Encoding', 'identity']

const DEFAULT_FIELDS: readonly Field[] = [['Accept', '*/*'], IDENTITY]

/**
 * The fields of requests that send `bound` to one origin alone and `free` to any. A later list's fields
 * replace an earlier one's of the same name, ours first, then `free`, then `bound`; one with an empty
 * value has none sent, as in curl.
 */
export function requestFields(bound: readonly Field[], free: readonly Field[]): RequestFields {
  return { own: merge(DEFAULT_FIELDS, free, bound), foreign: merge(DEFAULT_FIELDS, free) }
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** Host and port of a normalised URL without userinfo, for messages. */
export function hostOf(href: string): string {
  const start = href.indexOf('//') + 2
  return href.slice(start, href.indexOf('/', start))
}

/** Whether an answer of this status is a redirect that a GET follows. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status)
}

/**
 * `href`, normalised by WHATWG URL and without a fragment, as a target. Userinfo in it becomes an
 * Authorization field (RFC 7617), unless there is one already.
 */
export function targetOf(href: string, fields: RequestFields): Target {
  const end = href.indexOf('/', href.indexOf('//') + 2)
  const origin = href.slice(0, end)
  if (origin.includes('@')) {
    const url = new URL(href)
    const authorization = authorizationOf(url)
    const { own, foreign } = fields
    const all = hasField(own, 'authorization') ? fields : { own: [...own, authorization], foreign }
    return targetOf(bare(url), all)
  }
  return { href, origin, path: href.slice(end), asked: true, fields }
}

/**
 * The target that an answer to `from` with this Location names. ProtocolError when there is none, when
 * it is no http(s) URL, or when it leads from https to http and `allowDowngrade` is not set.
 */
export function redirectTarget(
  from: Target,
  location: string | undefined,
  allowDowngrade = false,
): Target {
  const shown = redact(from.href)
  if (location === undefined || location === '') {
    throw new ProtocolError('GDL_ERR_PROTOCOL', `${shown} redirects without saying where to`)
  }
  const url = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined
  if (url === undefined) {
    throw new ProtocolError('GDL_ERR_PROTOCOL', `${shown} redirects to what is not a URL`)
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refused(`${shown} redirects to a ${url.protocol} URL`)
  }
  if (from.href.startsWith('https:') && url.protocol === 'http:' && !allowDowngrade) {
    throw refused(`${shown} redirects from https to http, ${redact(url.href)}`)
  }
  const isSame = url.origin === from.origin
  const { foreign } = from.fields
  const fields = isSame ? from.fields : { own: foreign, foreign }
  // Userinfo that a server writes is not the user's.
  return { ...targetOf(bare(url), fields), asked: isSame && from.asked }
}

/** More redirects than are followed. */
export function tooManyRedirects(url: string, most: number): ProtocolError {
  return new ProtocolError(
    'GDL_ERR_TOO_MANY_REDIRECTS',
    `${redact(url)} redirects more than ${most} times`,
  )
}

function refused(message: string): ProtocolError {
  return new ProtocolError('GDL_ERR_REDIRECT_REFUSED', `${message}: refused`)
}

/** A normalised URL without its userinfo. */
export function withoutUserinfo(href: string): string {
  const start = href.indexOf('//') + 2
  const at = href.lastIndexOf('@', href.indexOf('/', start))
  return at > start ? href.slice(0, start) + href.slice(at + 1) : href
}

/** The URL without its fragment and userinfo. */
function bare(url: URL): string {
  url.username = ''
  url.password = ''
  url.hash = ''
  return url.href
}

function authorizationOf({ username, password }: URL): Field {
  return ['Authorization', basic(decodeUserinfo(username), decodeUserinfo(password))]
}

function merge(...lists: (readonly Field[])[]): Field[] {
  let merged: Field[] = []
  for (const list of lists) {
    const names = new Set(list.map(([name]) => name.toLowerCase()))
    merged = [...merged.filter(([name]) => !names.has(name.toLowerCase())), ...list]
  }
  return merged.filter(([, value]) => value !== '')
}
