import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { until } from '../../src/io/index.ts'
import {
  Event,
  joinall,
  Semaphore,
  getHub,
  idle,
  Loop,
  sleep,
  spawn,
  Timeout,
  type Operation,
} from '../../src/scheduler/index.ts'
import { runSimulated, SimulatedClock } from '../../src/scheduler/testing.ts'
import { errorOf, keepErrors, time } from './helpers.ts'

describe('runSimulated', () => {
  it('returns what main returns, or throws what it throws', () => {
    const failure = new Error('mine')
    expect(
      runSimulated(function* () {
        yield* sleep(1)
        return 5
      }),
    ).toBe(5)
    expect(
      errorOf(() =>
        runSimulated(function* () {
          yield* sleep(1)
          throw failure
        }),
      ),
    ).toBe(failure)
    expect(() => runSimulated(5 as never)).toThrow(TypeError)
  })

  it('takes no real time', () => {
    const start = performance.now()
    runSimulated(() => sleep(86_400_000))
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it('gives the same order each time', () => {
    const trace = (): string =>
      runSimulated(function* () {
        const log: string[] = []
        const event = new Event()
        for (let i = 0; i < 20; i++) {
          spawn(function* () {
            yield* sleep((i * 7) % 5)
            log.push(`${i}`)
            yield* event.wait(i % 3)
            log.push(`-${i}@${time()}`)
          })
        }
        yield* sleep(2)
        event.set()
        yield* sleep(10)
        return log.join(' ')
      })
    expect(trace()).toBe(trace())
  })

  it('is an Error when a host operation is waited for', () => {
    const error = errorOf(() => runSimulated(() => getHub().wait(getHub().loop.io())))
    expect((error as Error).message).toMatch(/host operation.*\n.*main waits for an IoWatcher/)
  })

  it('is an Error where a host operation begins, also while others sleep', () => {
    const main = function* (): Operation<void> {
      spawn(() => sleep(1000))
      yield* until(Promise.resolve())
    }
    expect(() => runSimulated(main)).toThrow('a host operation in simulated time: until')
  })

  it('is the only place without a host', () => {
    expect(() => new Loop().requireHost('anything')).not.toThrow()
  })

  it('takes a clock, so that a body can make time pass while it runs', () => {
    const clock = new SimulatedClock()
    const main = function* (): Operation<number> {
      clock.advance(7)
      yield* sleep(1)
      return time()
    }
    expect(runSimulated(main, { clock })).toBe(8)
  })

  it('is an Error after a million switches without time moving', () => {
    const forEver = function* (): Operation<void> {
      for (;;) yield* sleep(0)
    }
    expect(() => runSimulated(forEver)).toThrow('without time moving')
  })

  it('is an Error after endless turns without time moving', () => {
    const forEver = function* (): Operation<void> {
      for (;;) yield* idle()
    }
    expect(() => runSimulated(forEver)).toThrow('without time moving')
    const deaf = function* (): Operation<void> {
      for (;;) {
        try {
          yield* new Event().wait()
        } catch {
          // Not even a LoopExit is heard.
        }
      }
    }
    expect(() => runSimulated(deaf)).toThrow('without time moving')
  })

  it('leaves the real hub as it was, whatever happens inside', () => {
    const hub = getHub()
    errorOf(() =>
      runSimulated(function* () {
        Timeout.start(1)
        yield* new Event().wait()
      }),
    )
    errorOf(() => runSimulated(() => getHub().wait(getHub().loop.io())))
    expect([getHub(), hub.current, hub.main]).toEqual([hub, undefined, undefined])
  })

  it('3e: kills and joins leftovers, in simulated time too', () => {
    const log: string[] = []
    runSimulated(function* () {
      keepErrors()
      spawn(function* () {
        try {
          yield* sleep(1000)
        } finally {
          yield* sleep(5)
          log.push(`cleaned@${time()}`)
        }
      })
      yield* sleep(1)
    })
    expect(log).toEqual(['cleaned@6'])
  })
})

/** What the seed decides: in which order ten greenlets run that `wake` makes ready in one iteration. */
function orderOfTen(seed: number | undefined, wake: (log: number[]) => void): number[] {
  const main = function* (): Operation<number[]> {
    const log: number[] = []
    wake(log)
    yield* sleep(100)
    return log
  }
  return runSimulated(main, seed === undefined ? {} : { seed })
}

const inOrder = Array.from({ length: 10 }, (_, i) => i)
const wakers = {
  started(log: number[]): void {
    for (const i of inOrder) {
      // oxlint-disable-next-line require-yield
      spawn(function* () {
        log.push(i)
      })
    }
  },
  slept(log: number[]): void {
    for (const i of inOrder) {
      spawn(function* () {
        yield* sleep(5)
        log.push(i)
      })
    }
  },
  yielded(log: number[]): void {
    for (const i of inOrder) {
      spawn(function* () {
        yield* sleep(0)
        log.push(i)
      })
    }
  },
  told(log: number[]): void {
    const event = new Event()
    for (const i of inOrder) {
      spawn(function* () {
        yield* event.wait()
        log.push(i)
      })
    }
    getHub()
      .loop.timer(1)
      .start(() => event.set())
  },
}

describe('a seed', () => {
  it.each(Object.entries(wakers))('shuffles those that were %s in one iteration', (_, wake) => {
    expect(orderOfTen(undefined, wake)).toEqual(inOrder)
    const orders = inOrder.map((seed) => orderOfTen(seed, wake))
    for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual(inOrder)
    expect(new Set(orders.map(String)).size).toBe(10)
    expect(inOrder.map((seed) => orderOfTen(seed, wake))).toEqual(orders)
  })

  it('leaves the order of all else: deadlines, callbacks, locks, completion', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.nat(9), { maxLength: 12 }), (seed, times) => {
        const woken: number[] = []
        const called: number[] = []
        const locked: number[] = []
        const main = function* (): Operation<void> {
          const { loop } = getHub()
          const lock = new Semaphore(0)
          const ended: unknown[] = []
          const sleepers = times.map((ms, i) => {
            loop.timer(5).start(() => called.push(i))
            return spawn(function* () {
              yield* sleep(ms)
              woken.push(ms)
              loop.runCallback(() => called.push(100 + woken.length))
              ended.push(getHub().current)
            })
          })
          for (const i of times.keys()) {
            spawn(function* () {
              yield* sleep(20 + i)
              yield* lock.acquire()
              locked.push(i)
            })
          }
          expect(yield* joinall(sleepers)).toEqual(ended)
          yield* sleep(50)
          for (const _ of times) lock.release()
          yield* sleep(1)
        }
        runSimulated(main, { seed })
        expect(woken).toEqual(times.toSorted((a, b) => a - b))
        expect(called.filter((i) => i < 100)).toEqual([...times.keys()])
        expect(locked).toEqual([...times.keys()])
      }),
    )
  })

  it("leaves the order of an event's links", () => {
    const main = function* (): Operation<number[]> {
      const event = new Event()
      const told: number[] = []
      for (const i of inOrder) {
        event.rawlink(() => told.push(i))
        spawn(() => event.wait())
      }
      yield* sleep(1)
      event.set()
      yield* sleep(1)
      return told
    }
    for (const seed of inOrder) expect(runSimulated(main, { seed })).toEqual(inOrder)
  })

  it('wakes only those who waited when an event was set', () => {
    const main = function* (): Operation<[number[], number]> {
      const event = new Event()
      const log: number[] = []
      const wait = function* (i: number): Operation<void> {
        if (yield* event.wait(50)) log.push(i)
      }
      for (const i of inOrder) spawn(wait, i)
      yield* sleep(1)
      getHub().loop.runCallback(() => event.clear())
      const late = spawn(wait, 10)
      event.set()
      yield* sleep(0)
      event.clear()
      yield* late.join()
      return [log.toSorted((a, b) => a - b), time()]
    }
    for (const seed of inOrder) expect(runSimulated(main, { seed })).toEqual([inOrder, 51])
  })

  it('leaves no greenlet waiting for ever behind those that are always ready', () => {
    const main = function* (): Operation<number[]> {
      const turns = [0, 0, 0]
      const tasks = turns.map((_, i) =>
        spawn(function* () {
          for (; turns[i]! < 50; turns[i]!++) {
            expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(1)
            yield* sleep(0)
          }
        }),
      )
      yield* joinall(tasks, { raiseError: true })
      return turns
    }
    expect(runSimulated(main, { seed: 3 })).toEqual([50, 50, 50])
  })
})

describe('the simulated clock', () => {
  it('stands still until it steps to the deadline that was asked for last', () => {
    const clock = new SimulatedClock()
    const turns: number[] = []
    clock.attach(() => turns.push(clock.now()))
    expect(clock.step()).toBe(false)
    clock.arm(10)
    clock.arm(20)
    expect(clock.step()).toBe(true)
    clock.arm(30)
    clock.disarm()
    expect(clock.step()).toBe(false)
    clock.kick()
    clock.kick()
    expect([clock.step(), clock.step()]).toEqual([true, false])
    clock.advance(50)
    clock.arm(30)
    clock.step()
    expect(turns).toEqual([20, 20, 70])
  })

  it('turns nobody before it is attached', () => {
    const clock = new SimulatedClock()
    clock.kick()
    expect([clock.step(), clock.step()]).toEqual([true, false])
  })

  it('turns a loop of its own', () => {
    const clock = new SimulatedClock()
    const loop = new Loop(clock)
    let called = 0
    loop.timer(5, 5).start(() => called++)
    for (let i = 0; i < 4; i++) clock.step()
    expect([called, loop.now()]).toEqual([3, 15])
  })
})
