import { once } from 'node:events'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failureOf } from '../../src/io/failure.ts'
import { until } from '../../src/io/promise.ts'
import { socket } from '../../src/io/socket.ts'
import { TcpListener } from '../../src/io/tcp-listener.ts'
import type { TcpSocket } from '../../src/io/tcp-socket.ts'
import {
  ConcurrentObjectUseError,
  Event,
  Hub,
  run,
  sleep,
  spawn,
  Timeout,
  withTimeout,
  type Operation,
} from '../../src/scheduler/index.ts'
import { bytes } from '../support/bytes.ts'
import { certificates } from '../support/certificates.ts'
import { thrownBy } from '../scheduler/helpers.ts'

function go<T>(main: () => Operation<T>): Promise<T> {
  return run(main, { signals: false, hub: new Hub() })
}

const serverTls = { cert: certificates.certificate, key: certificates.key }
const kinds = [
  { kind: 'TCP', listenTls: {}, connectTls: {} },
  { kind: 'TLS', listenTls: { tls: serverTls }, connectTls: { tls: { ca: serverTls.cert } } },
] as const

/** Both ends of a connection, ours by `connect`. */
function* pair({ listenTls, connectTls }: (typeof kinds)[number] = kinds[0]) {
  const listener = yield* socket.listen(listenTls)
  const connecting = spawn(() =>
    socket.connect({ host: 'localhost', port: listener.port, ...connectTls }),
  )
  const theirs = yield* listener.accept()
  const ours = yield* connecting.get()
  listener.close()
  return { ours, theirs }
}

/** A server of Node's own, and our connection to it. */
function* raw(options: net.ServerOpts = {}): Operation<{ ours: TcpSocket; theirs: net.Socket }> {
  const server = net.createServer(options)
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  yield* until(once(server, 'listening'))
  const accepted = once(server, 'connection') as Promise<[net.Socket]>
  const { port } = server.address() as AddressInfo
  const ours = yield* socket.connect({ host: '127.0.0.1', port })
  const [theirs] = yield* until(accepted)
  theirs.on('error', () => {})
  onTestFinished(() => void theirs.destroy())
  return { ours, theirs }
}

function* all(from: TcpSocket, most?: number): Operation<Buffer> {
  const parts: Buffer[] = []
  for (let part = yield* from.recv(most); part !== undefined; part = yield* from.recv(most)) {
    parts.push(part)
  }
  return Buffer.concat(parts)
}

describe.each(kinds)('a connection over $kind', (kind) => {
  it('carries bytes both ways, at once, and ends', async () => {
    await go(function* () {
      const { ours, theirs } = yield* pair(kind)
      const content = bytes(3_000_000)
      const echo = spawn(function* () {
        for (let part = yield* theirs.recv(); part !== undefined; part = yield* theirs.recv()) {
          yield* theirs.sendall(part)
        }
        yield* theirs.close()
      })
      const sending = spawn(function* () {
        yield* ours.sendall(content)
        yield* ours.shutdown()
      })
      expect((yield* all(ours)).equals(content)).toBe(true)
      yield* sending.get()
      yield* echo.get()
      yield* ours.close()
    })
  })

  it('gives exactly what is asked for, and at most what is asked for', async () => {
    await go(function* () {
      const { ours, theirs } = yield* pair(kind)
      yield* theirs.sendall('abcdefghij')
      expect(String(yield* ours.recvExactly(4))).toBe('abcd')
      expect(String(yield* ours.recv(2))).toBe('ef')
      expect(yield* ours.recvExactly(0)).toHaveLength(0)
      const waiting = spawn(() => ours.recvExactly(6))
      yield* sleep(5)
      yield* theirs.sendall('kl')
      expect(String(yield* waiting.get())).toBe('ghijkl')
      yield* theirs.close()
      expect(yield* ours.recv()).toBeUndefined()
      expect(yield* ours.recv()).toBeUndefined()
      yield* ours.close()
    })
  })

  it('goes on after a kill and after a Timeout in recv, and loses no byte', async () => {
    await go(function* () {
      const { ours, theirs } = yield* pair(kind)
      const killed = spawn(() => ours.recv())
      yield* sleep(1)
      yield* killed.kill()
      expect(yield* withTimeout(1, () => ours.recv(), { value: 'late' })).toBe('late')
      yield* theirs.sendall('abc')
      expect(yield* thrownBy(withTimeout(20, () => ours.recvExactly(5)))).toBeInstanceOf(Timeout)
      yield* theirs.sendall('de')
      expect(String(yield* ours.recvExactly(5))).toBe('abcde')
      yield* ours.close()
      yield* theirs.close()
    })
  })

  it('keeps the peer waiting while nobody receives', async () => {
    await go(function* () {
      const { ours, theirs } = yield* pair(kind)
      const content = bytes(24_000_000)
      const sending = spawn(() => theirs.sendall(content))
      yield* sending.join(100)
      expect(sending.ready).toBe(false)
      expect((yield* ours.recvExactly(content.length)).equals(content)).toBe(true)
      yield* sending.get()
      yield* ours.close()
      yield* theirs.close()
    })
  })
})

