import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { requestFields, targetOf } from '../../src/io/redirect.ts'
import { resolverOf } from '../../src/io/resolve.ts'
import type { TransportOptions } from '../../src/io/settings.ts'
import { Transport } from '../../src/io/transport.ts'
import { type Operation, run } from '../../src/scheduler/index.ts'
import { thrownBy } from '../scheduler/helpers.ts'
import * as be from '../support/behaviours.ts'
import { certificatePaths } from '../support/certificates.ts'
import { serve } from '../support/server.ts'

const none = { ipv4: false, ipv6: false, resolve: [] }

function go<T>(
  options: Partial<TransportOptions>,
  main: (get: (url: string) => Operation<string>) => Operation<T>,
): Promise<T> {
  const body = function* (): Operation<T> {
    const transport = new Transport(options)
    try {
      return yield* main(function* (url) {
        return yield* (yield* transport.request(targetOf(url, requestFields([], [])))).text()
      })
    } finally {
      transport.close()
    }
  }
  return run(body, { signals: false })
}

describe('--resolve', () => {
  it('gives a name its address, at a port, and TLS still checks the name', async () => {
    await using plain = await serve({ '*': be.body('hello') })
    await using secure = await serve({ '*': be.body('secure') }, { tls: 'valid' })
    const resolve = [
      `host.example:${plain.port}:127.0.0.1`,
      `host.example:${secure.port}:127.0.0.1`,
      `localhost:${secure.port}:::1,127.0.0.1`,
    ]
    const cacert = certificatePaths.certificate
    await go({ resolve, cacert }, function* (get) {
      expect(yield* get(`http://host.example:${plain.port}/`)).toBe('hello')
      expect(yield* get(`https://localhost:${secure.port}/`)).toBe('secure')
      const error = yield* thrownBy(get(`https://host.example:${secure.port}/`))
      expect(error).toMatchObject({ code: 'GDL_ERR_CERTIFICATE' })
    })
    expect(plain.requests[0]?.header('host')).toBe(`host.example:${plain.port}`)
  })

  it('takes any name, and IPv6 in brackets', async () => {
    await using server = await serve({ '*': be.body('hello') }, { host: '::1' })
    await go({ resolve: [`*:${server.port}:[::1]`] }, function* (get) {
      expect(yield* get(`http://any.example:${server.port}/`)).toBe('hello')
    })
    // Of the other family there is none.
    await go({ resolve: [`*:${server.port}:[::1]`], ipv4: true }, function* (get) {
      const error = yield* thrownBy(get(`http://any.example:${server.port}/`))
      expect(error).toMatchObject({ code: 'GDL_ERR_DNS' })
    })
  })

  it.each([
    'host',
    'host:80',
    'host:80:',
    'host:http:127.0.0.1',
    'host:80:name',
    'host:80:1.2.3.4,',
  ])('refuses %s', (text) => {
    expect(() => resolverOf({ ...none, resolve: [text] })).toThrow(UsageError)
  })
})

describe('-4 and -6', () => {
  it('keep to their family, and exclude each other', async () => {
    await using server = await serve({ '*': be.body('hello') })
    await using six = await serve({ '*': be.body('six') }, { host: '::1' })
    await go({ ipv4: true }, function* (get) {
      expect(yield* get(`http://localhost:${server.port}/`)).toBe('hello')
      const error = yield* thrownBy(get(`${six.origin}/`))
      expect(error).toMatchObject({ code: 'GDL_ERR_DNS', message: expect.stringContaining('IPv4') })
    })
    await go({ ipv6: true }, function* (get) {
      expect(yield* get(`${six.origin}/`)).toBe('six')
      expect(yield* thrownBy(get(`${server.origin}/`))).toMatchObject({ code: 'GDL_ERR_DNS' })
    })
    expect(() => resolverOf({ ...none, ipv4: true, ipv6: true })).toThrow(/exclude/)
  })
})
