/**
 * What went wrong, said in our own words: errors of undici, Node's sockets, DNS and TLS as GdlErrors.
 *
 * They are told apart by code, never by message. What may pass (RFC 9110 calls GET safe: it can always
 * be tried again) is `retryable`.
 */
import {
  GdlError,
  IntegrityError,
  NetworkError,
  ProtocolError,
  TlsError,
  type ErrorCode,
} from '../errors.ts'

const DNS = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA'])
const CONNECT = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
])
const TIMED_OUT = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'])
const LOST = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'UND_ERR_CLOSED'])
const CERTIFICATE = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_REJECTED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
])

/** `error`, raised while `host` was being talked to, as a GdlError; one of ours stays as it is. */
export function failureOf(error: unknown, host: string): GdlError {
  if (error instanceof GdlError) return error
  const code = codeOf(error)
  if (DNS.has(code)) {
    return network(
      'GDL_ERR_DNS',
      `${host}: the name can't be resolved`,
      error,
      code === 'EAI_AGAIN',
    )
  }
  if (CONNECT.has(code)) return network('GDL_ERR_CONNECT', `${host}: ${connectReason(code)}`, error)
  if (TIMED_OUT.has(code)) {
    return network('GDL_ERR_CONNECT_TIMEOUT', `${host}: the connection timed out`, error)
  }
  if (LOST.has(code)) {
    return network('GDL_ERR_CONNECTION_LOST', `${host}: the connection was lost`, error)
  }
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return truncated(host, error)
  if (CERTIFICATE.has(code)) {
    const hint = '--cacert <file> names an authority to trust; --insecure takes any certificate'
    const message = `${host}: its certificate is not good: ${code}`
    return new TlsError('GDL_ERR_CERTIFICATE', message, { cause: error, hint })
  }
  if (/^(ERR_SSL|ERR_TLS|EPROTO)/.test(code)) {
    return new TlsError('GDL_ERR_TLS', `${host}: no TLS connection: ${code}`, { cause: error })
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return malformed(host, error, 'its header is longer than 16 KiB')
  }
  if (code.startsWith('UND_ERR_')) return malformed(host, error, code)
  if (isParserError(error)) return malformed(host, error, /\((.*)\)$/.exec(error.message)?.[1])
  const message = error instanceof Error ? error.message : String(error)
  return network('GDL_ERR_CONNECTION_LOST', `${host}: ${message}`, error)
}

/** The body ended before its end. */
export function truncated(host: string, cause?: unknown): IntegrityError {
  return new IntegrityError('GDL_ERR_LENGTH', `${host}: the body ended before its end`, {
    cause,
    retryable: true,
  })
}

/** What came is not HTTP; `reason` is for people. */
export function malformed(host: string, cause: unknown, reason = ''): ProtocolError {
  const detail = reason === '' ? '' : `: ${reason}`
  return new ProtocolError('GDL_ERR_PROTOCOL', `${host}: its answer is not HTTP${detail}`, {
    cause,
  })
}

/** undici means to give its parser's errors a code, but does not. */
export function isParserError(error: unknown): error is Error & { readonly data?: string } {
  return error instanceof Error && error.name === 'HTTPParserError'
}

function network(code: ErrorCode, message: string, cause: unknown, retryable = true): NetworkError {
  return new NetworkError(code, message, { cause, retryable })
}

/** The code of an error, or of the first of several (a host with more than one address). */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}

function connectReason(code: string): string {
  return code === 'ECONNREFUSED' ? 'the connection was refused' : 'it cannot be reached'
}
