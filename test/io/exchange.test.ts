/**
 * What undici 7 gets wrong under a downloader, and what a body does when its reader is slow, late or
 * killed: each fault that was found is a regression test here.
 */
import { describe, expect, it } from 'vitest'
import { Connection } from '../../src/io/connector.ts'
import { Dialer } from '../../src/io/dialer.ts'
import { Exchange } from '../../src/io/exchange.ts'
import { resolverOf } from '../../src/io/resolve.ts'
import type { Response } from '../../src/io/response.ts'
import { TRANSPORT_DEFAULTS } from '../../src/io/settings.ts'
import { tlsSettings } from '../../src/io/tls.ts'
import { Transport } from '../../src/io/transport.ts'
import { until } from '../../src/io/promise.ts'
import { requestFields, targetOf } from '../../src/io/redirect.ts'
import {
  Event,
  GreenletExit,
  LoopExit,
  type Operation,
  run,
  sleep,
  spawn,
} from '../../src/scheduler/index.ts'
import { thrownBy } from '../scheduler/helpers.ts'
import * as be from '../support/behaviours.ts'
import * as broken from '../support/broken-answers.ts'
import { bytes, sha256 } from '../support/bytes.ts'
import { type Behaviour, serve } from '../support/server.ts'

const MIB = 1024 * 1024
const plain = requestFields([], [])

/** Runs with a transport of its own, which is closed in the end. */
function go<T>(
  main: (get: (url: string, timeoutMs?: number) => Operation<Response>) => Operation<T>,
): Promise<T> {
  const body = function* (): Operation<T> {
    const transport = new Transport()
    try {
      return yield* main((url, timeoutMs = 10_000) =>
        transport.request(targetOf(url, plain), { timeoutMs }),
      )
    } finally {
      transport.close()
    }
  }
  return run(body, { signals: false })
}

/** The whole body, read slowly; each batch is copied and given back. */
function* readSlowly(response: Response): Operation<Buffer> {
  const parts: Buffer[] = []
  for (;;) {
    const batch = yield* response.readBatch()
    if (batch === undefined) return Buffer.concat(parts)
    parts.push(Buffer.concat(batch.chunks))
    batch.release()
    yield* sleep(2)
  }
}

/** The whole body, at once, and what it ended with. */
function* readAll(response: Response): Operation<{ bytes: number; error: unknown }> {
  let bytes = 0
  try {
    for (;;) {
      const batch = yield* response.readBatch()
      if (batch === undefined) return { bytes, error: undefined }
      bytes += batch.bytes
      batch.release()
    }
  } catch (error) {
    return { bytes, error }
  }
}

/** `behaviour`, and a promise that is there when the connection has closed. */
function watched(behaviour: Behaviour): { behaviour: Behaviour; closed: Promise<void> } {
  let tell!: () => void
  const closed = new Promise<void>((resolve) => (tell = resolve))
  return {
    closed,
    behaviour: (exchange) => {
      exchange.socket.once('close', tell)
      return behaviour(exchange)
    },
  }
}

describe('a body that ends with its connection', () => {
  it('arrives whole at a slow reader, although the peer has closed long before (undici #5360)', async () => {
    const content = bytes(20 * MIB, 'close-delimited')
    await using server = await serve({ '*': broken.closeDelimited(content) })
    const digests = await go(function* (get) {
      const readers = [1, 2, 3].map((number) =>
        spawn(function* () {
          const response = yield* get(`${server.origin}/${number}`)
          expect(response.length).toBeUndefined()
          return sha256(yield* readSlowly(response))
        }),
      )
      const digests: string[] = []
      for (const reader of readers) digests.push(yield* reader.get())
      return digests
    })
    expect(digests).toEqual(Array.from({ length: 3 }, () => sha256(content)))
  })

  it('arrives whole where nobody reads before the peer has closed', async () => {
    const content = bytes(MIB, 'closed before read')
    const { behaviour, closed } = watched(broken.closeDelimited(content))
    await using server = await serve({ '*': behaviour })
    await go(function* (get) {
      const response = yield* get(`${server.origin}/`)
      yield* until(closed)
      expect((yield* response.buffer()).equals(content)).toBe(true)
    })
  })

  it('is no success when it was cut by a reset', async () => {
    const content = bytes(600_000, 'reset')
    await using server = await serve({
      '/length': broken.resetBody(content, 300_000, 'length'),
      '/chunked': broken.resetBody(content, 300_000, 'chunked'),
      '/close': broken.resetBody(content, 300_000, 'close'),
      '/close-whole': broken.resetBody(content, 600_000, 'close'),
      '/close-empty': broken.resetBody(content, 0, 'close'),
    })
    await go(function* (get) {
      for (const path of ['/length', '/chunked', '/close', '/close-whole', '/close-empty']) {
        const response = yield* get(server.origin + path)
        const { error } = yield* readAll(response)
        expect(error, path).toMatchObject({ code: 'GDL_ERR_CONNECTION_LOST', retryable: true })
        response.close()
      }
    })
  })

  it('is no success when the reset comes with its last bytes', async () => {
    await using server = await serve({
      '*': ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n')
        socket.write(bytes(50_000))
        socket.resetAndDestroy()
      },
    })
    await go(function* (get) {
      for (let round = 0; round < 20; round++) {
        const end = yield* thrownBy(
          (function* () {
            const response = yield* get(`${server.origin}/${round}`)
            const { error } = yield* readAll(response)
            response.close()
            throw error
          })(),
        )
        expect(end).toMatchObject({ code: 'GDL_ERR_CONNECTION_LOST' })
      }
    })
  })
})

