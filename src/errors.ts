/**
 * Every error that gdl itself raises: one class for each exit status, one code for each case.
 *
 * Codes are API and never change meaning; messages are for people and may. The engine knows no exit
 * statuses: `cli/exit-status.ts` maps every code to one, and does not compile when a code is missing.
 * A family says by `retryable` whether the same request may pass when it is tried again. `cause` keeps
 * the error of undici or Node that was the reason.
 *
 * Messages never hold secrets: URLs go through `redact` before they are put into one.
 *
 * Imports nothing: every room but the scheduler stands on it.
 */

/** What went wrong, for programs. */
export type ErrorCode =
  // 1: anything else
  | 'GDL_ERR_INTERNAL'
  | 'GDL_ERR_HOOK'
  // 2: usage
  | 'GDL_ERR_USAGE'
  | 'GDL_ERR_ENTRY'
  | 'GDL_ERR_LIST'
  // 3: file or disk
  | 'GDL_ERR_FILE'
  | 'GDL_ERR_FILE_EXISTS'
  | 'GDL_ERR_IS_DIRECTORY'
  | 'GDL_ERR_DISK_FULL'
  | 'GDL_ERR_UNSAFE_PATH'
  | 'GDL_ERR_LOCKED'
  // 4: network
  | 'GDL_ERR_DNS'
  | 'GDL_ERR_CONNECT'
  | 'GDL_ERR_CONNECT_TIMEOUT'
  | 'GDL_ERR_CONNECTION_LOST'
  | 'GDL_ERR_STALLED'
  | 'GDL_ERR_MAX_TIME'
  | 'GDL_ERR_TOO_SLOW'
  // 5: TLS
  | 'GDL_ERR_TLS'
  | 'GDL_ERR_CERTIFICATE'
  // 6: authentication
  | 'GDL_ERR_UNAUTHORIZED'
  | 'GDL_ERR_PROXY_UNAUTHORIZED'
  // 7: protocol
  | 'GDL_ERR_PROTOCOL'
  | 'GDL_ERR_TOO_MANY_REDIRECTS'
  | 'GDL_ERR_REDIRECT_REFUSED'
  // 8: the server's answer
  | 'GDL_ERR_STATUS'
  // 9: integrity
  | 'GDL_ERR_LENGTH'
  | 'GDL_ERR_CODING'
  | 'GDL_ERR_CHECKSUM'
  | 'GDL_ERR_DIGEST'
  | 'GDL_ERR_TOO_LARGE'
  | 'GDL_ERR_CHANGED'
  // 141: as if by SIGPIPE
  | 'GDL_ERR_PIPE'

/** What an error may carry besides its code and message. */
export interface ErrorDetails {
  /** The error of undici or Node behind this one. */
  cause?: unknown
  /** One sentence: what the user can do. */
  hint?: string
  /** Whether the same request may pass when it is tried again. */
  retryable?: boolean
}

/** The base of every error of gdl. */
export class GdlError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.retryable = details.retryable ?? false
    this.hint = details.hint
  }

  override get name(): string {
    return this.constructor.name
  }
}

/** An option, a source or a list entry that cannot be used. */
export class UsageError extends GdlError {}

/** The file system refused: no space, no permission, a folder in the way. */
export class FileError extends GdlError {}

/** DNS, connection or time. */
export class NetworkError extends GdlError {}

/** TLS or a certificate. */
export class TlsError extends GdlError {}

/** What was received is not HTTP, or is a redirect that is not followed. */
export class ProtocolError extends GdlError {}

/** The bytes are not the ones that were promised. */
export class IntegrityError extends GdlError {}

/** The server answered, with a status that is not success (RFC 9110, section 15). */
export class ResponseError extends GdlError {
  /** The HTTP status code. */
  readonly status: number
  /** Milliseconds to wait before the next try, as the server's Retry-After said. */
  readonly retryAfterMs: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    status: number,
    details: ErrorDetails & { retryAfterMs?: number } = {},
  ) {
    super(code, message, details)
    this.status = status
    this.retryAfterMs = details.retryAfterMs
  }
}

/**
 * `url` fit to be shown: without its user and password, and with the values of query parameters
 * whose names look like secrets (token, key, signature, …) replaced by `***`.
 */
export function redact(url: string): string {
  if (!/[@=]/.test(url)) return url
  const shown = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1')
  return shown.replace(
    /([?&](?:[^=&#]*(?:token|secret|passw|signature|credential|api[-_]?key|auth)[^=&#]*|sig)=)[^&#]*/gi,
    '$1***',
  )
}
