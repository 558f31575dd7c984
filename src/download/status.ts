/**
 * What an answer's status means to a download (RFC 9110, section 15). Pure.
 */
import { ProtocolError, redact, ResponseError } from '../errors.ts'
import { fieldValue, type Response } from '../io/index.ts'
import { parseRetryAfter } from './backoff.ts'

const MAY_PASS = new Set([408, 425, 429, 500, 502, 503, 504])

/** Why an answer is not the file; undefined when it is. Redirects are not asked for here. */
export function refusalOf(
  response: Response,
  nowEpochMs: number,
): ResponseError | ProtocolError | undefined {
  const { status } = response
  if (status === 200 || status === 203) return undefined
  const url = redact(response.url)
  if (status === 206) {
    return new ProtocolError('GDL_ERR_PROTOCOL', `${url}: a part, where the whole was asked for`)
  }
  const retryAfterMs = parseRetryAfter(fieldValue(response.headers, 'retry-after'), nowEpochMs)
  const details = {
    retryable: MAY_PASS.has(status),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
  if (status === 401) {
    const hint = 'give a name and password: -u name:password, --netrc, or in the URL'
    return new ResponseError('GDL_ERR_UNAUTHORIZED', `${url}: 401 unauthorized`, status, { hint })
  }
  if (status === 407) {
    const hint = 'give a name and password in its URL: http://name:password@host:port'
    const message = `${url}: 407 the proxy refuses`
    return new ResponseError('GDL_ERR_PROXY_UNAUTHORIZED', message, status, { hint })
  }
  return new ResponseError('GDL_ERR_STATUS', `${url}: ${status}${nameOf(status)}`, status, details)
}

const NAMES: Readonly<Record<number, string>> = {
  204: 'no content',
  400: 'bad request',
  403: 'forbidden',
  404: 'not found',
  408: 'request timeout',
  410: 'gone',
  425: 'too early',
  429: 'too many requests',
  451: 'unavailable for legal reasons',
  500: 'internal server error',
  502: 'bad gateway',
  503: 'service unavailable',
  504: 'gateway timeout',
}

function nameOf(status: number): string {
  const name = NAMES[status]
  return name === undefined ? '' : ` ${name}`
}
