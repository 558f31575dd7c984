import { describe, expect, it } from 'vitest'
import { GdlError, UsageError } from '../../src/errors.ts'
import { failureOf } from '../../src/io/index.ts'

const withCode = (code: string): Error => Object.assign(new Error('a message'), { code })

describe('a failure', () => {
  it.each([
    ['ENOTFOUND', 'GDL_ERR_DNS', false],
    ['EAI_AGAIN', 'GDL_ERR_DNS', true],
    ['ECONNREFUSED', 'GDL_ERR_CONNECT', true],
    ['EHOSTUNREACH', 'GDL_ERR_CONNECT', true],
    ['ENETUNREACH', 'GDL_ERR_CONNECT', true],
    ['ETIMEDOUT', 'GDL_ERR_CONNECT_TIMEOUT', true],
    ['ECONNRESET', 'GDL_ERR_CONNECTION_LOST', true],
    ['EPIPE', 'GDL_ERR_CONNECTION_LOST', true],
    ['UND_ERR_SOCKET', 'GDL_ERR_CONNECTION_LOST', true],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'GDL_ERR_LENGTH', true],
    ['UND_ERR_HEADERS_OVERFLOW', 'GDL_ERR_PROTOCOL', false],
    ['CERT_HAS_EXPIRED', 'GDL_ERR_CERTIFICATE', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'GDL_ERR_CERTIFICATE', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'GDL_ERR_CERTIFICATE', false],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'GDL_ERR_TLS', false],
    ['EPROTO', 'GDL_ERR_TLS', false],
    ['ESOMETHING', 'GDL_ERR_CONNECTION_LOST', true],
  ])('%s is %s', (code, expected, retryable) => {
    const cause = withCode(code)
    const failure = failureOf(cause, 'host.example:80')
    expect(failure).toMatchObject({ code: expected, retryable, cause })
    expect(failure.message).toMatch(/^host\.example:80: /)
  })

  it('of several addresses is that of the first', () => {
    const several = new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')])
    expect(failureOf(several, 'h').code).toBe('GDL_ERR_CONNECT')
    expect(failureOf(several, 'h').message).toBe('h: the connection was refused')
  })

  it('of undici’s parser has no code, and is a protocol error by its name', () => {
    const message = 'Response does not match the HTTP/1.1 protocol (Expected HTTP/)'
    const failure = failureOf(Object.assign(new Error(message), { name: 'HTTPParserError' }), 'h')
    expect(failure).toMatchObject({ code: 'GDL_ERR_PROTOCOL', retryable: false })
    expect(failure.message).toBe('h: its answer is not HTTP: Expected HTTP/')
  })

  it('of ours stays as it is; what is no error at all is one', () => {
    const ours = new UsageError('GDL_ERR_USAGE', 'ours')
    expect(failureOf(ours, 'h')).toBe(ours)
    for (const thrown of [undefined, null, 'text', 42, {}]) {
      expect(failureOf(thrown, 'h')).toBeInstanceOf(GdlError)
    }
  })
})
