/**
 * Cookie files in Netscape's format, as browsers' exporters and curl write them: a cookie a line,
 *
 *     domain  include-subdomains  path  secure  expiry  name  value
 *
 * with TABs between; the expiry in seconds since 1970, 0 for the session. `#HttpOnly_` in front of a
 * domain is no comment.
 */
import { readFileSync } from 'node:fs'
import { UsageError } from '../errors.ts'

/** A line of a file. */
export interface FileCookie {
  /** Without a dot in front. */
  readonly domain: string
  /** Sent to the domain itself alone. */
  readonly hostOnly: boolean
  readonly path: string
  readonly secure: boolean
  readonly httpOnly: boolean
  /** Seconds since 1970; undefined for the session's end. */
  readonly expiresEpochSeconds: number | undefined
  readonly name: string
  readonly value: string
}

/** What a file holds. */
export interface CookieFile {
  readonly cookies: readonly FileCookie[]
  /** The lines that can't be used, named as `file:line`. */
  readonly complaints: readonly string[]
}

const HTTP_ONLY = '#HttpOnly_'
/** What a Cookie field could not hold, or would take for its end (RFC 6265, 4.1.1). */
const FORBIDDEN = /[\u0000-\u001f\u007f;]/

/** Reads a cookie file. Throws a UsageError when it can't be read, or when no line in it is a cookie. */
export function readCookieFile(path: string): CookieFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError('GDL_ERR_USAGE', `--cookies ${path}: it can't be read: ${code}`)
  }
  const cookies: FileCookie[] = []
  const complaints: string[] = []
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '' || (line.startsWith('#') && !line.startsWith(HTTP_ONLY))) continue
    const cookie = parseLine(line)
    if (cookie !== undefined) cookies.push(cookie)
    else complaints.push(`${path}:${index + 1}: no cookie: it takes seven fields with TABs between`)
  }
  const [first] = complaints
  if (cookies.length === 0 && first !== undefined) throw new UsageError('GDL_ERR_USAGE', first)
  return { cookies, complaints }
}

function parseLine(line: string): FileCookie | undefined {
  const httpOnly = line.startsWith(HTTP_ONLY)
  const fields = (httpOnly ? line.slice(HTTP_ONLY.length) : line).split('\t')
  const [domain = '', subdomains = '', path = '', secure = '', expiry = '', name = ''] = fields
  const value = fields[6] ?? ''
  const isUsable =
    (fields.length === 7 || fields.length === 6) &&
    /^\.?[^\s.][^\s/]*$/.test(domain) &&
    [subdomains, secure].every((flag) => /^(?:TRUE|FALSE)$/i.test(flag)) &&
    path.startsWith('/') &&
    /^-?\d+(?:\.\d+)?$/.test(expiry) &&
    !FORBIDDEN.test(name + value)
  if (!isUsable) return undefined
  return {
    domain: domain.replace(/^\./, '').toLowerCase(),
    hostOnly: !/^TRUE$/i.test(subdomains),
    path,
    secure: /^TRUE$/i.test(secure),
    httpOnly,
    expiresEpochSeconds: Number(expiry) === 0 ? undefined : Number(expiry),
    name,
    value,
  }
}
