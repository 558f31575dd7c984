import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { parseProxy, proxyChooser } from '../../src/io/proxy.ts'
import { requestFields, targetOf } from '../../src/io/redirect.ts'
import type { TransportOptions } from '../../src/io/settings.ts'
import { Transport } from '../../src/io/transport.ts'
import { type Operation, run } from '../../src/scheduler/index.ts'
import { thrownBy } from '../scheduler/helpers.ts'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { certificatePaths } from '../support/certificates.ts'
import { httpProxy, socksProxy } from '../support/proxy.ts'
import { refusedOrigin, serve, serveSockets } from '../support/server.ts'

const content = bytes(3_000_000, 'proxy')
const { certificate: cacert } = certificatePaths

function go<T>(
  options: Partial<TransportOptions>,
  main: (get: (url: string) => Operation<Buffer>) => Operation<T>,
): Promise<T> {
  const body = function* (): Operation<T> {
    const transport = new Transport({ cacert, ...options })
    try {
      return yield* main(function* (url) {
        const response = yield* transport.request(targetOf(url, requestFields([], [])))
        if (response.status !== 200) throw new Error(`${response.status}`)
        return yield* response.buffer()
      })
    } finally {
      transport.close()
    }
  }
  return run(body, { signals: false })
}

const authorization = `Basic ${Buffer.from('me:p@ss').toString('base64')}`

describe('a proxy', () => {
  it('of HTTP forwards http by absolute URLs, and tunnels https', async () => {
    await using plain = await serve({ '*': be.body(content) })
    await using secure = await serve({ '*': be.body(content) }, { tls: 'valid' })
    for (const tls of [false, true]) {
      await using proxy = await httpProxy({ tls, password: 'me:p@ss' })
      const scheme = tls ? 'https' : 'http'
      await go({ proxy: `${scheme}://me:p%40ss@127.0.0.1:${proxy.port}` }, function* (get) {
        for (const { origin } of [plain, secure, plain, secure]) {
          expect((yield* get(`${origin}/a?b`)).equals(content)).toBe(true)
        }
      })
      // Each connection is kept: the second request to the server of https needs no CONNECT.
      expect(proxy.asked).toEqual([
        `GET ${plain.origin}/a?b ${authorization}`,
        `CONNECT 127.0.0.1:${secure.port} ${authorization}`,
        `GET ${plain.origin}/a?b ${authorization}`,
      ])
    }
    expect([...plain.requests, ...secure.requests].map(({ url }) => url)).toEqual(
      Array.from({ length: 8 }, () => '/a?b'),
    )
    const seen = [...plain.requests, ...secure.requests]
    expect(seen.some((request) => request.header('proxy-authorization') !== undefined)).toBe(false)
    expect(plain.requests[0]?.header('host')).toBe(`127.0.0.1:${plain.port}`)
  })

  it('of SOCKS5 carries http and https, and looks up names if it is to', async () => {
    await using plain = await serve({ '*': be.body(content) })
    await using secure = await serve({ '*': be.body(content) }, { tls: 'valid' })
    for (const [scheme, host] of [
      ['socks5', '127.0.0.1'],
      ['socks5h', 'localhost'],
    ] as const) {
      await using proxy = await socksProxy({ password: 'me:p@ss' })
      const options = { proxy: `${scheme}://me:p%40ss@127.0.0.1:${proxy.port}`, ipv4: true }
      await go(options, function* (get) {
        for (const { origin } of [plain, secure]) {
          const url = `${origin.replace('127.0.0.1', 'localhost')}/`
          expect((yield* get(url)).equals(content)).toBe(true)
        }
      })
      expect(proxy.asked).toEqual([`SOCKS ${host}:${plain.port}`, `SOCKS ${host}:${secure.port}`])
    }
  })

  it('that wants another password is told as 407', async () => {
    await using server = await serve({ '*': be.body('hello') }, { tls: 'valid' })
    await using web = await httpProxy({ password: 'me:right' })
    await using socks = await socksProxy({ password: 'me:right' })
    for (const [scheme, proxy] of [
      ['http', web],
      ['socks5', socks],
    ] as const) {
      for (const userinfo of ['me:hunter2@', '']) {
        await go({ proxy: `${scheme}://${userinfo}127.0.0.1:${proxy.port}` }, function* (get) {
          const error = yield* thrownBy(get(`${server.origin}/`))
          expect(error).toMatchObject({ code: 'GDL_ERR_PROXY_UNAUTHORIZED', status: 407 })
          expect((error as Error).message).toContain(`proxy ${scheme}://127.0.0.1:${proxy.port}`)
          expect(JSON.stringify(error) + String(error)).not.toContain('hunter2')
        })
      }
    }
    expect(server.requests).toEqual([])
  })

  it('that is not there, or no proxy at all, is named', async () => {
    const refused = (await refusedOrigin()).slice('http://'.length)
    await using silent = await serveSockets((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end())
    })
    await using chatty = await serveSockets((socket) => {
      socket.on('error', () => {})
      socket.end('SSH-2.0-OpenSSH\r\n\r\n')
    })
    const host = (port: number): string => `127.0.0.1:${port}`
    const cases = [
      [refused, 'GDL_ERR_CONNECT'],
      [host(silent.port), 'GDL_ERR_CONNECTION_LOST'],
      [host(chatty.port), 'GDL_ERR_PROTOCOL'],
    ] as const
    for (const [where, code] of cases) {
      for (const scheme of ['http', 'socks5h']) {
        await go({ proxy: `${scheme}://me:hunter2@${where}` }, function* (get) {
          const error = (yield* thrownBy(get('https://host.example/'))) as Error
          expect(error).toMatchObject({ code })
          expect(error.message).toContain(`proxy ${scheme}://${where}`)
          expect(error.message).not.toContain('hunter2')
        })
      }
    }
    await go({ proxy: refused }, function* (get) {
      const error = yield* thrownBy(get('http://host.example/'))
      expect(error).toMatchObject({ code: 'GDL_ERR_CONNECT', retryable: true })
      expect((error as Error).message).toContain(`proxy http://${refused}`)
    })
  })

  it('that can’t reach the server says so, and it may pass', async () => {
    await using web = await httpProxy({ refusal: 502 })
    await using strict = await httpProxy({ refusal: 403 })
    await using socks = await socksProxy({ refusal: 5 })
    for (const [scheme, { port }, retryable] of [
      ['http', web, true],
      ['http', strict, false],
      ['socks5h', socks, true],
    ] as const) {
      await go({ proxy: `${scheme}://127.0.0.1:${port}` }, function* (get) {
        const error = yield* thrownBy(get('https://host.example/'))
        expect(error).toMatchObject({ code: 'GDL_ERR_CONNECT', retryable })
      })
    }
  })
})

