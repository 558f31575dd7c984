/**
 * A Transport's connections and requests, where `http.test.ts` does not go: many that died at once, an
 * answer that had begun, what is sent and to whom.
 */
import { describe, expect, it } from 'vitest'
import { http } from '../../src/io/http.ts'
import { Transport } from '../../src/io/transport.ts'
import { until } from '../../src/io/promise.ts'
import { requestFields, targetOf } from '../../src/io/redirect.ts'
import { joinall, type Operation, run, spawn } from '../../src/scheduler/index.ts'
import { thrownBy } from '../scheduler/helpers.ts'
import * as be from '../support/behaviours.ts'
import * as broken from '../support/broken-answers.ts'
import { bytes } from '../support/bytes.ts'
import { type Behaviour, serve } from '../support/server.ts'

const plain = requestFields([], [])

/** Runs with a transport of its own, which is closed in the end. */
function go<T>(main: (transport: Transport) => Operation<T>): Promise<T> {
  const body = function* (): Operation<T> {
    const transport = new Transport()
    try {
      return yield* main(transport)
    } finally {
      transport.close()
    }
  }
  return run(body, { signals: false })
}

function* textOf(transport: Transport, url: string): Operation<string> {
  const response = yield* transport.request(targetOf(url, plain))
  return yield* response.text()
}

/** Answers each connection's first request, and does `then` to every later one. */
function onceEach(first: Behaviour, then: Behaviour): Behaviour {
  const known = new Set<number>()
  return (exchange) => {
    const { connection } = exchange.request
    const behaviour = known.has(connection) ? then : first
    known.add(connection)
    return behaviour(exchange)
  }
}

describe('a Transport', () => {
  it('keeps the connections of origins apart', async () => {
    await using server = await serve({ '*': be.body('hello'), '/chunked': be.chunkedBody('hello') })
    await using other = await serve({ '*': be.body('other') })
    await go(function* (transport) {
      for (const path of ['/a', '/chunked', '/b', '/c']) {
        expect(yield* textOf(transport, server.origin + path)).toBe('hello')
        expect(yield* textOf(transport, other.origin + path)).toBe('other')
      }
      expect([server.connections, other.connections]).toEqual([1, 1])
    })
  })

  it('does not keep a connection that the server says it closes', async () => {
    await using server = await serve({ '*': be.body('hello', { Connection: 'close' }) })
    await go(function* (transport) {
      for (let round = 0; round < 10; round++) {
        expect(yield* textOf(transport, `${server.origin}/`)).toBe('hello')
      }
      expect(server.connections).toBe(10)
    })
  })

  it('closes its connections with itself, those too that come back afterwards', async () => {
    let tell!: () => void
    const closed = new Promise<void>((resolve) => (tell = resolve))
    await using server = await serve({
      '/busy': (exchange) => {
        exchange.socket.once('close', tell)
        return be.body('hello')(exchange)
      },
    })
    await go(function* (transport) {
      const response = yield* transport.request(targetOf(`${server.origin}/busy`, plain))
      transport.close()
      expect(yield* response.text()).toBe('hello')
      yield* until(closed)
    })
  })

  it.each([
    ['in good order', broken.closeAtOnce()],
    ['by a reset', broken.resetAtOnce()],
  ])(
    'sends on a fresh connection what an idle one, closed %s, did not take',
    async (_how, close) => {
      await using server = await serve({ '*': onceEach(be.body('hello'), close) })
      await go(function* (transport) {
        for (let round = 0; round < 4; round++) {
          expect(yield* textOf(transport, `${server.origin}/`)).toBe('hello')
        }
        expect(server.connections).toBe(4)
      })
    },
  )

  it('tries all that are idle, and then a fresh one', async () => {
    await using server = await serve({ '*': onceEach(be.body('hello'), broken.closeAtOnce()) })
    await go(function* (transport) {
      const many = Array.from({ length: 6 }, () =>
        spawn(() => textOf(transport, `${server.origin}/`)),
      )
      yield* joinall(many)
      const before = server.connections
      expect(yield* textOf(transport, `${server.origin}/again`)).toBe('hello')
      expect(server.connections).toBe(before + 1)
    })
  })

  it('forgets an idle connection that was closed, whether it has seen that by then or not', async () => {
    const closed: Promise<void>[] = []
    await using server = await serve({
      '*': ({ socket }) => {
        closed.push(new Promise((resolve) => socket.once('close', () => resolve())))
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')
      },
    })
    await go(function* (transport) {
      for (let round = 0; round < 10; round++) {
        expect(yield* textOf(transport, `${server.origin}/`)).toBe('hello')
        if (round % 2 === 0) yield* until(Promise.all(closed))
      }
      expect(server.connections).toBe(10)
    })
  })

  it('asks once on a fresh connection, and once where the answer had begun', async () => {
    await using server = await serve({
      '/closes': broken.closeAtOnce(),
      '/hint': onceEach(
        be.body('hello'),
        broken.raw('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'),
      ),
      '/half': onceEach(be.body('hello'), broken.shortBody(bytes(100), 10)),
    })
    await go(function* (transport) {
      const ask = (path: string): Operation<string> => textOf(transport, server.origin + path)
      expect(yield* thrownBy(ask('/closes'))).toMatchObject({ code: 'GDL_ERR_CONNECTION_LOST' })
      expect(server.connections).toBe(1)
      expect(yield* ask('/hint')).toBe('hello')
      expect(yield* thrownBy(ask('/hint'))).toMatchObject({ code: 'GDL_ERR_CONNECTION_LOST' })
      expect(server.requestsFor('/hint').length).toBe(2)
      expect(yield* ask('/half')).toBe('hello')
      expect(yield* thrownBy(ask('/half'))).toMatchObject({ code: 'GDL_ERR_LENGTH' })
      expect(server.requestsFor('/half').length).toBe(2)
    })
  })

  it('sends the path with its query, the fields, and nothing else of the URL', async () => {
    await using server = await serve({ '*': be.body('hello') })
    await go(function* (transport) {
      const url = new URL('/a%20b//c?d=e&f', server.origin)
      url.username = 'user'
      url.password = 'pass'
      const fields = requestFields([['X-A', '1']], [])
      const response = yield* transport.request(targetOf(url.href, fields))
      expect(response.url).toBe(`${server.origin}/a%20b//c?d=e&f`)
      response.close()
      const [request] = server.requests
      expect(request?.url).toBe('/a%20b//c?d=e&f')
      expect(request?.header('host')).toBe(new URL(server.origin).host)
      expect(request?.header('x-a')).toBe('1')
      expect(request?.header('authorization')).toBe('Basic dXNlcjpwYXNz')
    })
  })

  it('takes for the answer what comes last, not 103 before it', async () => {
    await using server = await serve({ '*': be.earlyHints(be.body('hello', { 'X-A': '1' }), 3) })
    await go(function* (transport) {
      const response = yield* transport.request(targetOf(`${server.origin}/`, plain))
      expect([response.status, response.headers['x-a'], response.length]).toEqual([200, '1', 5])
      expect(yield* response.text()).toBe('hello')
      expect([response.received, response.ended]).toEqual([5, true])
    })
  })
})

