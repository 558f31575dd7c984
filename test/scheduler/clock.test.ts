/**
 * The loop on the real host: its timers, what holds the process, and who starves whom. Elsewhere time
 * is simulated.
 */
import { once } from 'node:events'
import net from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  getHub,
  Hub,
  Loop,
  NodeClock,
  type Operation,
  run,
  sleep,
  spawn,
} from '../../src/scheduler/index.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporary-folder.ts'
import { compileScheduler, runProgram } from './child.ts'

describe('the clock of Node', () => {
  it('makes no timer early, whatever the fraction of its milliseconds', async () => {
    const late = await run(
      function* () {
        const sleepers = Array.from({ length: 40 }, (_, i) =>
          spawn(function* () {
            const ms = 1 + i * 0.37
            const start = performance.now()
            yield* sleep(ms)
            return performance.now() - start - ms
          }),
        )
        const lateness: number[] = []
        for (const sleeper of sleepers) lateness.push(yield* sleeper.get())
        return lateness
      },
      { hub: new Hub(), signals: false },
    )
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
  })

  it('turns again when the host wakes it early, and calls nothing before the deadline', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'setImmediate'] })
    try {
      const loop = new Loop(new NodeClock())
      const fired: number[] = []
      const start = performance.now()
      loop.timer(10).start(() => fired.push(performance.now() - start))
      const nearer = loop.timer(3)
      nearer.start(() => {})
      nearer.stop()
      vi.advanceTimersByTime(9)
      expect(fired).toEqual([])
      vi.advanceTimersByTime(5)
      expect(fired).toEqual([10])
    } finally {
      vi.useRealTimers()
    }
  })

  it('holds the process for a timer with ref only, and turns nobody before it is attached', async () => {
    const clock = new NodeClock()
    clock.kick()
    clock.arm(performance.now() + 60_000, true)
    const holds = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const held = holds()
    clock.arm(performance.now() + 60_000, false)
    expect(holds()).toBe(held - 1)
    clock.disarm()
    await new Promise(setImmediate)
  })

  it('takes a wait that is longer than setTimeout can', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'setImmediate'] })
    try {
      const loop = new Loop(new NodeClock())
      let fired = false
      loop.timer(2 ** 31 + 5000).start(() => (fired = true))
      vi.advanceTimersByTime(2 ** 31)
      expect(fired).toBe(false)
      vi.advanceTimersByTime(6000)
      expect(fired).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })

  it('arms one host timer for a nearer deadline, none for a farther one', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'setImmediate'] })
    try {
      const clock = new NodeClock()
      let turns = 0
      clock.attach(() => void turns++)
      const arm = (deadlines: readonly number[]): void => {
        for (const deadline of deadlines) clock.arm(performance.now() + deadline, true)
      }
      const set = vi.spyOn(globalThis, 'setTimeout')
      arm([100, 200, 50, 50, 150])
      expect([vi.getTimerCount(), set.mock.calls.length]).toEqual([1, 2])
      set.mockRestore()
      vi.advanceTimersByTime(49)
      expect(turns).toBe(0)
      vi.advanceTimersByTime(1)
      expect([turns, vi.getTimerCount()]).toEqual([1, 0])
      arm([100])
      clock.disarm()
      expect(vi.getTimerCount()).toBe(0)
      arm([100])
      vi.advanceTimersByTime(100)
      expect(turns).toBe(2)
      clock.kick()
      clock.kick()
      expect(vi.getTimerCount()).toBe(1)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('the host', () => {
  it('S11: is not starved by an endless sleep(0): an echo server answers', async () => {
    const server = net.createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    let switches = 0
    const spin = function* (): Operation<void> {
      for (;;) {
        switches++
        yield* sleep(0)
      }
    }
    const echoes = await run(
      function* () {
        spawn(spin)
        const io = getHub().loop.io()
        const socket = net.connect(port, '127.0.0.1', () => socket.write('x'))
        let received = 0
        socket.on('data', () => {
          received++
          if (received < 50) socket.write('x')
          else io.feed(received)
        })
        const count = yield* getHub().wait(io)
        socket.destroy()
        return count
      },
      { hub: new Hub(), signals: false },
    )
    server.close()
    expect(echoes).toBe(50)
    expect(switches).toBeGreaterThan(1000)
  })

  it("S11: is not starved by an endless sleep(0): Node's own timers come", async () => {
    const ended = await run(
      function* () {
        const io = getHub().loop.io()
        spawn(function* () {
          for (;;) yield* sleep(0)
        })
        setTimeout(() => io.feed('timer'), 20)
        return yield* getHub().wait(io)
      },
      { hub: new Hub(), signals: false },
    )
    expect(ended).toBe('timer')
  })

  it('3d: feeds from its callbacks, and the greenlet runs in a later turn', async () => {
    const log: string[] = []
    await run(
      function* () {
        const io = getHub().loop.io()
        setImmediate(() => {
          io.feed()
          log.push('fed')
        })
        yield* getHub().wait(io)
        log.push('woken')
      },
      { hub: new Hub(), signals: false },
    )
    expect(log).toEqual(['fed', 'woken'])
  })
})

describe('the process', () => {
  let folder = ''
  beforeAll(() => {
    folder = makeTemporaryFolder()
    compileScheduler(folder)
  })
  afterAll(() => removeFolder(folder))

  it('S12: lives as long as a timer with ref, and no longer than that', async () => {
    const { status, lines } = await runProgram(
      folder,
      `const { loop } = getHub()
       const unheld = loop.timer(60_000)
       unheld.ref = false
       unheld.start(() => log('never'))
       const late = loop.timer(20)
       late.ref = false
       late.start(() => log('held meanwhile'))
       late.ref = true
       loop.timer(50).start(() => log('held'))
       loop.signal('SIGUSR2').start(() => {})
       process.on('exit', () => log('exit'))`,
    )
    expect([status, lines]).toEqual([0, ['held meanwhile', 'held', 'exit']])
  })

  it('S12: is held by a timer that takes its ref back outside of a turn', async () => {
    const { status, lines } = await runProgram(
      folder,
      `const timer = getHub().loop.timer(30)
       timer.ref = false
       timer.start(() => log('fired'))
       setTimeout(() => { timer.ref = true }, 1)`,
    )
    expect([status, lines]).toEqual([0, ['fired']])
  })

  it('lives until greenlets that were spawned outside of run have ended', async () => {
    const { status, lines } = await runProgram(
      folder,
      `spawn(function* () { yield* sleep(20); log('ended') })
       spawnLater(30, function* () { log('later') })
       log('spawned')`,
    )
    // Which of the two is first depends on how long the process took to its first turn.
    expect([status, lines[0], lines.slice(1).toSorted()]).toEqual([
      0,
      'spawned',
      ['ended', 'later'],
    ])
  })

  it('3i: tells main by LoopExit when the host has nothing left, though a watcher still holds the loop', async () => {
    const { status, lines } = await runProgram(
      folder,
      `try { await run(function* mainBody() { yield* getHub().wait(getHub().loop.io()) }) }
       catch (error) { log(error.name + ': ' + error.message.split('\\n')[1].trim()) }
       await run(function* () { yield* sleep(1); log('again') })`,
    )
    expect([status, lines]).toEqual([0, ['LoopExit: main waits for an IoWatcher', 'again']])
  })
})