describe('the choice of a proxy', () => {
  const chosen = (env: Record<string, string>, origin: string, proxy?: string): string =>
    proxyChooser({ proxy, env })?.(origin)?.name ?? 'none'

  it('is that of curl’s variables, lower case first', () => {
    const env = { http_proxy: 'a:1', https_proxy: 'b:2', HTTPS_PROXY: 'x:1', all_proxy: 'c' }
    expect(chosen(env, 'http://host')).toBe('proxy http://a:1')
    expect(chosen(env, 'https://host')).toBe('proxy http://b:2')
    expect(chosen({ ALL_PROXY: 'socks5://c' }, 'http://host')).toBe('proxy socks5://c:1080')
    expect(chosen({ all_proxy: 'c', https_proxy: '' }, 'https://host')).toBe('proxy http://c:80')
    // In a CGI script it is the client's `Proxy` header.
    expect(chosen({ HTTP_PROXY: 'evil' }, 'http://host')).toBe('none')
    expect(chosen({ http_proxy: 'a' }, 'https://host')).toBe('none')
  })

  it('is that of the option before all, and no_proxy’s exceptions hold for it too', () => {
    const env = { http_proxy: 'a', NO_PROXY: 'direct.example' }
    expect(chosen(env, 'http://host', 'https://b:3')).toBe('proxy https://b:3')
    expect(chosen(env, 'http://www.direct.example', 'b')).toBe('none')
    expect(chosen(env, 'http://host', '')).toBe('none')
  })

  it('is refused when it is none, without showing it', () => {
    for (const text of ['ftp://me:hunter2@host', 'socks4://hunter2', 'http://', 'a b hunter2']) {
      expect(() => parseProxy(text, '--proxy')).toThrow(UsageError)
      expect(() => parseProxy(text, '--proxy')).not.toThrow(/hunter2/)
    }
    expect(() => chosen({ http_proxy: 'ftp://x' }, 'http://host')).toThrow(/variable http_proxy/)
  })
})