describe('http.get', () => {
  it('gives the headers to the first origin alone', async () => {
    await using other = await serve({ '*': be.body('there') })
    await using server = await serve({
      '/same': be.redirect(302, '/other'),
      '/other': be.redirect(302, `${other.origin}/`),
    })
    await run(
      function* () {
        const headers = { 'X-Api-Key': 'k', Authorization: 'Bearer t', Cookie: 'a=b' }
        const response = yield* http.get(`${server.origin}/same`, { headers })
        expect(yield* response.text()).toBe('there')
      },
      { signals: false },
    )
    const seen = [...server.requests, ...other.requests].map((request) =>
      ['x-api-key', 'authorization', 'cookie'].map((name) => request.header(name)),
    )
    const all = ['k', 'Bearer t', 'a=b']
    expect(seen).toEqual([all, all, [undefined, undefined, undefined]])
  })

  it('reads text, JSON, what is none, and nothing', async () => {
    await using server = await serve({ '/text': be.body('ü'), '/empty': be.body('') })
    await run(
      function* () {
        const text = yield* http.get(`${server.origin}/text`)
        expect(yield* thrownBy(text.json())).toBeInstanceOf(SyntaxError)
        const empty = yield* http.get(`${server.origin}/empty`)
        expect(yield* empty.read()).toBeUndefined()
        expect(yield* empty.read()).toBeUndefined()
      },
      { signals: false },
    )
  })

  it.each(['', 'nothing', 'http://', 'ftp://127.0.0.1/', 'file:///etc/passwd'])(
    'refuses %j, which is no http URL, with a TypeError',
    async (url) => {
      const asking = run(() => http.get(url), { signals: false })
      await expect(asking).rejects.toThrow(TypeError)
    },
  )
})
