import type { TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import type { TransportOptions } from '../../src/io/settings.ts'
import { Transport } from '../../src/io/transport.ts'
import { until } from '../../src/io/promise.ts'
import { requestFields, targetOf } from '../../src/io/redirect.ts'
import { Event, LoopExit, type Operation, run, sleep, spawn } from '../../src/scheduler/index.ts'
import { thrownBy } from '../scheduler/helpers.ts'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { serve, serveSockets, type TestServer } from '../support/server.ts'

const plain = requestFields([], [])

function go<T>(
  main: (transport: Transport) => Operation<T>,
  options: Partial<TransportOptions> = {},
): Promise<T> {
  const body = function* (): Operation<T> {
    const transport = new Transport(options)
    try {
      return yield* main(transport)
    } finally {
      transport.close()
    }
  }
  return run(body, { signals: false })
}

/** Accepts connections and never shakes hands; `closed` is there when the first has been closed. */
async function dumbServer(): Promise<{
  server: TestServer
  origin: string
  closed: Promise<void>
}> {
  let tell!: () => void
  const closed = new Promise<void>((resolve) => (tell = resolve))
  const server = await serveSockets((socket) => {
    socket.once('close', tell)
    socket.on('end', () => socket.end())
    socket.resume()
  })
  return { server, origin: server.origin.replace('http:', 'https:'), closed }
}

/** The ways to an https server through somebody who never says a word. */
const SILENT: readonly (readonly [string, (origin: string) => Partial<TransportOptions>])[] = [
  ['HTTP/2', () => ({ http2: true })],
  ['a proxy', (origin) => ({ proxy: origin.replace('https', 'http') })],
  ['a proxy with TLS', (origin) => ({ proxy: origin })],
  ['SOCKS5', (origin) => ({ proxy: origin.replace('https', 'socks5h') })],
]

describe('a connection that is never made', () => {
  it.each(SILENT)('by way of %s is given up by a deadline and by a kill', async (_way, options) => {
    for (const how of ['deadline', 'kill']) {
      const { server, origin, closed } = await dumbServer()
      await using _ = server
      const outcome = run(
        function* () {
          const transport = new Transport(options(origin))
          const target = targetOf(`${origin}/`, plain)
          if (how === 'deadline') {
            const asking = transport.request(target, { connectTimeoutMs: 100 })
            const error = yield* thrownBy(asking)
            expect(error).toMatchObject({ code: 'GDL_ERR_CONNECT_TIMEOUT', retryable: true })
            expect(String(error)).toContain(origin.slice('https://'.length))
          } else {
            const asking = spawn(() => transport.request(target))
            while (server.connections === 0) yield* sleep(1)
            yield* asking.kill()
          }
          yield* until(closed)
          // Nothing is left that could ever set this.
          yield* new Event().wait()
        },
        { signals: false },
      )
      await expect(outcome).rejects.toThrow(LoopExit)
    }
  })

  it('fails when its time is over, and its socket is closed', async () => {
    const { server, origin, closed } = await dumbServer()
    await using _ = server
    await go(function* (transport) {
      const options = { connectTimeoutMs: 50, timeoutMs: 60_000 }
      const error = yield* thrownBy(transport.request(targetOf(`${origin}/`, plain), options))
      expect(error).toMatchObject({ code: 'GDL_ERR_CONNECT_TIMEOUT', retryable: true })
      yield* until(closed)
    })
  })

  it('is given up by a kill, and its socket is closed', async () => {
    const { server, origin, closed } = await dumbServer()
    await using _ = server
    const outcome = go(function* (transport) {
      const asking = spawn(() => transport.request(targetOf(`${origin}/`, plain)))
      while (server.connections === 0) yield* sleep(1)
      yield* asking.kill()
      yield* until(closed)
      yield* new Event().wait()
    })
    await expect(outcome).rejects.toThrow(LoopExit)
  })

  it('is closed by its server in the middle of the handshake', async () => {
    await using server = await serveSockets((socket) => {
      socket.once('data', () => socket.destroy())
      socket.on('error', () => {})
    })
    await go(function* (transport) {
      const target = targetOf(`${server.origin.replace('http:', 'https:')}/`, plain)
      expect(yield* thrownBy(transport.request(target))).toMatchObject({
        code: 'GDL_ERR_CONNECTION_LOST',
        retryable: true,
      })
    })
  })
})

describe('TLS', () => {
  it.each(['valid', 'expired'] as const)(
    'refuses a certificate that nobody vouches for (%s)',
    async (tls) => {
      await using server = await serve({ '*': be.body('hello') }, { tls })
      await go(function* (transport) {
        const error = yield* thrownBy(transport.request(targetOf(`${server.origin}/`, plain)))
        expect(error).toMatchObject({ code: 'GDL_ERR_CERTIFICATE', retryable: false })
        expect(server.requests).toEqual([])
      })
    },
  )

  it('is not spoken by a server of plain HTTP', async () => {
    await using server = await serve({ '*': be.body('hello') })
    await go(function* (transport) {
      const target = targetOf(`${server.origin.replace('http:', 'https:')}/`, plain)
      const error = yield* thrownBy(transport.request(target))
      expect(['GDL_ERR_TLS', 'GDL_ERR_CONNECTION_LOST']).toContain((error as { code: string }).code)
    })
  })

  it('carries bodies through slabs, to a slow reader too, and resumes its sessions', async () => {
    const content = bytes(12 * 1024 * 1024, 'tls')
    const resumed: boolean[] = []
    await using server = await serve(
      {
        '*': (exchange) => {
          resumed.push((exchange.socket as TLSSocket).isSessionReused())
          return be.body(content)(exchange)
        },
      },
      { tls: 'valid' },
    )
    await go(
      function* (transport) {
        for (let round = 0; round < 2; round++) {
          const response = yield* transport.request(targetOf(`${server.origin}/${round}`, plain))
          const parts: Buffer[] = []
          for (;;) {
            const batch = yield* response.readBatch()
            if (batch === undefined) break
            parts.push(Buffer.concat(batch.chunks))
            batch.release()
            yield* sleep(1)
          }
          expect(Buffer.concat(parts).equals(content)).toBe(true)
        }
        expect([server.connections, resumed]).toEqual([1, [false, false]])
        // On a new connection.
        const first = yield* transport.request(targetOf(`${server.origin}/first`, plain))
        const response = yield* transport.request(targetOf(`${server.origin}/second`, plain))
        first.close()
        response.close()
        expect(resumed.at(-1)).toBe(true)
      },
      { insecure: true },
    )
  })
})
