import { describe, expect, it } from 'vitest'
import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import type { Response } from '../../src/io/response.ts'
import { requestFields, targetOf } from '../../src/io/redirect.ts'
import { Transport } from '../../src/io/transport.ts'
import { joinall, type Operation, run, sleep, spawn } from '../../src/scheduler/index.ts'
import { thrownBy } from '../scheduler/helpers.ts'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { certificatePaths } from '../support/certificates.ts'
import { httpProxy } from '../support/proxy.ts'
import { type Behaviour, type Exchange, serve } from '../support/server.ts'

const MIB = 1024 * 1024
const http2 = { tls: 'valid', http2: true } as const

function go<T>(
  main: (get: (url: string) => Operation<Response>, transport: Transport) => Operation<T>,
  options: { proxy?: string } = {},
): Promise<T> {
  const body = function* (): Operation<T> {
    const transport = new Transport({
      http2: true,
      cacert: certificatePaths.certificate,
      ...options,
    })
    try {
      return yield* main(
        (url) => transport.request(targetOf(url, requestFields([['X-A', '1']], []))),
        transport,
      )
    } finally {
      transport.close()
    }
  }
  return run(body, { signals: false })
}

const streamOf = ({ response }: Exchange): ServerHttp2Stream =>
  (response as unknown as Http2ServerResponse).stream

/** Sends a head and some bytes, and then does `then`. */
function cut(then: (stream: ServerHttp2Stream) => void): Behaviour {
  return async (exchange) => {
    exchange.response.writeHead(200)
    exchange.response.write('some bytes')
    await new Promise((resolve) => setTimeout(resolve, 20))
    then(streamOf(exchange))
  }
}

describe('--http2', () => {
  it('shares one connection among a hundred exchanges at once', async () => {
    const content = bytes(100_000, 'h2')
    await using server = await serve({ '*': be.late(5, be.body(content, { 'X-B': '2' })) }, http2)
    await go(function* (get) {
      const all = Array.from({ length: 100 }, (_, index) =>
        spawn(function* () {
          const response = yield* get(`${server.origin}/${index}?q`)
          expect([response.status, response.length, response.headers['x-b']]).toEqual([
            200,
            100_000,
            '2',
          ])
          expect((yield* response.buffer()).equals(content)).toBe(true)
          expect([response.received, response.ended]).toEqual([100_000, true])
        }),
      )
      yield* joinall(all, { raiseError: true })
    })
    expect([server.connections, server.requests.length]).toEqual([1, 100])
    const [first] = server.requests
    expect([first?.httpVersion, first?.header('x-a')]).toEqual(['2.0', '1'])
  })

  it('falls back to HTTP/1.1 where that is all that is spoken, and remembers it', async () => {
    await using server = await serve({ '*': be.body('hello') }, { tls: 'valid' })
    await go(function* (get) {
      for (let round = 0; round < 3; round++) {
        const one = spawn(function* () {
          return yield* (yield* get(`${server.origin}/`)).text()
        })
        const two = spawn(function* () {
          return yield* (yield* get(`${server.origin}/`)).text()
        })
        yield* joinall([one, two])
        expect([one.value, two.value]).toEqual(['hello', 'hello'])
      }
    })
    // One to ask what it speaks, two to work with.
    expect(server.connections).toBe(3)
    expect(server.requests.every(({ httpVersion }) => httpVersion === '1.1')).toBe(true)
  })

  it('goes through a proxy', async () => {
    await using server = await serve({ '*': be.body('hello') }, http2)
    await using proxy = await httpProxy()
    await go(
      function* (get) {
        expect(yield* (yield* get(`${server.origin}/`)).text()).toBe('hello')
      },
      { proxy: `127.0.0.1:${proxy.port}` },
    )
    expect(server.requests[0]?.httpVersion).toBe('2.0')
    expect(proxy.asked).toEqual([`CONNECT 127.0.0.1:${server.port}`])
  })

  it('lets a slow reader stop its own stream, and no other', async () => {
    const content = bytes(24 * MIB, 'slow')
    await using server = await serve({ '*': be.body(content) }, http2)
    await go(function* (get) {
      const slow = yield* get(`${server.origin}/slow`)
      while (slow.received < MIB) yield* sleep(1)
      const quick = yield* get(`${server.origin}/quick`)
      expect((yield* quick.buffer()).equals(content)).toBe(true)
      expect(slow.received).toBeLessThan(3 * MIB)
      expect((yield* slow.buffer()).equals(content)).toBe(true)
    })
    expect(server.connections).toBe(1)
  })

  it.each([
    ['a stream that is reset', cut((stream) => stream.close(2))],
    ['a stream that is refused', (exchange: Exchange) => streamOf(exchange).close(7)],
    ['a connection that is cut', cut((stream) => stream.session!.destroy())],
    ['a stream that is reset without an error', cut((stream) => stream.destroy())],
  ])('tells %s as a failure that may pass', async (_title, behaviour) => {
    await using server = await serve({ '/bad': behaviour, '/good': be.body('hello') }, http2)
    await go(function* (get) {
      expect(yield* (yield* get(`${server.origin}/good`)).text()).toBe('hello')
      const bad = yield* thrownBy(
        (function* () {
          const response = yield* get(`${server.origin}/bad`)
          return yield* response.buffer()
        })(),
      )
      expect(bad).toMatchObject({ retryable: true })
      expect(['GDL_ERR_CONNECTION_LOST', 'GDL_ERR_LENGTH']).toContain(
        (bad as { code: string }).code,
      )
      expect(yield* (yield* get(`${server.origin}/good`)).text()).toBe('hello')
    })
  })

  it('takes GOAWAY for the end of new streams, not of those under way', async () => {
    const goaway: Behaviour = async (exchange) => {
      exchange.response.writeHead(200, { 'Content-Length': 10 })
      exchange.response.write('hello')
      streamOf(exchange).session!.goaway(0)
      await new Promise((resolve) => setTimeout(resolve, 50))
      exchange.response.end('world')
    }
    await using server = await serve({ '/last': goaway, '*': be.body('next') }, http2)
    await go(function* (get) {
      const last = yield* get(`${server.origin}/last`)
      yield* sleep(20)
      expect(yield* (yield* get(`${server.origin}/next`)).text()).toBe('next')
      expect(yield* last.text()).toBe('helloworld')
    })
    expect(server.connections).toBe(2)
  })

  it('closes a stream that nobody wants, and keeps the connection', async () => {
    let closed = 0
    const endless: Behaviour = (exchange) => {
      streamOf(exchange).once('close', () => closed++)
      return be.body(bytes(24 * MIB))(exchange)
    }
    await using server = await serve({ '/endless': endless, '*': be.body('hello') }, http2)
    await go(function* (get) {
      const response = yield* get(`${server.origin}/endless`)
      response.close()
      while (closed === 0) yield* sleep(1)
      expect(yield* (yield* get(`${server.origin}/`)).text()).toBe('hello')
    })
    expect(server.connections).toBe(1)
  })

  it('tells of no connection, and of a bad certificate', async () => {
    await using expired = await serve({}, { tls: 'expired', http2: true })
    await go(function* (get) {
      const refused = yield* thrownBy(get('https://127.0.0.1:1/'))
      expect(refused).toMatchObject({ code: 'GDL_ERR_CONNECT', retryable: true })
      const error = yield* thrownBy(get(`${expired.origin}/`))
      expect(error).toMatchObject({ code: 'GDL_ERR_CERTIFICATE' })
    })
  })
})
