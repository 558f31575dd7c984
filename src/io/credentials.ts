/**
 * Names and passwords: what `-u` and netrc files say, as Authorization fields (RFC 7617).
 *
 * They are sent unasked, as curl does. `-u` is for the origins that the user named, and never goes where
 * a redirect leads; a netrc file names hosts itself, so what it has for a host is good for that host,
 * whoever led there, but its `default` is not: any server could ask for it by a redirect (curl's
 * CVE-2025-0167 is of that kind). An Authorization field that is given, by -H or in the URL, wins over both.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../errors.ts'
import { parseNetrc } from './netrc.ts'
import type { Target } from './redirect.ts'
import type { TransportOptions } from './settings.ts'

/** The value of an Authorization field (RFC 7617), in UTF-8. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** A part of a URL's userinfo, percent-decoded; as it is where that can't be. */
export function decodeUserinfo(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The Authorization for a target that has none; undefined for none. */
export type Authorize = (target: Pick<Target, 'origin' | 'asked'>) => string | undefined

/** How targets are authorised; undefined when none is. Throws a UsageError for a file that can't be read. */
export function authorizer({
  user,
  netrc,
  netrcFile,
  env,
}: Pick<TransportOptions, 'user' | 'netrc' | 'netrcFile' | 'env'>): Authorize | undefined {
  const own = user === undefined ? undefined : authorizationOf(user)
  const logins = netrc || netrcFile !== undefined ? readNetrc(netrcFile, env) : undefined
  if (own === undefined && logins === undefined) return undefined
  return ({ origin, asked }) => {
    if (asked && own !== undefined) return own
    const login = logins?.(new URL(origin).hostname.replace(/^\[|\]$/g, ''), asked)
    return login === undefined ? undefined : basic(login.login, login.password)
  }
}

function authorizationOf(user: string): string {
  const colon = user.indexOf(':')
  if (colon === -1) {
    const message = '-u takes name:password; gdl does not ask for a password'
    throw new UsageError('GDL_ERR_USAGE', message)
  }
  return basic(user.slice(0, colon), user.slice(colon + 1))
}

function readNetrc(
  path: string | undefined,
  env: TransportOptions['env'],
): ReturnType<typeof parseNetrc> | undefined {
  const file = path ?? env['NETRC'] ?? join(env['HOME'] ?? env['USERPROFILE'] ?? '', '.netrc')
  try {
    return parseNetrc(readFileSync(file, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // `--netrc` is for those who have one; a file that was named must be there.
    if (path === undefined && code === 'ENOENT') return undefined
    throw new UsageError('GDL_ERR_USAGE', `the netrc file ${file} can't be read: ${code}`)
  }
}