describe('socket.connect', () => {
  it('throws what a refused connection is, with the address', async () => {
    await go(function* () {
      const listener = yield* socket.listen()
      listener.close()
      const { port } = listener
      const error = yield* thrownBy(socket.connect({ host: '127.0.0.1', port }))
      expect(error).toMatchObject({ code: 'GDL_ERR_CONNECT', cause: { code: 'ECONNREFUSED' } })
      expect(String(error)).toContain(`127.0.0.1:${port}`)
    })
  })

  it('trusts no certificate that it was not told to', async () => {
    await go(function* () {
      const listener = yield* socket.listen({ tls: serverTls })
      const to = { host: 'localhost', port: listener.port, tls: true }
      expect(yield* thrownBy(socket.connect(to))).toMatchObject({ code: 'GDL_ERR_CERTIFICATE' })
      const unverified = { rejectUnauthorized: false }
      const connected = yield* socket.connect({ ...to, host: '127.0.0.1', tls: unverified })
      yield* connected.close()
      listener.close()
    })
  })

  it('closes what there is when it is killed or times out', async () => {
    await go(function* () {
      const server = net.createServer((theirs) => theirs.resume())
      server.listen(0, '127.0.0.1')
      yield* until(once(server, 'listening'))
      const { port } = server.address() as AddressInfo
      const accepted = once(server, 'connection') as Promise<[net.Socket]>
      // It never answers the handshake.
      const connecting = spawn(() => socket.connect({ host: '127.0.0.1', port, tls: true }))
      const [theirs] = yield* until(accepted)
      const ended = once(theirs, 'close')
      yield* connecting.kill()
      yield* until(ended)
      const slow = withTimeout(20, () => socket.connect({ host: '127.0.0.1', port, tls: true }))
      expect(yield* thrownBy(slow)).toBeInstanceOf(Timeout)
      yield* until<void>((done) => void server.close(() => done(null)))
    })
  })
})

describe('recv', () => {
  it('throws what a reset is, each time, after the bytes that had come before', async () => {
    await go(function* () {
      const { ours, theirs } = yield* raw()
      theirs.write('abcdef')
      expect(String(yield* ours.recv(3))).toBe('abc')
      const parked = spawn(function* () {
        expect(String(yield* ours.recvExactly(3))).toBe('def')
        return yield* thrownBy(ours.recv())
      })
      yield* sleep(5)
      theirs.resetAndDestroy()
      const reset = { code: 'GDL_ERR_CONNECTION_LOST', cause: { code: 'ECONNRESET' } }
      expect(yield* parked.get()).toMatchObject(reset)
      expect(yield* thrownBy(ours.recvExactly(1))).toMatchObject(reset)
      expect(yield* thrownBy(ours.sendall('x'))).toMatchObject(reset)
      yield* ours.close()
    })
  })

  it('learns of a reset that comes right behind bytes, while nobody receives', async () => {
    await go(function* () {
      const { ours, theirs } = yield* raw()
      yield* until<void>((done) => void theirs.write('abc', () => done(null)))
      expect(String(yield* ours.recvExactly(3))).toBe('abc')
      theirs.resetAndDestroy()
      yield* until(once(theirs, 'close'))
      expect(yield* thrownBy(ours.recv())).toMatchObject({ cause: { code: 'ECONNRESET' } })
    })
  })

  it('keeps what came before an end that is too early', async () => {
    await go(function* () {
      const { ours, theirs } = yield* raw({ allowHalfOpen: true })
      theirs.end('abc')
      const error = yield* thrownBy(ours.recvExactly(10))
      expect(error).toMatchObject({ code: 'GDL_ERR_CONNECTION_LOST', retryable: true })
      expect(String(error)).toContain('after 3 of 10 bytes')
      expect(String(yield* ours.recv())).toBe('abc')
      expect(yield* ours.recv()).toBeUndefined()
      // Half closed: our direction is still open.
      yield* ours.sendall('still here')
      const heard = once(theirs, 'data') as Promise<[Buffer]>
      expect(String((yield* until(heard))[0])).toBe('still here')
      yield* ours.close()
    })
  })

  it('S18: is for one greenlet at a time, whatever has come already', async () => {
    await go(function* () {
      const { ours, theirs } = yield* pair()
      const first = spawn(() => ours.recvExactly(4))
      yield* theirs.sendall('ab')
      yield* sleep(5)
      expect(yield* thrownBy(ours.recv(1))).toBeInstanceOf(ConcurrentObjectUseError)
      expect(yield* thrownBy(ours.recvExactly(1))).toBeInstanceOf(ConcurrentObjectUseError)
      yield* theirs.sendall('cd')
      expect(String(yield* first.get())).toBe('abcd')
      yield* ours.close()
      yield* theirs.close()
    })
  })

  it.each([0, -1, 1.5, NaN, Infinity])('refuses to receive %s bytes', async (count) => {
    await go(function* () {
      const { ours, theirs } = yield* pair()
      expect(yield* thrownBy(ours.recv(count))).toBeInstanceOf(RangeError)
      const error = count === 0 ? undefined : RangeError
      if (error) expect(yield* thrownBy(ours.recvExactly(count))).toBeInstanceOf(error)
      yield* ours.close()
      yield* theirs.close()
    })
  })
})

