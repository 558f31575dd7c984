/**
 * The line that the benchmark plays: what it carries arrives as it was sent, and no sooner than the line
 * allows. That it is not much later either can't be told on a busy machine; the benchmark's tables show it.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { bytes } from '../support/bytes.ts'

const script = fileURLToPath(new URL('../../bench/relay.js', import.meta.url))
const KIB = 1024

/** A server that sends everything back once it has all of it, behind a relay with `options`. */
async function farEcho(
  options: object,
): Promise<{ send(data: Buffer): Promise<Echo>; [Symbol.dispose](): void }> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('end', () => socket.end(Buffer.concat(chunks)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: to } = server.address() as net.AddressInfo
  const relay = fork(script, [JSON.stringify({ ...options, to })])
  const [port] = (await once(relay, 'message')) as [number]
  return {
    send: (data) => echo(port, data),
    [Symbol.dispose]: () => {
      relay.disconnect()
      server.close()
    },
  }
}

interface Echo {
  readonly data: Buffer
  readonly ms: number
}

async function echo(port: number, data: Buffer): Promise<Echo> {
  const startMs = performance.now()
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.end(data)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return { data: Buffer.concat(chunks), ms: performance.now() - startMs }
}

test('all that is sent arrives, in order, and the end of each side is the end of that side alone', async () => {
  using far = await farEcho({ roundTripMs: 10 })
  const sent = bytes(5000 * KIB)
  expect((await far.send(sent)).data.equals(sent)).toBe(true)
})

test('a connection costs a round trip at its start, and another for its question', async () => {
  using far = await farEcho({ roundTripMs: 80 })
  expect((await far.send(Buffer.from('?'))).ms).toBeGreaterThanOrEqual(159)
})

test('each connection has a rate of its own', async () => {
  using far = await farEcho({ eachBytesPerSecond: 500 * KIB })
  const echoes = await Promise.all([far.send(bytes(100 * KIB)), far.send(bytes(50 * KIB))])
  // There, and back.
  expect(echoes[0].ms).toBeGreaterThanOrEqual(399)
  expect(echoes[1].ms).toBeGreaterThanOrEqual(199)
})

test('all connections together have the rate of the line', async () => {
  using far = await farEcho({ bytesPerSecond: 500 * KIB })
  const echoes = await Promise.all([far.send(bytes(50 * KIB)), far.send(bytes(50 * KIB))])
  expect(Math.max(...echoes.map(({ ms }) => ms))).toBeGreaterThanOrEqual(299)
})
