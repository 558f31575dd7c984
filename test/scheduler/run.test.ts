import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  Event,
  getcurrent,
  getHub,
  Hub,
  Interrupted,
  Loop,
  LoopExit,
  type Operation,
  run,
  sleep,
  spawn,
  spawnLater,
  Timeout,
} from '../../src/scheduler/index.ts'
import { startMain } from '../../src/scheduler/run.ts'
import { runSimulated, SimulatedClock } from '../../src/scheduler/testing.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporary-folder.ts'
import { compileScheduler, type Ended, runProgram } from './child.ts'
import { atOnce, errorOf, keepErrors, runClean, thrownBy, time } from './helpers.ts'

describe('run', () => {
  const alone = { signals: false }

  it('settles with what main returns or throws', async () => {
    const failure = new Error('mine')
    const main = function* (error?: Error): Operation<string> {
      yield* sleep(1)
      if (error !== undefined) throw error
      return 'value'
    }
    expect(await run(main, alone)).toBe('value')
    await expect(run(() => main(failure), alone)).rejects.toBe(failure)
    expect(getHub().main).toBeUndefined()
  })

  it('rejects what is no main, and a second main on the same hub', async () => {
    await expect(run(5 as never, alone)).rejects.toThrow(TypeError)
    await run(function* () {
      const second = run(() => sleep(1), alone)
      const io = getHub().loop.io()
      let message = ''
      second.catch((error: Error) => {
        message = error.message
        io.feed()
      })
      yield* getHub().wait(io)
      expect(message).toContain('runs a main already')
    }, alone)
  })

  it('runs two at once on hubs of their own', async () => {
    const hubs = [new Hub(), new Hub()]
    const both = hubs.map((hub) =>
      run(
        function* () {
          expect(getHub()).toBe(hub)
          yield* sleep(2)
          expect([getHub(), getcurrent()]).toEqual([hub, hub.main])
          return hub
        },
        { hub, signals: false },
      ),
    )
    expect(await Promise.all(both)).toEqual(hubs)
  })

  it('runs a simulated run inside', async () => {
    const inner = await run(function* () {
      yield* sleep(1)
      const hub = getHub()
      const result = runSimulated(function* () {
        yield* sleep(1e9)
        return time()
      })
      yield* sleep(1)
      expect(getHub()).toBe(hub)
      return result
    }, alone)
    expect(inner).toBe(1e9)
  })

  it('goes on with a loop that was stopped', async () => {
    const hub = new Hub()
    hub.loop.stop()
    await run(() => sleep(1), { hub, signals: false })
  })

  it('3i: throws LoopExit into main when Node has nothing left, though a watcher holds the loop', async () => {
    const hub = new Hub()
    const main = (): Operation<unknown> => {
      hub.loop.timer(1).start(() => process.emit('beforeExit', 0))
      return hub.wait(hub.loop.io())
    }
    const waiting = run(main, { hub, signals: false })
    await expect(waiting).rejects.toThrow(
      /nothing left to wait for:\n.*main waits for an IoWatcher/,
    )
  })

  it('S21: rejects with LoopExit when nothing can wake main', async () => {
    await expect(run(() => new Event().wait(), alone)).rejects.toBeInstanceOf(LoopExit)
  })

  it('listens to signals and to the end of the process only while it runs', async () => {
    const count = (): number[] =>
      ['SIGINT', 'SIGTERM', 'beforeExit'].map((name) => process.listenerCount(name))
    const before = count()
    const running = run(() => sleep(1))
    expect(count()).toEqual(before.map((listeners) => listeners + 1))
    await running
    expect(count()).toEqual(before)
  })
})