describe('sendall', () => {
  it('does not park for what the kernel takes at once', async () => {
    await go(function* () {
      const { ours, theirs } = yield* pair()
      let others = 0
      spawn(function* () {
        others++
        yield* sleep(0)
      })
      yield* ours.sendall('abc')
      yield* ours.sendall('def')
      expect(others).toBe(0)
      expect(String(yield* theirs.recvExactly(6))).toBe('abcdef')
      yield* ours.close()
      yield* theirs.close()
    })
  })

  it('S18: is for one greenlet at a time', async () => {
    await go(function* () {
      const { ours, theirs } = yield* pair()
      const sending = spawn(() => ours.sendall(bytes(24_000_000)))
      yield* sleep(1)
      expect(yield* thrownBy(ours.sendall('x'))).toBeInstanceOf(ConcurrentObjectUseError)
      yield* sending.kill()
      yield* ours.close()
      yield* theirs.close()
    })
  })

  it('3h: sends what a killed one has left, ahead of the next', async () => {
    await go(function* () {
      const { ours, theirs } = yield* pair()
      const content = bytes(24_000_000)
      const killed = spawn(() => ours.sendall(content))
      yield* sleep(1)
      yield* killed.kill()
      const next = spawn(() => ours.sendall('and more'))
      expect((yield* theirs.recvExactly(content.length)).equals(content)).toBe(true)
      expect(String(yield* theirs.recvExactly(8))).toBe('and more')
      yield* next.get()
      yield* ours.close()
      yield* theirs.close()
    })
  })

  it('throws when the peer goes away while it is parked', async () => {
    await go(function* () {
      const { ours, theirs } = yield* raw()
      theirs.pause()
      const sending = spawn(() => thrownBy(ours.sendall(bytes(24_000_000))))
      yield* sleep(5)
      theirs.resetAndDestroy()
      expect(yield* sending.get()).toMatchObject({ code: 'GDL_ERR_CONNECTION_LOST' })
      yield* ours.close()
    })
  })

  it('refuses to send after shutdown, and leaves the other direction open', async () => {
    await go(function* () {
      const { ours, theirs } = yield* pair()
      yield* ours.shutdown()
      expect(String(yield* thrownBy(ours.sendall('x')))).toContain('was shut down')
      expect(yield* theirs.recv()).toBeUndefined()
      yield* theirs.sendall('abc')
      expect(String(yield* ours.recv())).toBe('abc')
      yield* ours.close()
      yield* theirs.close()
    })
  })
})

describe('close', () => {
  it('throws into those who are parked, and refuses everything afterwards', async () => {
    await go(function* () {
      const { ours, theirs } = yield* pair()
      const receiving = spawn(() => thrownBy(ours.recv()))
      const sending = spawn(() => thrownBy(ours.sendall(bytes(24_000_000))))
      yield* sleep(1)
      const closing = ours.close()
      expect(String(yield* receiving.get())).toContain('was closed')
      expect(String(yield* sending.get())).toContain('was closed')
      yield* closing
      yield* ours.close()
      for (const refused of [ours.recv(), ours.recvExactly(1), ours.sendall(''), ours.shutdown()]) {
        expect(String(yield* thrownBy(refused))).toContain('was closed')
      }
      yield* theirs.close()
    })
  })

  it('throws into a sender also when a callback of the host closes', async () => {
    await go(function* () {
      const { ours, theirs } = yield* pair()
      setImmediate(() => ours.close())
      const error = yield* thrownBy(ours.sendall(bytes(24_000_000)))
      expect(String(error)).toContain('was closed')
      theirs.close()
    })
  })

  it('closes without being waited for, and after a kill while it was', async () => {
    await go(function* () {
      const { ours, theirs } = yield* raw({ allowHalfOpen: true })
      const closed = once(theirs.resume(), 'end')
      const closing = spawn(function* () {
        yield* ours.close()
      })
      yield* sleep(0)
      yield* closing.kill()
      yield* until(closed)
      const other = yield* pair()
      other.ours.close()
      expect(yield* other.theirs.recv()).toBeUndefined()
      other.theirs.close()
    })
  })
})

