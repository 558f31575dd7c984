// A far line on loopback, as a process of its own: `fork('relay.js', [JSON.stringify(options)])` tells its
// port as its first message. `options` is `{ to, roundTripMs, bytesPerSecond, eachBytesPerSecond }`: the
// server's port; the delay there and back; what all connections together get, each way; what each one gets.
//
// A chunk is due when its last byte would have come: after what is before it on its connection's own line,
// then after what is before it on the line of all, then half a round trip later. A connection costs one round
// trip more at its start, as TCP's handshake does, which is over here before the relay hears of it. TCP's
// slow start and losses are not played; they would favour who opens more connections.
import { connect, createServer } from 'node:net'

/** What may be under way on a connection, each way, as the windows of TCP's two ends allow. */
const WINDOW = 1 << 20

/** A line that carries so many bytes a second, one chunk after the other. */
class Line {
  #freeMs = 0
  #bytesPerMs

  constructor(bytesPerSecond = Infinity) {
    this.#bytesPerMs = bytesPerSecond / 1000
  }

  /** When `bytes` that come now have passed. */
  pass(bytes) {
    this.#freeMs = Math.max(performance.now(), this.#freeMs) + bytes / this.#bytesPerMs
    return this.#freeMs
  }
}

/** Chunks that wait for their moments, in order: one timer, for the first of them. */
class Stage {
  #waiting = []
  #next
  #lastMs = 0
  #isArmed = false

  constructor(next) {
    this.#next = next
  }

  push(chunk, dueMs) {
    this.#lastMs = Math.max(this.#lastMs, dueMs)
    this.#waiting.push({ chunk, dueMs: this.#lastMs })
    if (!this.#isArmed) this.#run()
  }

  #run = () => {
    const nowMs = performance.now()
    while (this.#waiting.length > 0 && this.#waiting[0].dueMs <= nowMs) {
      this.#next(this.#waiting.shift().chunk)
    }
    this.#isArmed = this.#waiting.length > 0
    if (this.#isArmed) setTimeout(this.#run, Math.ceil(this.#waiting[0].dueMs - nowMs))
  }
}

/** Takes what comes from `source` to `sink`, over a line of its own and then over `shared`. */
function carry(source, sink, { shared, own, delayMs, readyMs }) {
  let underWay = 0
  const far = new Stage((chunk) => {
    if (chunk === undefined) return void sink.end()
    sink.write(chunk, () => {
      underWay -= chunk.length
      if (underWay <= WINDOW / 2) source.resume()
    })
  })
  const near = new Stage((chunk) => far.push(chunk, shared.pass(chunk?.length ?? 0) + delayMs))
  source.on('data', (chunk) => {
    underWay += chunk.length
    if (underWay > WINDOW) source.pause()
    near.push(chunk, Math.max(own.pass(chunk.length), readyMs))
  })
  source.on('end', () => near.push(undefined, own.pass(0)))
  source.on('error', () => sink.destroy())
  source.on('close', () => {
    if (!source.readableEnded) sink.destroy()
  })
}

const { to, roundTripMs = 0, bytesPerSecond, eachBytesPerSecond } = JSON.parse(process.argv[2])
const [up, down] = [new Line(bytesPerSecond), new Line(bytesPerSecond)]
const delayMs = roundTripMs / 2

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const origin = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const readyMs = performance.now() + roundTripMs
  const line = () => new Line(eachBytesPerSecond)
  carry(client, origin, { shared: up, own: line(), delayMs, readyMs })
  carry(origin, client, { shared: down, own: line(), delayMs, readyMs: 0 })
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
  process.send(server.address().port)
})
process.once('disconnect', () => process.exit())
