import { describe, expect, it } from 'vitest'
import { GdlError, ResponseError } from '../../src/errors.ts'
import { jsonLine } from '../../src/report/json-lines.ts'

const time = '2026-01-02T03:04:05.006Z'
const exit = (): number => 8

describe('a line of --json', () => {
  it('has the fields of its event in their order, times to the millisecond', () => {
    const done = { id: 1, url: 'http://h/', path: 'a\nb', bytes: 3, seconds: 0.12345, attempts: 1 }
    expect(jsonLine({ event: 'done', time, ...done, status: 'resumed' }, exit)).toBe(
      `{"event":"done","time":"${time}","id":1,"url":"http://h/","path":"a\\nb","bytes":3,"seconds":0.123,"attempts":1,"status":"resumed"}\n`,
    )
    const counts = { downloaded: 1, present: 0, failed: 1, bytes: 3, seconds: 1 }
    expect(jsonLine({ event: 'summary', time, ...counts }, exit)).toMatch(
      /"seconds":1,"exit":8}\n$/,
    )
  })

  it('has null for a total that is not known, and leaves out what else is not', () => {
    const progress = {
      event: 'progress',
      time,
      id: 1,
      bytes: 5,
      total: undefined,
      speed: 5,
    } as const
    expect(jsonLine(progress, exit)).toContain('"bytes":5,"total":null,"speed":5')
    const fail = { id: 1, url: 'x', path: undefined, attempts: 0, source: undefined }
    const error = new GdlError('GDL_ERR_ENTRY', 'odd')
    expect(jsonLine({ event: 'fail', time, ...fail, error }, exit)).toBe(
      `{"event":"fail","time":"${time}","id":1,"url":"x","attempts":0,"error":{"code":"GDL_ERR_ENTRY","message":"odd"}}\n`,
    )
  })

  it('says what the server answered', () => {
    const error = new ResponseError('GDL_ERR_STATUS', 'busy', 503, { retryAfterMs: 5 })
    const retry = { id: 1, url: 'x', attempt: 1, delay: 0.5, error }
    expect(jsonLine({ event: 'retry', time, ...retry }, exit)).toContain(
      '"error":{"code":"GDL_ERR_STATUS","message":"busy","status":503}',
    )
  })

  it('is not there for a warning, which standard error has', () => {
    expect(jsonLine({ event: 'warning', time, message: 'odd' }, exit)).toBeUndefined()
  })
})
