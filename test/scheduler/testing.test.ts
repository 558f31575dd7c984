import { describe, expect, it } from 'vitest'
import {
  Event,
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

  it('turns a loop of its own', () => {
    const clock = new SimulatedClock()
    const loop = new Loop(clock)
    let called = 0
    loop.timer(5, 5).start(() => called++)
    for (let i = 0; i < 4; i++) clock.step()
    expect([called, loop.now()]).toEqual([3, 15])
  })
})