describe('a body', () => {
  it('is told from its empty chunks, which are ignored (undici’s livelock)', () => {
    const dialer = new Dialer(resolverOf(TRANSPORT_DEFAULTS), tlsSettings(TRANSPORT_DEFAULTS))
    const exchange = new Exchange(new Connection('http://127.0.0.1:1', dialer), 'host')
    exchange.onResponseStart(undefined, 200, {})
    for (let i = 0; i < 100; i++) exchange.onResponseData(undefined, Buffer.alloc(0))
    expect([exchange.readable, exchange.received, exchange.queued.bytes]).toEqual([false, 0, 0])
    exchange.onResponseData(undefined, Buffer.from('a'))
    expect([exchange.readable, exchange.received, exchange.queued.bytes]).toEqual([true, 1, 1])
    exchange.detach()
  })

  it('arrives whole in chunks that are torn into pieces, at a slow reader', async () => {
    const content = bytes(3 * MIB, 'torn')
    const pieces: Buffer[] = []
    for (let at = 0; at < content.length; at += 70_000) {
      const part = content.subarray(at, at + 70_000)
      pieces.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
    }
    await using server = await serve({
      '*': async ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
        for (const piece of pieces) {
          await be.write(socket, piece)
          await new Promise((resolve) => setImmediate(resolve))
        }
        socket.write('0\r\n\r\n')
      },
    })
    await go(function* (get) {
      const response = yield* get(`${server.origin}/`)
      expect((yield* readSlowly(response)).equals(content)).toBe(true)
      expect(response.ended).toBe(true)
    })
  })

  it('is not sent much further than its reader has read', async () => {
    const content = bytes(64 * MIB, 'backpressure')
    let sent = (): number => 0
    await using server = await serve({
      '/unread': (exchange) => {
        const { socket } = exchange
        sent = () => socket.bytesWritten - socket.writableLength
        return be.body(content)(exchange)
      },
      '/other': be.body(content),
    })
    await go(function* (get) {
      const response = yield* get(`${server.origin}/unread`)
      while (response.received <= MIB) yield* sleep(1)
      // While another 64 MiB flow past, nothing comes that does not fit into buffers.
      const other = yield* get(`${server.origin}/other`)
      expect(yield* readAll(other)).toEqual({ bytes: content.length, error: undefined })
      // The high-water mark of 1 MiB, and slabs that were on their way.
      expect(response.received).toBeLessThanOrEqual(3 * MIB)
      // Two kernels' buffers are 4 to 10 MiB on Linux.
      expect(sent()).toBeLessThan(32 * MIB)
      const all = yield* response.buffer()
      expect(sha256(all)).toBe(sha256(content))
    })
  })

  it('that is read no further when it is whole keeps its connection', async () => {
    const content = bytes(100_000)
    await using server = await serve({ '*': be.body(content) })
    await go(function* (get) {
      const first = yield* get(`${server.origin}/1`)
      yield* first.arrived(5000)
      expect([first.received, first.ended]).toEqual([100_000, true])
      first.close()
      yield* readAll(yield* get(`${server.origin}/2`))
      expect(server.connections).toBe(1)
    })
  })

  it('that nobody wants is waited for if it is short, else its connection is closed', async () => {
    const long = watched(be.body(bytes(10 * MIB)))
    const stalled = watched(be.stall(bytes(1000), 500))
    const unknown = watched(be.chunkedBody(bytes(10 * MIB)))
    await using server = await serve({
      '/short': be.late(5, be.body(bytes(60_000))),
      '/long': long.behaviour,
      '/unknown': unknown.behaviour,
      '/stalled': stalled.behaviour,
      '/reset': broken.resetBody(bytes(1000), 10),
    })
    await go(function* (get) {
      yield* (yield* get(`${server.origin}/short`)).discard()
      yield* (yield* get(`${server.origin}/short`)).discard()
      expect(server.connections).toBe(1)
      for (const path of ['/long', '/unknown', '/stalled', '/reset']) {
        yield* (yield* get(server.origin + path)).discard()
      }
      yield* until(Promise.all([long.closed, unknown.closed, stalled.closed]))
    })
  })
})

