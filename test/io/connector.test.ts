import type { TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Transport } from '../../src/io/http.ts'
import { until } from '../../src/io/promise.ts'
import { requestFields, targetOf } from '../../src/io/redirect.ts'
import { Event, LoopExit, type Operation, run, sleep, spawn } from '../../src/scheduler/index.ts'
import { thrownBy } from '../scheduler/helpers.ts'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { serve, serveSockets, type TestServer } from '../support/server.ts'

const plain = requestFields([], [])

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

/** The certificates of the tests are trusted by nobody, and there is no option to have them trusted. */
function trustAll(): void {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
}

describe('a connection that is never made', () => {
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
    trustAll()
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
    await go(function* (transport) {
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
      // On a new connection, of another transport too.
      const other = new Transport()
      const response = yield* other.request(targetOf(`${server.origin}/again`, plain))
      response.close()
      expect(resumed.at(-1)).toBe(true)
    })
  })
})