describe('a listener', () => {
  it('hands out connections in their order, and loses none by a kill', async () => {
    await go(function* () {
      const listener = yield* socket.listen()
      const killed = spawn(() => listener.accept())
      yield* sleep(1)
      yield* killed.kill()
      const clients: TcpSocket[] = []
      for (const word of ['one', 'two', 'three']) {
        const client = yield* socket.connect({ host: '127.0.0.1', port: listener.port })
        yield* client.sendall(word)
        clients.push(client)
      }
      for (const word of ['one', 'two', 'three']) {
        const accepted = yield* listener.accept()
        expect(String(yield* accepted.recv())).toBe(word)
        accepted.close()
      }
      for (const client of clients) client.close()
      listener.close()
    })
  })

  it('S18: is accepted from by one greenlet at a time, and throws into it when it is closed', async () => {
    await go(function* () {
      const listener = yield* socket.listen()
      const accepting = spawn(() => thrownBy(listener.accept()))
      yield* sleep(0)
      expect(yield* thrownBy(listener.accept())).toBeInstanceOf(ConcurrentObjectUseError)
      listener.close()
      listener.close()
      expect(String(yield* accepting.get())).toContain('no longer listened on')
      expect(String(yield* thrownBy(listener.accept()))).toContain('no longer listened on')
    })
  })

  it('closes what nobody has accepted', async () => {
    await go(function* () {
      const listener = yield* socket.listen()
      const client = yield* socket.connect({ host: '127.0.0.1', port: listener.port })
      // Accepted by Node in the turn after this one's, or the next.
      const other = yield* socket.connect({ host: '127.0.0.1', port: listener.port })
      yield* sleep(5)
      listener.close()
      expect(yield* client.recv()).toBeUndefined()
      expect(yield* other.recv()).toBeUndefined()
      client.close()
      other.close()
    })
  })

  it('throws when the port is taken', async () => {
    await go(function* () {
      const { port } = yield* socket.listen()
      expect(yield* thrownBy(socket.listen({ port }))).toMatchObject({
        cause: { code: 'EADDRINUSE' },
      })
    })
  })

  it('tells once what the kernel says, and goes on', async () => {
    await go(function* () {
      const server = net.createServer({ pauseOnConnect: true })
      server.listen(0, '127.0.0.1')
      yield* until(once(server, 'listening'))
      const listener = new TcpListener(server, 'connection')
      const accepting = spawn(() => thrownBy(listener.accept()))
      yield* sleep(0)
      const full = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' })
      server.emit('error', full)
      expect(yield* accepting.get()).toEqual(failureOf(full, `port ${listener.port}`))
      const client = yield* socket.connect({ host: '127.0.0.1', port: listener.port })
      const accepted = yield* listener.accept()
      accepted.close()
      client.close()
      listener.close()
    })
  })

  it('gives the port back when listen is killed', async () => {
    await go(function* () {
      const listening = spawn(() => socket.listen({ host: 'localhost' }))
      yield* sleep(0)
      yield* listening.kill()
      expect(listening.ready).toBe(true)
    })
  })

  it('does not let a failed handshake through', async () => {
    await go(function* () {
      const listener = yield* socket.listen({ tls: serverTls })
      const refusing = connectTls({ port: listener.port, host: '127.0.0.1' })
      yield* until(once(refusing, 'close').catch(() => {}))
      const plain = yield* socket.connect({ host: '127.0.0.1', port: listener.port })
      yield* plain.sendall('no hello\n')
      const unverified = { rejectUnauthorized: false }
      const to = { host: '127.0.0.1', port: listener.port, tls: unverified }
      const client = yield* socket.connect(to)
      yield* client.sendall('hello')
      let heard: Buffer | undefined
      while (heard === undefined) heard = yield* (yield* listener.accept()).recv()
      expect(String(heard)).toBe('hello')
      plain.close()
      client.close()
      listener.close()
    })
  })

  it('holds the loop while a greenlet is in accept, and no longer', async () => {
    const ended = new Event()
    await go(function* () {
      const listener = yield* socket.listen()
      const client = spawn(function* () {
        yield* sleep(20)
        return yield* socket.connect({ host: '127.0.0.1', port: listener.port })
      })
      yield* listener.accept()
      ;(yield* client.get()).close()
      ended.set()
    })
    expect(ended.isSet).toBe(true)
  })
})