describe('a kill', () => {
  it.each(['before the head', 'in the body', 'while the body is not read'])(
    '%s closes the connection, and leaves nothing that holds the loop',
    async (where) => {
      const { behaviour, closed } = watched(
        where === 'before the head'
          ? be.silence()
          : where === 'in the body'
            ? be.stall(bytes(1000), 500)
            : be.body(bytes(32 * MIB)),
      )
      const asked: string[] = []
      await using server = await serve({
        '*': (exchange) => {
          asked.push(exchange.request.url)
          return behaviour(exchange)
        },
      })
      const outcome = go(function* (get) {
        let taken = 0
        const reader = spawn(function* () {
          const response = yield* get(`${server.origin}/`)
          try {
            for (;;) {
              const batch = yield* response.readBatch()
              taken += batch!.bytes
              if (where === 'while the body is not read') yield* sleep(60_000)
            }
          } finally {
            response.close()
          }
        })
        const isThere = (): boolean => (where === 'before the head' ? asked.length > 0 : taken > 0)
        while (!isThere()) yield* sleep(1)
        yield* reader.kill()
        expect(reader.value).toBeInstanceOf(GreenletExit)
        yield* until(closed)
        // Nothing is left that could ever set this.
        yield* new Event().wait()
      })
      await expect(outcome).rejects.toThrow(LoopExit)
      expect(server.requests.length).toBe(1)
    },
  )
})

describe('a deadline', () => {
  it('passes while nothing comes, before the head and in the body', async () => {
    const silent = watched(be.silence())
    const headless = watched(be.stall(bytes(1000), 0))
    const middle = watched(be.stall(bytes(1000), 500))
    await using server = await serve({
      '/silent': silent.behaviour,
      '/headless': headless.behaviour,
      '/middle': middle.behaviour,
    })
    await go(function* (get) {
      const stalled = { code: 'GDL_ERR_STALLED', retryable: true }
      expect(yield* thrownBy(get(`${server.origin}/silent`, 50))).toMatchObject(stalled)
      for (const [path, received] of [
        ['/headless', 0],
        ['/middle', 500],
      ] as const) {
        const response = yield* get(server.origin + path, 50)
        expect(yield* readAll(response)).toMatchObject({ bytes: received, error: stalled })
        response.close()
      }
      yield* until(Promise.all([silent.closed, headless.closed, middle.closed]))
    })
  })

  it('does not pass while our own reader is slow', async () => {
    const content = bytes(8 * MIB)
    await using server = await serve({ '*': be.body(content) })
    await go(function* (get) {
      const response = yield* get(`${server.origin}/`, 40)
      yield* sleep(100)
      expect(yield* readAll(response)).toEqual({ bytes: content.length, error: undefined })
    })
  })

  it('gives what came before it first', async () => {
    await using server = await serve({ '*': broken.resetBody(bytes(5000), 3000) })
    await go(function* (get) {
      const response = yield* get(`${server.origin}/`)
      const { bytes: received, error } = yield* readAll(response)
      expect(error).toMatchObject({ code: 'GDL_ERR_CONNECTION_LOST' })
      expect(received).toBe(3000)
      // And again, as often as it is asked.
      expect(yield* thrownBy(response.readBatch())).toBe(error)
      response.close()
    })
  })
})
