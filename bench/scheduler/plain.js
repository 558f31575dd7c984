// The same works on plain async functions, and on Node's own timers: `node --expose-gc plain.js WORK COUNT`.
import { connect } from 'node:net'
import { setImmediate as nextPoll, setTimeout as sleep } from 'node:timers/promises'
import { echoFigures, memoryInUse, nanosecondsEach, perform } from './measure.js'

const HOUR_MS = 3_600_000

async function yieldAt(depth, times) {
  if (depth > 1) await yieldAt(depth - 1, times)
  else for (let i = 0; i < times; i++) await Promise.resolve()
}

const switchAt = (depth) => async (count) => {
  const start = performance.now()
  const tasks = []
  for (let i = 0; i < 100; i++) tasks.push(yieldAt(depth, count / 100))
  await Promise.all(tasks)
  return nanosecondsEach(start, count)
}

/** What an event, a semaphore and a queue come to: a promise that somebody else resolves. */
async function pingPong(count) {
  const resolvers = []
  const wait = (side) => new Promise((resolve) => (resolvers[side] = resolve))
  async function player(mine, other, first) {
    let next = first
    for (let i = 0; i < count / 2; i++) {
      await next
      next = wait(mine)
      resolvers[other]()
    }
  }
  const start = performance.now()
  const players = [player(0, 1, wait(0)), player(1, 0, wait(1))]
  resolvers[0]()
  await Promise.all(players)
  return nanosecondsEach(start, count)
}

await perform({
  'switch 1': switchAt(1),
  'switch 4': switchAt(4),
  'switch 8': switchAt(8),
  async spawn(count) {
    async function nothing() {
      await Promise.resolve()
    }
    let start = 0
    for (let round = 0; round < 3; round++) {
      start = performance.now()
      const tasks = []
      for (let i = 0; i < count; i++) tasks.push(nothing())
      await Promise.all(tasks)
    }
    return nanosecondsEach(start, count)
  },
  async sleeping(count) {
    async function sleeper() {
      await sleep(HOUR_MS)
    }
    const before = memoryInUse()
    const start = performance.now()
    for (let i = 0; i < count; i++) void sleeper()
    await sleep(1)
    const { ns } = nanosecondsEach(start, count)
    return { bytes: (memoryInUse() - before) / count, ns }
  },
  timers(count) {
    const start = performance.now()
    const timers = []
    for (let i = 0; i < count; i++) timers.push(setTimeout(memoryInUse, HOUR_MS + (i % 1000)))
    for (const timer of timers) clearTimeout(timer)
    return nanosecondsEach(start, count)
  },
  event: pingPong,
  semaphore: pingPong,
  queue: pingPong,
  async echo(count) {
    let switches = 0
    // With anything nearer than `setImmediate`, a hundred busy tasks would never let Node poll.
    async function busy() {
      for (;;) {
        switches++
        await nextPoll()
      }
    }
    const socket = connect(Number(process.env.ECHO_PORT), '127.0.0.1')
    await new Promise((resolve) => socket.setNoDelay(true).once('connect', resolve))
    for (let i = 0; i < 100; i++) void busy()
    const latencies = []
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      socket.write(Buffer.alloc(64))
      await new Promise((resolve) => socket.once('data', resolve))
      latencies.push(performance.now() - start)
    }
    return echoFigures(latencies, switches)
  },
})
