import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  Event,
  getcurrent,
  getHub,
  Greenlet,
  GreenletExit,
  InvalidSwitchError,
  joinall,
  LoopExit,
  type Operation,
  sleep,
  spawn,
  spawnLater,
  Timeout,
  withTimeout,
} from '../../src/scheduler/index.ts'
import { runSimulated } from '../../src/scheduler/testing.ts'
import { atOnce, keepErrors, runClean, talker, thrownBy, time } from './helpers.ts'

function statesOf(greenlet: Greenlet<unknown>): unknown[] {
  const { started, ready, successful, value, exception, dead } = greenlet
  return [started, ready, successful, value, exception, dead]
}

const NEW = [false, false, false, undefined, undefined, false]
const ALIVE = [true, false, false, undefined, undefined, false]

function* returnsSeven(): Operation<number> {
  yield* sleep(1)
  return 7
}

describe('the states of a greenlet', () => {
  it('S25: are those of one that returns', () => {
    runClean(function* () {
      const seen: unknown[][] = []
      const greenlet: Greenlet<string> = new Greenlet(function* () {
        seen.push(statesOf(greenlet))
        yield* sleep(5)
        return 'value'
      })
      seen.push(statesOf(greenlet))
      greenlet.start()
      seen.push(statesOf(greenlet))
      yield* sleep(1)
      seen.push(statesOf(greenlet))
      yield* greenlet.join()
      seen.push(statesOf(greenlet))
      expect(seen).toEqual([
        NEW,
        ALIVE,
        ALIVE,
        ALIVE,
        [false, true, true, 'value', undefined, true],
      ])
    })
  })

  it('S25: are those of one that throws', () => {
    runClean(function* () {
      keepErrors()
      const failure = new Error('mine')
      const greenlet = spawn(function* () {
        yield* sleep(1)
        throw failure
      })
      yield* greenlet.join()
      expect(statesOf(greenlet)).toEqual([false, true, false, undefined, failure, true])
    })
  })

  it('S25: are started also while its start waits for a timer', () => {
    runClean(function* () {
      const greenlet = spawnLater(5, returnsSeven)
      expect(statesOf(greenlet)).toEqual(ALIVE)
      yield* greenlet.join()
      expect(statesOf(greenlet)).toEqual([false, true, true, 7, undefined, true])
    })
  })

  it('S25: can keep an undefined that was thrown apart from success', () => {
    runClean(function* () {
      keepErrors()
      const greenlet = spawn(function* () {
        yield* sleep(1)
        // oxlint-disable-next-line typescript/only-throw-error, eslint/no-throw-literal
        throw undefined
      })
      yield* greenlet.join()
      expect(greenlet.successful).toBe(false)
    })
  })

  it('S38: are not dead while it runs, dead after its end or a cancelled start', () => {
    runClean(function* () {
      const running = spawn(function* () {
        yield* sleep(0)
        return getcurrent()!.dead
      })
      expect(yield* running.get()).toBe(false)
      const cancelled = spawn(returnsSeven)
      cancelled.killSoon()
      expect([running.dead, cancelled.dead]).toEqual([true, true])
    })
  })

  it('S24: needs a function', () => {
    expect(() => new Greenlet('no' as never)).toThrow(TypeError)
    expect(() => spawn(undefined as never)).toThrow(TypeError)
  })

  it('fails with a TypeError when its body is a function that gives no operation', () => {
    runClean(function* () {
      const errors = keepErrors()
      const greenlet = spawn((() => 5) as never)
      yield* greenlet.join()
      expect(greenlet.exception).toBeInstanceOf(TypeError)
      expect(errors).toEqual([greenlet.exception])
    })
  })

  it('fails when a body that is a plain function throws', () => {
    runClean(function* () {
      keepErrors()
      const failure = new Error('mine')
      const greenlet = spawn((): Operation<void> => {
        throw failure
      })
      expect(yield* thrownBy(greenlet.get())).toBe(failure)
    })
  })

  it('lets a body that is a plain function kill itself before it gives its operation', () => {
    runClean(function* () {
      const greenlet = spawn((): Operation<void> => {
        getcurrent()!.killSoon()
        return sleep(100)
      })
      yield* greenlet.join()
      expect([greenlet.value, time()]).toEqual([expect.any(GreenletExit), 0])
    })
  })

  it('S37: is named by its body and a number, or exactly as is written', () => {
    const greenlet = new Greenlet(returnsSeven)
    expect(greenlet.name).toMatch(/^returnsSeven#\d+$/)
    expect(new Greenlet(function* () {}).name).toMatch(/^greenlet#\d+$/)
    greenlet.name = 'mine'
    expect(greenlet.name).toBe('mine')
  })

  it('starts once', () => {
    runClean(function* () {
      let runs = 0
      const greenlet = new Greenlet(function* () {
        runs++
        yield* sleep(1)
      })
      greenlet.start()
      greenlet.start()
      greenlet.startLater(1)
      yield* greenlet.join()
      greenlet.start()
      yield* sleep(5)
      expect(runs).toBe(1)
    })
  })

  it('can be started before its time', () => {
    runClean(function* () {
      const greenlet = spawnLater(100, returnsSeven)
      greenlet.startLater(200)
      greenlet.start()
      expect([yield* greenlet.get(), time()]).toEqual([7, 1])
    })
  })

  it('S19: that yields something else than a wait is told so where it did', () => {
    runClean(function* () {
      const greenlet = spawn(function* (): Operation<string> {
        try {
          yield sleep(1) as never
        } catch (error) {
          yield* sleep(1)
          return (error as Error).name
        }
        return 'nothing'
      })
      expect(yield* greenlet.get()).toBe(InvalidSwitchError.name)
    })
  })

  it('S19: is woken by what it waits for now, not by what it waited for before', () => {
    runClean(function* () {
      const log: string[] = []
      const event = new Event()
      const greenlet = spawn(function* () {
        log.push(`event ${yield* event.wait(10)}@${time()}`)
        yield* sleep(30)
        log.push(`end@${time()}`)
      })
      yield* sleep(5)
      // Its wake-up is queued, then the timeout fires ahead of it: what comes late is for nobody.
      getHub()
        .loop.timer(5)
        .start(() => event.set())
      yield* greenlet.join()
      expect(log).toEqual(['event false@10', 'end@40'])
    })
  })

  it('S19: is not woken by an entry of the FIFO that a kill has made stale', () => {
    runClean(function* () {
      const log: string[] = []
      const greenlet = spawn(function* () {
        try {
          yield* sleep(0)
        } catch {
          yield* sleep(10)
          log.push(`end@${time()}`)
        }
      })
      yield* sleep(0)
      greenlet.killSoon()
      greenlet.killSoon()
      greenlet.forceKillSoon()
      yield* greenlet.join()
      expect(log).toEqual(['end@10'])
    })
  })
})

describe('get and join', () => {
  it('S27: give the value, or throw the same error to everybody', () => {
    runClean(function* () {
      keepErrors()
      const failure = new Error('mine')
      const good = spawn(returnsSeven)
      const bad = spawn(function* () {
        yield* sleep(1)
        throw failure
      })
      const others = [1, 2].map(() => spawn(() => thrownBy(bad.get())))
      expect(yield* good.get()).toBe(7)
      expect(yield* thrownBy(bad.get())).toBe(failure)
      yield* joinall(others)
      expect(others.map(({ value }) => value)).toEqual([failure, failure])
    })
  })

  it('S27: throw a Timeout when the time is over, or give false', () => {
    runClean(function* () {
      const slow = spawn(() => sleep(100))
      const error = yield* thrownBy(slow.get(10))
      expect(error).toBeInstanceOf(Timeout)
      expect((error as Timeout).ms).toBe(10)
      expect((error as Error).stack).toContain('greenlet.test.ts')
      expect([yield* slow.join(10), time()]).toEqual([false, 20])
      expect([yield* slow.join(), yield* slow.join(10), time()]).toEqual([true, true, 100])
    })
  })

  it('S27: with 0 do not park', () => {
    runClean(function* () {
      const slow = spawn(() => sleep(5))
      expect(slow.join(0).next()).toEqual({ done: true, value: false })
      expect(() => slow.get(0).next()).toThrow(Timeout)
      yield* slow.join()
    })
  })

  it('S27: do not park when it has ended', () => {
    runClean(function* () {
      const quick = spawn(returnsSeven)
      yield* sleep(5)
      expect(quick.get().next()).toEqual({ done: true, value: 7 })
      expect(quick.join().next()).toEqual({ done: true, value: true })
    })
  })

  it("S27, 3h: let another scope's Timeout through", () => {
    runClean(function* () {
      const slow = spawn(() => sleep(100))
      const timeout = Timeout.start(5)
      expect(yield* thrownBy(slow.get(50))).toBe(timeout)
      const second = Timeout.start(5)
      expect(yield* thrownBy(slow.join(50))).toBe(second)
      yield* slow.join()
    })
  })

  it('say that it has ended when it did in the turn of the timeout', () => {
    runClean(function* () {
      const exact = spawn(() => sleep(10))
      yield* sleep(0)
      expect(yield* exact.join(10)).toBe(true)
    })
  })

  it('refuse NaN, and leave no link', () => {
    runClean(function* () {
      const slow = spawn(() => sleep(5))
      expect(yield* thrownBy(slow.join(Number.NaN))).toBeInstanceOf(RangeError)
      yield* slow.join()
    })
  })

  it('take no time that grows with the square of the joiners', () => {
    runSimulated(function* () {
      const one = spawn(() => sleep(1))
      const joiners = Array.from({ length: 100_000 }, () => spawn(() => one.join()))
      yield* joinall(joiners)
      expect(joiners.every(({ value }) => value === true)).toBe(true)
    })
  })

  it('infer what the body returns', () => {
    runClean(function* () {
      expectTypeOf(spawn(returnsSeven)).toEqualTypeOf<Greenlet<number>>()
      const value = yield* spawn(returnsSeven).get()
      expectTypeOf(value).toEqualTypeOf<number>()
      const joined = yield* joinall([spawn(returnsSeven)])
      expectTypeOf(joined).toEqualTypeOf<Greenlet<number>[]>()
      const limited = yield* withTimeout(100, returnsSeven, { value: 'late' as const })
      expectTypeOf(limited).toEqualTypeOf<number | 'late'>()
      const plain = yield* withTimeout(100, returnsSeven)
      expectTypeOf(plain).toEqualTypeOf<number>()
    })
  })
})

describe('kill', () => {
  it('S28: of one that was never started or waits for its start completes it, and it never runs', () => {
    runClean(function* () {
      let runs = 0
      const body = function* (): Operation<void> {
        runs++
        yield* sleep(1)
      }
      const greenlets = [new Greenlet(body), spawn(body), spawnLater(5, body)]
      const linked: unknown[] = []
      for (const greenlet of greenlets) {
        greenlet.link((ended) => linked.push(ended.value))
        yield* greenlet.kill()
        expect(greenlet.value).toBeInstanceOf(GreenletExit)
        expect([greenlet.ready, greenlet.successful, greenlet.started]).toEqual([true, true, false])
        greenlet.start()
        greenlet.startLater(1)
      }
      yield* sleep(10)
      expect(runs).toBe(0)
      expect(linked).toEqual(greenlets.map(({ value }) => value))
    })
  })

  it('S29: throws GreenletExit where it is parked, later, and parks until the cleanup is over', () => {
    runClean(function* () {
      const log: string[] = []
      const victim = spawn(function* () {
        try {
          yield* sleep(1000)
        } catch (error) {
          log.push(`${(error as Error).name}@${time()}`)
          throw error
        } finally {
          yield* sleep(5)
          log.push(`cleaned@${time()}`)
        }
      })
      yield* sleep(1)
      victim.killSoon()
      log.push('killed')
      expect(yield* victim.kill()).toBeUndefined()
      expect([...log, `killer@${time()}`]).toEqual([
        'killed',
        'GreenletExit@1',
        'cleaned@6',
        'killer@6',
      ])
    })
  })

  it('S29: with a timeout returns early, and never throws because of the target', () => {
    runClean(function* () {
      keepErrors()
      const victim = spawn(function* () {
        try {
          yield* sleep(1000)
        } finally {
          yield* sleep(50)
          // oxlint-disable-next-line eslint/no-unsafe-finally
          throw new Error('cleanup')
        }
      })
      yield* sleep(1)
      yield* victim.kill(undefined, { timeout: 10 })
      expect([time(), victim.ready]).toEqual([11, false])
      yield* victim.kill()
      expect([time(), victim.successful]).toEqual([51, false])
      expect(victim.kill().next().done).toBe(true)
    })
  })

  it('S29: with a timeout of 0 does not park', () => {
    runClean(function* () {
      const victim = spawn(() => sleep(10))
      yield* sleep(1)
      expect(victim.kill(undefined, { timeout: 0 }).next().done).toBe(true)
      expect(victim.ready).toBe(false)
      yield* victim.join()
    })
  })

  it('S30: that is let out, or a GreenletExit that is returned, is a success', () => {
    runClean(function* () {
      const errors = keepErrors()
      const exit = new GreenletExit('mine')
      const returns = spawn(function* () {
        yield* sleep(0)
        return exit
      })
      const throws = spawn(function* () {
        yield* sleep(0)
        throw exit
      })
      yield* joinall([returns, throws] as Greenlet<unknown>[])
      expect([returns.value, throws.value, returns.successful, throws.successful]).toEqual([
        exit,
        exit,
        true,
        true,
      ])
      expect(yield* throws.get()).toBe(exit)
      expect(errors).toEqual([])
    })
  })

  it('S30: may be caught, and the greenlet lives on', () => {
    runClean(function* () {
      const victim = spawn(function* () {
        try {
          yield* sleep(1000)
        } catch {
          yield* sleep(20)
        }
        return 'alive'
      })
      yield* sleep(1)
      yield* victim.kill()
      expect([victim.value, time()]).toEqual(['alive', 21])
    })
  })

  it('3c: throws once; later kills only wait for the end (S31 is worse)', () => {
    runClean(function* () {
      const caught: string[] = []
      const victim = spawn(function* () {
        try {
          yield* sleep(1000)
        } catch {
          for (let i = 0; i < 3; i++) {
            try {
              yield* sleep(10)
            } catch {
              caught.push(`again@${time()}`)
            }
          }
        }
      })
      yield* sleep(1)
      const killers = [1, 2].map(() => spawn(() => victim.kill()))
      yield* sleep(5)
      yield* victim.kill()
      yield* joinall(killers)
      expect([caught, time()]).toEqual([[], 31])
    })
  })

  it('3c: with force throws again', () => {
    runClean(function* () {
      const log: string[] = []
      const victim = spawn(function* () {
        try {
          yield* sleep(1000)
        } finally {
          try {
            yield* sleep(500)
          } finally {
            log.push(`forced@${time()}`)
          }
        }
      })
      yield* sleep(1)
      yield* victim.kill(undefined, { timeout: 10 })
      yield* victim.kill(undefined, { force: true })
      expect([log, time()]).toEqual([['forced@11'], 11])
    })
  })

  it('3c: leaves cleanup that parks to a Timeout, which may interrupt it', () => {
    runClean(function* () {
      const victim = spawn(function* () {
        try {
          yield* sleep(1000)
        } finally {
          yield* withTimeout(10, () => sleep(500), { value: undefined })
        }
      })
      yield* sleep(1)
      yield* victim.kill()
      expect([victim.value, time()]).toEqual([expect.any(GreenletExit), 11])
    })
  })

  it('S32: of itself unwinds right there', () => {
    runClean(function* () {
      const log: string[] = []
      const suicide = spawn(function* () {
        try {
          yield* getcurrent()!.kill()
          log.push('on')
        } finally {
          log.push('unwinds')
          yield* sleep(5)
          log.push('cleaned')
        }
      })
      spawn(atOnce, () => log.push('next'))
      yield* sleep(1)
      // The second one: it waits.
      yield* suicide.kill()
      expect(log).toEqual(['unwinds', 'next', 'cleaned'])
      expect(suicide.value).toBeInstanceOf(GreenletExit)
    })
  })

  it('S32: of itself soon unwinds where it parks next, whatever that is', () => {
    runClean(function* () {
      const suicide = (next: () => Operation<unknown>): Greenlet<unknown> =>
        spawn(function* () {
          getcurrent()!.killSoon()
          yield* next()
          return 'on'
        })
      const event = new Event()
      const all = [() => sleep(100), () => sleep(0), () => event.wait()].map(suicide)
      yield* joinall(all)
      expect(all.map(({ value }) => value)).toEqual(all.map(() => expect.any(GreenletExit)))
      expect(time()).toBe(0)
    })
  })

  it('S32: with another error makes it failed, and is reported; also before its start', () => {
    runClean(function* () {
      const errors = keepErrors()
      const failure = new Error('mine')
      const parked = spawn(() => sleep(100))
      yield* sleep(1)
      yield* parked.kill(failure)
      const pending = spawn(() => sleep(100))
      yield* pending.kill(failure)
      expect(yield* thrownBy(parked.get())).toBe(failure)
      expect(yield* thrownBy(pending.get())).toBe(failure)
      expect(errors).toEqual([failure, failure])
    })
  })

  it('S32: takes an error class too', () => {
    runClean(function* () {
      keepErrors()
      class Mine extends Error {}
      const parked = spawn(() => sleep(100))
      yield* sleep(1)
      yield* parked.kill(Mine)
      expect(parked.exception).toBeInstanceOf(Mine)
    })
  })

  it('S33: throw switches at once in the hub; one that has not begun ends with it and never runs', () => {
    runClean(function* () {
      keepErrors()
      const failure = new Error('mine')
      const parked = spawn(() => sleep(100))
      yield* sleep(1)
      const log: string[] = []
      const unstarted = new Greenlet(talker as never, log, 'never')
      const pending = spawn(talker, log, 'never')
      const seen: boolean[] = []
      getHub().loop.runCallback(() => {
        parked.throw(failure)
        seen.push(parked.ready)
      })
      unstarted.throw(failure)
      pending.throw()
      seen.push(unstarted.ready, pending.ready)
      unstarted.start()
      yield* sleep(1)
      expect([seen, parked.exception, unstarted.exception, pending.value, log]).toEqual([
        [true, true, true],
        failure,
        failure,
        expect.any(GreenletExit),
        [],
      ])
      parked.throw(failure)
    })
  })

  it('S33: throw by another greenlet comes when its turn comes', () => {
    runClean(function* () {
      keepErrors()
      const failure = new Error('mine')
      const parked = spawn(() => sleep(100))
      yield* sleep(1)
      parked.throw(failure)
      expect(parked.ready).toBe(false)
      expect([yield* thrownBy(parked.get()), time()]).toEqual([failure, 1])
      getcurrent()!.throw(failure)
      yield* sleep(0)
    })
  })

  it('wins over a wake-up that is queued already', () => {
    runClean(function* () {
      const victim = spawn(function* () {
        yield* sleep(0)
        return 'woken'
      })
      spawn(atOnce, () => victim.killSoon())
      yield* victim.join()
      expect(victim.value).toBeInstanceOf(GreenletExit)
    })
  })

  it('wins over a Timeout that comes before it is delivered', () => {
    runClean(function* () {
      const victim = spawn(function* () {
        const timeout = Timeout.start(10)
        try {
          yield* sleep(100)
        } finally {
          timeout.close()
        }
      })
      yield* sleep(1)
      // Computes past the budget, so that the turn of the timer comes before the kill's.
      getHub()
        .loop.timer(9)
        .start(() => victim.killSoon())
      yield* victim.join()
      expect(victim.value).toBeInstanceOf(GreenletExit)
    })
  })

  it('3b: unwinds through nested operations, whose cleanup may park, and does not go on after them', () => {
    runClean(function* () {
      const log: string[] = []
      function* level(depth: number): Operation<void> {
        try {
          if (depth === 0) yield* sleep(1000)
          else yield* level(depth - 1)
          log.push(`on after ${depth}`)
        } finally {
          yield* sleep(1)
          log.push(`${depth}@${time()}`)
        }
      }
      const victim = spawn(level, 3)
      yield* sleep(1)
      yield* victim.kill()
      expect(log).toEqual(['0@2', '1@3', '2@4', '3@5'])
    })
  })

  it('3b: carries no stack; 3g: other errors carry that of the place where it was parked', () => {
    runClean(function* () {
      keepErrors()
      function* deeplyParked(): Operation<void> {
        yield* sleep(1000)
      }
      const outer = function* outerBody(): Operation<void> {
        yield* deeplyParked()
      }
      const killed = spawn(outer)
      yield* sleep(1)
      yield* killed.kill()
      expect((killed.value as unknown as Error).stack).not.toContain('    at ')
      const timed = spawn(function* () {
        Timeout.start(5)
        yield* outer()
      })
      const timeout = yield* thrownBy(timed.get())
      expect((timeout as Error).stack).toMatch(/deeplyParked[^]*outerBody/)
    })
  })

  it('3g: shows the whole chain of calls where that is long, and leaves the limit of stacks as it was', () => {
    runClean(function* () {
      keepErrors()
      const before = Error.stackTraceLimit
      function* level(depth: number): Operation<void> {
        if (depth > 0) yield* level(depth - 1)
        else yield* sleep(1000)
      }
      const timed = spawn(function* body() {
        yield* withTimeout(5, () => level(20))
      })
      const { stack } = (yield* thrownBy(timed.get())) as Error
      expect(stack?.match(/ level /g)).toHaveLength(21)
      expect(stack).toMatch(/ level [^]* body /)
      expect(Error.stackTraceLimit).toBe(before)
    })
  })

  it('leaves no timer behind, and no hold: LoopExit comes when it should', () => {
    const main = function* (): Operation<void> {
      const event = new Event()
      const bodies = [() => sleep(50), () => event.wait(50), () => withTimeout(50, () => sleep(70))]
      const victims = bodies.map((body) => spawn<unknown, []>(body))
      yield* sleep(1)
      for (const victim of victims) yield* victim.kill()
      expect(getHub().loop.timers.size).toBe(0)
      expect(yield* thrownBy(event.wait())).toBeInstanceOf(LoopExit)
      expect(time()).toBe(1)
    }
    runSimulated(main)
  })
})

describe('nested operations', () => {
  it('3k: may be a thousand deep, and a wake-up goes through all of them', () => {
    runClean(function* () {
      function* nested(depth: number): Operation<number> {
        if (depth > 0) return (yield* nested(depth - 1)) + 1
        yield* sleep(1)
        yield* sleep(0)
        return 0
      }
      expect([yield* nested(1000), time()]).toEqual([1000, 1])
    })
  })

  it('3k: may be ready in great numbers: the FIFO takes no time that grows with its length', () => {
    runClean(function* () {
      const start = performance.now()
      let switches = 0
      const body = function* (): Operation<void> {
        for (let i = 0; i < 2; i++) {
          yield* sleep(0)
          switches++
        }
      }
      for (let i = 0; i < 100_000; i++) spawn(body)
      yield* sleep(1)
      expect(switches).toBe(200_000)
      // At 15 us a shift, an array would take three seconds for it.
      expect(performance.now() - start).toBeLessThan(2500)
    })
  })
})

describe('links', () => {
  it('S34: are called in the order of registration, mixed with joiners; raw ones in the hub', () => {
    runClean(function* () {
      const log: string[] = []
      const greenlet = spawn(returnsSeven)
      greenlet.rawlink(() => log.push(`raw ${getcurrent() === undefined}`))
      spawn(function* () {
        yield* greenlet.join()
        log.push('joiner')
      })
      yield* sleep(0)
      greenlet.rawlink(() => log.push('raw 2'))
      greenlet.link(() => log.push(`link ${getcurrent() === undefined}`))
      yield* sleep(10)
      expect(log).toEqual(['raw true', 'joiner', 'raw 2', 'link false'])
    })
  })

  it('S34: are called in that order too where some have a greenlet of their own, which may park', () => {
    runClean(function* () {
      const log: string[] = []
      const greenlet = spawn(returnsSeven)
      greenlet.link(function* () {
        log.push('link 1')
        yield* sleep(0)
        log.push('link 1 again')
      })
      greenlet.rawlink(() => log.push('raw'))
      greenlet.link(() => log.push('link 2'))
      spawn(function* () {
        yield* greenlet.join()
        log.push('joiner')
      })
      yield* sleep(10)
      expect(log).toEqual(['link 1', 'raw', 'link 2', 'joiner', 'link 1 again'])
    })
  })

  it('S34: filter by outcome, and each fires once', () => {
    runClean(function* () {
      keepErrors()
      const log: string[] = []
      const good = spawn(returnsSeven)
      const bad = spawn(function* () {
        yield* sleep(1)
        throw new Error('mine')
      })
      for (const [name, greenlet] of [
        ['good', good],
        ['bad', bad],
      ] as [string, Greenlet<unknown>][]) {
        greenlet.linkValue(() => log.push(`${name} value`))
        greenlet.linkException(() => log.push(`${name} exception`))
      }
      yield* sleep(10)
      expect(log).toEqual(['good value', 'bad exception'])
    })
  })

  it('S34: of a finished greenlet still fire, later', () => {
    runClean(function* () {
      const log: string[] = []
      const greenlet = spawn(returnsSeven)
      yield* greenlet.join()
      greenlet.rawlink(() => log.push('raw'))
      greenlet.link(({ value }) => log.push(`link ${value}`))
      log.push('linked')
      yield* sleep(1)
      greenlet.rawlink(() => log.push('once more'))
      yield* sleep(1)
      expect(log).toEqual(['linked', 'raw', 'link 7', 'once more'])
    })
  })

  it('S34: of the same function twice fire twice, and unlink takes one back', () => {
    runClean(function* () {
      let calls = 0
      const count = (): void => void calls++
      const greenlet = spawn(returnsSeven)
      greenlet.unlink(count)
      for (let i = 0; i < 3; i++) greenlet.rawlink(count)
      greenlet.unlink(count)
      greenlet.unlink(() => {})
      const once = spawn(returnsSeven)
      once.rawlink(count)
      once.unlink(() => {})
      yield* sleep(5)
      expect(calls).toBe(3)
    })
  })

  it('S34: can be taken back where there is but one', () => {
    runClean(function* () {
      const greenlet = spawn(returnsSeven)
      const log: string[] = []
      const link = (): void => void log.push('told')
      greenlet.rawlink(link)
      greenlet.unlink(link)
      greenlet.unlink(link)
      yield* sleep(10)
      expect(log).toEqual([])
    })
  })

  it('S34: that are told in a greenlet of their own can be taken back too', () => {
    runClean(function* () {
      const calls: string[] = []
      const [never, always] = [() => calls.push('never'), () => calls.push('always')]
      const greenlet = spawn(returnsSeven)
      for (const callback of [always, never]) greenlet.link(callback)
      greenlet.unlink(never)
      yield* sleep(5)
      expect(calls).toEqual(['always'])
    })
  })

  it('S34: can be taken back while the notification runs', () => {
    runClean(function* () {
      const log: string[] = []
      const never = (): void => void log.push('never')
      const greenlet = spawn(returnsSeven)
      greenlet.rawlink(() => {
        log.push('first')
        greenlet.unlink(never)
      })
      greenlet.rawlink(never)
      greenlet.rawlink(() => log.push('last'))
      yield* sleep(5)
      expect(log).toEqual(['first', 'last'])
    })
  })

  it('S34: that were told already are not there to be taken back', () => {
    runClean(function* () {
      const log: string[] = []
      const greenlet = spawn(returnsSeven)
      const twice = (): void => {
        log.push('twice')
        greenlet.unlink(twice)
        greenlet.unlink(twice)
      }
      greenlet.rawlink(twice)
      greenlet.rawlink(() => log.push('next'))
      greenlet.rawlink(twice)
      greenlet.rawlink(() => log.push('last'))
      yield* sleep(5)
      expect(log).toEqual(['twice', 'next', 'last'])
    })
  })

  it('S34: that are made while the notification runs fire too', () => {
    runClean(function* () {
      const log: string[] = []
      const greenlet = spawn(returnsSeven)
      greenlet.rawlink(() => {
        greenlet.rawlink(() => log.push('made meanwhile'))
        log.push('first')
      })
      yield* sleep(5)
      expect(log).toEqual(['first', 'made meanwhile'])
    })
  })

  it('S34: that fail are reported, and the next are called', () => {
    runClean(function* () {
      const errors = keepErrors()
      const log: string[] = []
      const fail = (): never => {
        throw new Error('link')
      }
      const greenlet = spawn(returnsSeven)
      greenlet.rawlink(fail)
      greenlet.link(fail)
      greenlet.link(function* () {
        yield* sleep(1)
        log.push('parked in a link')
      })
      greenlet.rawlink(() => log.push('next'))
      yield* sleep(5)
      expect(log).toEqual(['next', 'parked in a link'])
      expect(errors).toHaveLength(2)
    })
  })

  it('take something that a result can be given to', () => {
    runClean(function* () {
      keepErrors()
      const got: unknown[] = []
      const target = {
        set: (value: unknown) => void got.push(['value', value]),
        setException: (error: unknown) => void got.push(['error', error]),
      }
      const failure = new Error('mine')
      const bad = spawn(function* () {
        yield* sleep(2)
        throw failure
      })
      const good = spawn(returnsSeven)
      good.link(target)
      bad.link(target)
      yield* sleep(5)
      expect(got).toEqual([
        ['value', 7],
        ['error', failure],
      ])
    })
  })

  it('must be functions where they are raw, and else something that can be told', () => {
    const greenlet = new Greenlet(returnsSeven)
    expect(() => greenlet.rawlink({} as never)).toThrow(TypeError)
    for (const target of [undefined, 5, { set() {} }] as never[]) {
      expect(() => greenlet.link(target)).toThrow(TypeError)
      expect(() => greenlet.linkValue(target)).toThrow(TypeError)
      expect(() => greenlet.linkException(target)).toThrow(TypeError)
    }
  })

  it('S35: come after what was ready before the end', () => {
    runClean(function* () {
      const log: string[] = []
      const a = spawn(atOnce, () => log.push('a'))
      a.rawlink(() => log.push('a-link'))
      spawn(talker, log, 'b')
      yield* sleep(1)
      expect(log).toEqual(['a', 'b', 'a-link'])
    })
  })
})
