import { describe, expect, it } from 'vitest'
import { refusalOf } from '../../src/download/status.ts'
import { ProtocolError, ResponseError } from '../../src/errors.ts'
import type { Response, ResponseFields } from '../../src/io/index.ts'

const NOW = Date.UTC(2015, 9, 21, 7, 28, 0)

function refusal(status: number, headers: ResponseFields = {}) {
  const url = 'http://h/a?token=s3cret'
  return refusalOf({ url, status, headers } as unknown as Response, NOW)
}

describe('the refusal of an answer', () => {
  it('is none of 200 and 203', () => {
    expect([refusal(200), refusal(203)]).toEqual([undefined, undefined])
  })

  it('is a protocol error of 206, for nobody asked for a part', () => {
    expect(refusal(206)).toBeInstanceOf(ProtocolError)
    expect(refusal(206)).toMatchObject({ code: 'GDL_ERR_PROTOCOL', retryable: false })
  })

  it.each([408, 425, 429, 500, 502, 503, 504])('may pass with %i', (status) => {
    expect(refusal(status)).toBeInstanceOf(ResponseError)
    expect(refusal(status)).toMatchObject({ code: 'GDL_ERR_STATUS', status, retryable: true })
  })

  it.each([201, 202, 204, 205, 300, 304, 400, 403, 404, 405, 410, 416, 451, 501, 505, 599, 999])(
    'stays with %i',
    (status) => {
      expect(refusal(status)).toMatchObject({ code: 'GDL_ERR_STATUS', status, retryable: false })
    },
  )

  it('has a code of its own for those who are not let in', () => {
    const [origin, proxy] = [refusal(401), refusal(407)]
    expect(origin).toMatchObject({ code: 'GDL_ERR_UNAUTHORIZED', status: 401, retryable: false })
    expect(origin?.hint).toMatch('-u')
    expect(proxy).toMatchObject({ code: 'GDL_ERR_PROXY_UNAUTHORIZED', status: 407 })
  })

  it('names the status, where it has a name, and keeps secrets', () => {
    expect(refusal(404)?.message).toBe('http://h/a?token=***: 404 not found')
    expect(refusal(599)?.message).toBe('http://h/a?token=***: 599')
  })

  it.each([
    ['120', 120_000],
    ['Wed, 21 Oct 2015 07:28:30 GMT', 30_000],
    ['0', undefined],
    ['soon', undefined],
    ['Wed, 21 Oct 2015 07:27:30 GMT', undefined],
  ])('says how long to wait: Retry-After: %s', (value, retryAfterMs) => {
    expect(refusal(503, { 'retry-after': value })).toMatchObject({ retryAfterMs })
    expect(refusal(429, { 'retry-after': [value, '7'] })).toMatchObject({ retryAfterMs })
  })
})
