// The works of the scheduler's benchmark on gdl/scheduler: `node --expose-gc ours.js WORK COUNT`.
import { connect } from 'node:net'
import { echoFigures, memoryInUse, nanosecondsEach, perform } from './measure.js'

const { Event, getHub, joinall, Queue, run, Semaphore, setTrace, sleep, spawn } =
  await import('../../dist/scheduler/index.js')
const HOUR_MS = 3_600_000

// Once, not in the loop that spawns: a fresh generator function costs more than a greenlet.
function* nothing() {}

function* yieldAt(depth, times) {
  if (depth > 1) yield* yieldAt(depth - 1, times)
  else for (let i = 0; i < times; i++) yield* sleep(0)
}

/** A hundred greenlets that do nothing but let each other run, `depth` calls below their body. */
const switchAt = (depth) => (count) =>
  run(function* () {
    const start = performance.now()
    const tasks = []
    for (let i = 0; i < 100; i++) tasks.push(spawn(yieldAt, depth, count / 100))
    yield* joinall(tasks)
    return nanosecondsEach(start, count)
  })

/** Two greenlets that wake each other in turn. */
const pingPong = (make) => (count) =>
  run(function* () {
    const { wait, wake } = make()
    function* player(mine, other) {
      for (let i = 0; i < count / 2; i++) {
        yield* wait(mine)
        wake(other)
      }
    }
    const start = performance.now()
    const players = [spawn(player, 0, 1), spawn(player, 1, 0)]
    yield* sleep(0)
    wake(0)
    yield* joinall(players)
    return nanosecondsEach(start, count)
  })

/** What `main` gives; whoever is left is not ended one by one: the process ends. */
const withoutEnd = (main) =>
  new Promise((resolve) => {
    void run(function* () {
      resolve(yield* main())
      yield* sleep(HOUR_MS)
    })
  })

await perform({
  'switch 1': switchAt(1),
  'switch 4': switchAt(4),
  'switch 8': switchAt(8),
  traced(count) {
    setTrace(() => {})
    return switchAt(1)(count)
  },
  spawn: (count) =>
    run(function* () {
      let start = 0
      // Twice to warm up.
      for (let round = 0; round < 3; round++) {
        start = performance.now()
        const tasks = []
        for (let i = 0; i < count; i++) tasks.push(spawn(nothing))
        yield* joinall(tasks)
      }
      return nanosecondsEach(start, count)
    }),
  sleeping: (count) =>
    withoutEnd(function* () {
      function* sleeper() {
        yield* sleep(HOUR_MS)
      }
      const before = memoryInUse()
      const start = performance.now()
      for (let i = 0; i < count; i++) spawn(sleeper)
      // Behind all of them in the FIFO.
      yield* sleep(0)
      const { ns } = nanosecondsEach(start, count)
      return { bytes: (memoryInUse() - before) / count, ns }
    }),
  timers(count) {
    const { loop } = getHub()
    const start = performance.now()
    const timers = []
    for (let i = 0; i < count; i++) {
      const timer = loop.timer(HOUR_MS + (i % 1000))
      timer.start(memoryInUse)
      timers.push(timer)
    }
    for (const timer of timers) timer.stop()
    return nanosecondsEach(start, count)
  },
  event: pingPong(() => {
    const events = [new Event(), new Event()]
    return {
      *wait(side) {
        yield* events[side].wait()
        events[side].clear()
      },
      wake: (side) => events[side].set(),
    }
  }),
  semaphore: pingPong(() => {
    const semaphores = [new Semaphore(0), new Semaphore(0)]
    return {
      wait: (side) => semaphores[side].acquire(),
      wake: (side) => semaphores[side].release(),
    }
  }),
  queue: pingPong(() => {
    const queues = [new Queue(), new Queue()]
    return { wait: (side) => queues[side].get(), wake: (side) => queues[side].putNowait(1) }
  }),
  echo: (count) =>
    withoutEnd(function* () {
      let switches = 0
      function* busy() {
        for (;;) {
          switches++
          yield* sleep(0)
        }
      }
      const readable = getHub().loop.io()
      const socket = connect(Number(process.env.ECHO_PORT), '127.0.0.1')
      socket.setNoDelay(true).on('connect', () => readable.feed())
      socket.on('data', () => readable.feed())
      yield* getHub().wait(readable)
      for (let i = 0; i < 100; i++) spawn(busy)
      const latencies = []
      for (let i = 0; i < count; i++) {
        const start = performance.now()
        socket.write(Buffer.alloc(64))
        yield* getHub().wait(readable)
        latencies.push(performance.now() - start)
      }
      return echoFigures(latencies, switches)
    }),
})