describe('leftovers', () => {
  /** Runs `main` with the time of its end, and what was reported. */
  function runToEnd(main: () => Operation<unknown>, graceMs?: number): [number, string[]] {
    const clock = new SimulatedClock()
    const hub = new Hub(new Loop(clock))
    const reported: string[] = []
    hub.handleError = (_context, error) => void reported.push((error as Error).message)
    const root = startMain(hub, main, graceMs === undefined ? {} : { graceMs })
    while (!root.ready && clock.step());
    expect(root.ready).toBe(true)
    expect(hub.live.size).toBe(0)
    return [clock.now(), reported]
  }

  it('3e: are killed and joined when main has ended: their cleanup runs, and may park (S23 is worse)', () => {
    const log: string[] = []
    const [end] = runToEnd(function* () {
      spawn(function* () {
        try {
          yield* sleep(1000)
        } finally {
          yield* sleep(50)
          log.push(`cleaned@${time()}`)
        }
      })
      yield* sleep(1)
    })
    expect([log, end]).toEqual([['cleaned@51'], 51])
  })

  it('3e: are killed also when main fails, and its error is kept', () => {
    const failure = new Error('mine')
    const log: string[] = []
    const error = errorOf(() =>
      runSimulated(function* () {
        spawn(function* () {
          try {
            yield* sleep(1000)
          } finally {
            log.push('cleaned')
          }
        })
        yield* sleep(1)
        throw failure
      }),
    )
    expect([error, log]).toEqual([failure, ['cleaned']])
  })

  it('3e: that have not begun, or wait for their time, never run, and leave no timer', () => {
    const log: string[] = []
    const clock = new SimulatedClock()
    const hub = new Hub(new Loop(clock))
    const root = startMain(
      hub,
      () =>
        atOnce(() => {
          spawnLater(500, atOnce, () => log.push('later'))
          spawn(atOnce, () => log.push('soon'))
        }),
      {},
    )
    while (clock.step());
    expect([root.ready, log, hub.loop.timers.size, clock.now()]).toEqual([true, [], 0, 0])
  })

  it('3e: that are spawned by the cleanup of others are killed too', () => {
    const log: string[] = []
    const [end, reported] = runToEnd(function* () {
      spawn(function* () {
        try {
          yield* sleep(1000)
        } finally {
          spawn(function* () {
            try {
              log.push('begun')
              yield* sleep(1000)
            } finally {
              log.push('killed too')
            }
          })
          yield* sleep(1)
        }
      })
      yield* sleep(1)
    })
    expect([log, end, reported]).toEqual([['begun', 'killed too'], 2, []])
  })

  it('that were in their cleanup when main ended are not thrown at again', () => {
    const log: string[] = []
    const [end] = runToEnd(function* () {
      const victim = spawn(function* () {
        try {
          yield* sleep(1000)
        } finally {
          yield* sleep(20)
          log.push(`cleaned@${time()}`)
        }
      })
      yield* sleep(1)
      victim.killSoon()
      yield* sleep(1)
    })
    expect([log, end]).toEqual([['cleaned@21'], 21])
  })

  it('have one second, and then are thrown at by force', () => {
    const log: string[] = []
    const slow = function* (): Operation<void> {
      spawn(function* () {
        try {
          yield* sleep(100_000)
        } finally {
          try {
            yield* sleep(100_000)
          } finally {
            log.push(`forced@${time()}`)
          }
        }
      })
      yield* sleep(1)
    }
    expect(runToEnd(slow)).toEqual([1001, []])
    expect(runToEnd(slow, 50)).toEqual([51, []])
    expect(log).toEqual(['forced@1001', 'forced@51'])
  })

  it('that still live are reported and abandoned', () => {
    const [end, reported] = runToEnd(function* () {
      const immortal = spawn(function* () {
        for (;;) {
          try {
            yield* sleep(100_000)
          } catch {
            // Deaf.
          }
        }
      })
      immortal.name = 'immortal'
      yield* sleep(1)
    }, 100)
    expect([end, reported]).toEqual([102, ['immortal would not end, and was abandoned']])
  })

  it('that spawn another each time they are killed do not keep it for ever', () => {
    const [end, reported] = runToEnd(function* () {
      const hydra = function* (): Operation<void> {
        try {
          yield* sleep(100_000)
        } finally {
          yield* sleep(0.5)
          spawn(hydra)
          yield* sleep(0)
        }
      }
      spawn(hydra)
      yield* sleep(1)
    }, 50)
    expect(end).toBeLessThan(60)
    expect(reported.length).toBeLessThanOrEqual(1)
  })

  it('are thrown at by force as soon as main is thrown at in its turn: a second Ctrl-C', () => {
    const log: string[] = []
    const [end, reported] = runToEnd(function* () {
      spawn(function* () {
        try {
          yield* sleep(100_000)
        } finally {
          try {
            yield* sleep(500)
          } finally {
            log.push(`forced@${time()}`)
          }
        }
      })
      const main = getcurrent()!
      getHub()
        .loop.timer(100)
        .start(() => main.forceKillSoon(new Interrupted('SIGINT')))
      yield* sleep(1)
    })
    expect([log, end, reported]).toEqual([['forced@100'], 100, []])
  })

  it('are reaped also when a Timeout that main forgot comes meanwhile', () => {
    const clock = new SimulatedClock()
    const hub = new Hub(new Loop(clock))
    hub.handleError = () => {}
    const root = startMain(
      hub,
      function* () {
        Timeout.start(10)
        spawn(function* () {
          try {
            yield* sleep(1000)
          } finally {
            yield* sleep(100)
          }
        })
        yield* sleep(1)
      },
      {},
    )
    while (clock.step());
    expect(root.exception).toBeInstanceOf(Timeout)
    expect([hub.live.size, clock.now()]).toEqual([0, 10])
  })

  it('S21: main that waits for a child that is stuck gets LoopExit', () => {
    runSimulated(function* () {
      const event = new Event()
      const stuck = spawn(() => event.wait())
      expect(yield* thrownBy(stuck.join())).toBeInstanceOf(LoopExit)
    })
  })

  it('S61: that fail while they are reaped are reported', () => {
    const [, reported] = runToEnd(function* () {
      spawn(function* () {
        try {
          yield* sleep(1000)
        } finally {
          // oxlint-disable-next-line eslint/no-unsafe-finally
          throw new Error('cleanup')
        }
      })
      yield* sleep(1)
    })
    expect(reported).toEqual(['cleanup'])
  })

  it('S62: Interrupted comes where main is parked, and a main that catches it lives on', () => {
    runClean(function* () {
      keepErrors()
      const main = getcurrent()!
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        getHub()
          .loop.timer(5)
          .start(() => main.forceKillSoon(new Interrupted(signal)))
        const error = yield* thrownBy(sleep(50))
        expect(error).toBeInstanceOf(Interrupted)
        expect([(error as Interrupted).signal, (error as Error).stack]).toEqual([
          signal,
          expect.stringContaining('run.test.ts'),
        ])
      }
      expect(time()).toBe(10)
    })
  })
})

describe('signals', () => {
  /** The listeners of `name` that came with `action`; calling one is what a signal does. */
  function added(name: NodeJS.Signals, action: () => void): NodeJS.SignalsListener[] {
    const before = new Set(process.listeners(name))
    action()
    return process.listeners(name).filter((listener) => !before.has(listener))
  }

  it('S62: throw Interrupted into main', async () => {
    const hub = new Hub()
    let running: Promise<unknown> = Promise.resolve()
    const [listener] = added('SIGTERM', () => {
      running = run(() => sleep(60_000), { hub })
    })
    hub.loop.timer(1).start(() => listener!('SIGTERM'))
    await expect(running).rejects.toEqual(expect.objectContaining({ signal: 'SIGTERM' }))
  })

  it('S63: may start a greenlet, and their watcher does not hold the loop', () => {
    runSimulated(function* () {
      const { loop } = getHub()
      const watcher = loop.signal('SIGUSR2')
      const log: string[] = []
      const handler = function* (): Operation<void> {
        yield* sleep(5)
        log.push(`handled@${time()}`)
      }
      const [listener] = added('SIGUSR2', () => watcher.start(() => void spawn(handler)))
      loop.timer(10).start(() => listener!('SIGUSR2'))
      yield* sleep(20)
      expect(log).toEqual(['handled@15'])
      expect(yield* thrownBy(new Event().wait())).toBeInstanceOf(LoopExit)
      watcher.close()
    })
  })
})

describe('in a process of its own', () => {
  let folder = ''
  beforeAll(() => {
    folder = makeTemporaryFolder()
    compileScheduler(folder)
  })
  afterAll(() => removeFolder(folder))

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'S62, S63, 3e: %s is thrown into main as Interrupted, others go on, and all clean up',
    async (name) => {
      const { status, lines } = await runProgram(
        folder,
        `try {
           await run(function* () {
             spawn(function* () {
               try { yield* sleep(60_000) } finally { yield* sleep(5); log('child cleaned') }
             })
             const counter = spawn(function* () { yield* sleep(20); return 'counted' })
             yield* sleep(1)
             log('ready')
             try { yield* sleep(60_000) }
             catch (error) {
               log(error.name + ' ' + error.signal + ' ' + (error instanceof Interrupted))
               log(yield* counter.get())
               throw error
             }
             finally { log('main cleaned') }
           })
         } catch (error) { log('rejected ' + error.signal); process.exitCode = 3 }`,
        (line, kill) => {
          if (line === 'ready') kill(name)
        },
      )
      expect([status, lines]).toEqual([
        3,
        [
          'ready',
          `Interrupted ${name} true`,
          'counted',
          'main cleaned',
          'child cleaned',
          `rejected ${name}`,
        ],
      ])
    },
  )

  it('S62: a signal finds main also in the middle of endless ready work', async () => {
    const { status, lines } = await runProgram(
      folder,
      `await run(function* () {
         log('ready')
         for (;;) yield* sleep(0)
       }).catch((error) => log(error.signal))`,
      (line, kill) => {
        if (line === 'ready') kill('SIGINT')
      },
    )
    expect([status, lines]).toEqual([0, ['ready', 'SIGINT']])
  })

  it('a second signal cuts the cleanup short', async () => {
    const start = performance.now()
    const ended: Ended = await runProgram(
      folder,
      `await run(function* () {
         spawn(function* () {
           try { yield* sleep(60_000) }
           finally {
             log('cleaning')
             try { yield* sleep(60_000) } finally { log('forced') }
           }
         })
         yield* sleep(1)
         log('ready')
         yield* sleep(60_000)
       }, { graceMs: 30_000 }).catch((error) => log(error.signal))`,
      (line, kill) => {
        if (line === 'ready') kill('SIGINT')
        if (line === 'cleaning') kill('SIGTERM')
      },
    )
    expect([ended.status, ended.lines]).toEqual([0, ['ready', 'cleaning', 'forced', 'SIGTERM']])
    expect(performance.now() - start).toBeLessThan(15_000)
  })

  it('without signals leaves them to Node', async () => {
    const { signal } = await runProgram(
      folder,
      `log('ready')
       await run(() => sleep(60_000), { signals: false })`,
      (line, kill) => {
        if (line === 'ready') kill('SIGTERM')
      },
    )
    expect(signal).toBe('SIGTERM')
  })

  it('S61: a failed greenlet is printed to standard error, and the status is still 0', async () => {
    const { status, stderr } = await runProgram(
      folder,
      `await run(function* () {
         spawn(function* broken() { throw new TypeError('mine') })
         yield* sleep(1)
       })`,
    )
    expect(status).toBe(0)
    expect(stderr).toMatch(/TypeError: mine\n[^]*broken#\d+ failed with TypeError/)
  })

  it('ends with status 1 and the stack when main fails and nobody catches', async () => {
    const { status, stderr } = await runProgram(
      folder,
      `await run(function* mainBody() { yield* sleep(1); throw new Error('mine') })`,
    )
    expect(status).toBe(1)
    expect(stderr).toMatch(/Error: mine\n[^]*mainBody/)
  })
})
