import { describe, expect, it, vi } from 'vitest'
import {
  BlockingSwitchOutError,
  ConcurrentObjectUseError,
  Event,
  getcurrent,
  getHub,
  GreenletExit,
  Hub,
  Interrupted,
  type IoWatcher,
  Loop,
  LoopExit,
  type Operation,
  Semaphore,
  sleep,
  spawn,
  Timeout,
  Waiter,
  withTimeout,
} from '../../src/scheduler/index.ts'
import { runSimulated, SimulatedClock } from '../../src/scheduler/testing.ts'
import { errorOf, expectNoParking, keepErrors, runClean, thrownBy, time } from './helpers.ts'

/** What is written to standard error meanwhile. */
function written(action: () => void): string {
  let text = ''
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    text += String(chunk)
    return true
  })
  try {
    action()
  } finally {
    spy.mockRestore()
  }
  return text
}

describe('the hub', () => {
  it('S16: is one for the thread, made on first use, and that of each greenlet', () => {
    const hub = getHub()
    expect(getHub()).toBe(hub)
    runSimulated(function* () {
      expect(getHub()).not.toBe(hub)
      const child = spawn(() => sleep(1))
      expect(child.hub).toBe(getHub())
      yield* child.join()
    })
    expect(getHub()).toBe(hub)
  })

  it('S16: knows who runs', () => {
    expect(getcurrent()).toBeUndefined()
    runClean(function* () {
      const child = spawn(function* () {
        yield* sleep(0)
        return getcurrent()
      })
      expect(yield* child.get()).toBe(child)
      expect(getcurrent()).toBe(getHub().main)
    })
  })

  it('may be several in one thread, one run inside of the other', () => {
    runClean(function* () {
      const outer = getHub()
      const me = getcurrent()
      const event = new Event()
      const waiter = spawn(() => event.wait())
      yield* sleep(5)
      const inner = runSimulated(function* () {
        event.set()
        yield* sleep(1000)
        expect(getcurrent()).not.toBe(me)
        return time()
      })
      expect([inner, time(), getHub() === outer, getcurrent() === me]).toEqual([
        1000,
        5,
        true,
        true,
      ])
      expect(yield* waiter.get()).toBe(true)
    })
  })

  it('may be several: a join of a greenlet of another hub parks the one that joins', () => {
    runClean(function* () {
      const outer = spawn(() => sleep(1))
      const error = errorOf(() => runSimulated(() => outer.join()))
      expect(error).toBeInstanceOf(LoopExit)
      yield* outer.join()
      expect(time()).toBe(1)
    })
  })
})

describe('hub.wait', () => {
  it('S17: starts the watcher, parks, gives the event, and stops it', () => {
    runClean(function* () {
      const { loop } = getHub()
      const io = loop.io()
      loop.timer(5).start(() => io.feed('data'))
      expect(yield* getHub().wait(io)).toBe('data')
      expect([io.active, io.pending, time()]).toEqual([false, false, 5])
      const timer = loop.timer(10)
      yield* getHub().wait(timer)
      expect([timer.active, time()]).toEqual([false, 15])
    })
  })

  it('S17: stops the watcher on a kill, a timeout and an error too', () => {
    runClean(function* () {
      const io = getHub().loop.io()
      const wait = (): Operation<unknown> => getHub().wait(io)
      const victim = spawn(wait)
      yield* sleep(1)
      expect(io.active).toBe(true)
      yield* victim.kill()
      expect(io.active).toBe(false)
      yield* withTimeout(5, wait, { value: undefined })
      expect(io.active).toBe(false)
      getHub().cancelWait(io, new Error('nobody'))
      yield* sleep(1)
    })
  })

  it('S17: refuses a watcher that was started', () => {
    runClean(function* () {
      const io = getHub().loop.io()
      io.start(() => {})
      expect(yield* thrownBy(getHub().wait(io))).toBeInstanceOf(ConcurrentObjectUseError)
      io.stop()
    })
  })

  it('S18: refuses a second greenlet, and the first goes on', () => {
    runClean(function* () {
      const io = getHub().loop.io()
      const first = spawn(() => getHub().wait(io))
      yield* sleep(1)
      const error = yield* thrownBy(getHub().wait(io))
      expect(error).toBeInstanceOf(ConcurrentObjectUseError)
      expect((error as Error).name).toBe('ConcurrentObjectUseError')
      io.feed('data')
      expect(yield* first.get()).toBe('data')
    })
  })

  it('S18: refuses a second greenlet also while the watcher is pending', () => {
    runClean(function* () {
      const { loop } = getHub()
      const timer = loop.timer(5)
      const errors = keepErrors()
      const first = spawn(() => getHub().wait(timer))
      let second: Operation<unknown> | undefined
      const event = loop.timer(5)
      event.priority = 1
      const io = loop.io()
      io.priority = 1
      const other = spawn(function* () {
        yield* getHub().wait(event)
        // The other timer has fired by now, and its callback is still to come.
        expect([timer.active, timer.pending]).toEqual([false, true])
        second = getHub().wait(timer)
        return yield* thrownBy(second)
      })
      expect(yield* other.get()).toBeInstanceOf(ConcurrentObjectUseError)
      yield* first.join(100)
      expect([first.ready, errors]).toEqual([true, []])
    })
  })

  it('S18: is cancelled by cancelWait, on a later callback', () => {
    runClean(function* () {
      const io: IoWatcher = getHub().loop.io()
      const failure = new Error('closed')
      const log: string[] = []
      const waiting = spawn(function* () {
        log.push((yield* thrownBy(getHub().wait(io))) === failure ? 'cancelled' : 'else')
      })
      yield* sleep(1)
      getHub().cancelWait(io, failure)
      log.push('asked')
      yield* waiting.join()
      expect([log, io.active]).toEqual([['asked', 'cancelled'], false])
    })
  })
})

describe('parking where nothing can park', () => {
  const operations = (): Operation<unknown>[] => [
    sleep(0),
    sleep(1),
    new Event().wait(),
    new Semaphore(0).acquire(),
    new Waiter().get(),
    getHub().wait(getHub().loop.io()),
    spawn(() => sleep(0)).join(),
  ]

  it('S15: is a BlockingSwitchOutError in a callback', () => {
    runClean(function* () {
      let checked = 0
      getHub().loop.runCallback(() => {
        for (const operation of operations()) {
          expectNoParking(operation)
          checked++
        }
      })
      yield* sleep(1)
      expect(checked).toBe(operations().length)
      yield* sleep(1)
    })
  })

  it('S15: is a BlockingSwitchOutError in a rawlink, and outside of all greenlets', () => {
    runClean(function* () {
      const errors = keepErrors()
      const child = spawn(() => sleep(1))
      child.rawlink(() => void sleep(5).next())
      yield* sleep(5)
      expect(errors).toEqual([expect.any(BlockingSwitchOutError)])
      expect((errors[0] as Error).name).toBe('BlockingSwitchOutError')
      expect((errors[0] as Error).message).toContain('spawn one')
    })
    expectNoParking(sleep(1))
  })

  it('comes when the operation is iterated, not when it is made', () => {
    expect(() => sleep(1)).not.toThrow()
  })
})

describe('a dead end', () => {
  it('S21: throws LoopExit into main, which may go on; the stuck ones stay unfinished until the end', () => {
    runSimulated(function* () {
      const event = new Event()
      const stuck = spawn(() => event.wait())
      const error = yield* thrownBy(event.wait())
      expect(error).toBeInstanceOf(LoopExit)
      expect(stuck.ready).toBe(false)
      yield* sleep(5)
      expect(time()).toBe(5)
      event.set()
      expect(yield* stuck.get()).toBe(true)
    })
  })

  it('S21: is none while a Timeout, a timer or a one-shot callback is to come; one without ref does not count', () => {
    runSimulated(function* () {
      const event = new Event()
      const timeout = Timeout.start(10)
      expect(yield* thrownBy(event.wait())).toBe(timeout)
      const timer = getHub().loop.timer(10)
      timer.start(() => event.set())
      yield* event.wait()
      event.clear()
      const unheld = getHub().loop.timer(10)
      unheld.ref = false
      unheld.start(() => event.set())
      expect(yield* thrownBy(event.wait())).toBeInstanceOf(LoopExit)
      expect(time()).toBe(20)
    })
  })

  it('3i: is none while a host operation is in flight, and comes as soon as it is not', () => {
    runSimulated(function* () {
      const io = getHub().loop.io()
      const reader = spawn(() => getHub().wait(io))
      getHub()
        .loop.timer(50)
        .start(() => io.feed('data'))
      const event = new Event()
      expect(yield* thrownBy(event.wait())).toBeInstanceOf(LoopExit)
      expect([time(), reader.value]).toEqual([50, 'data'])
    })
  })

  it('3i: comes again each time that main parks for nothing', () => {
    runSimulated(function* () {
      const event = new Event()
      for (let i = 0; i < 3; i++) {
        try {
          yield* event.wait()
        } catch (error) {
          expect(error).toBeInstanceOf(LoopExit)
        }
      }
      const caughtInside = yield* thrownBy(
        (function* () {
          try {
            yield* event.wait()
          } finally {
            yield* event.wait()
          }
        })(),
      )
      expect(caughtInside).toBeInstanceOf(LoopExit)
    })
  })

  it('3i: lists the parked greenlets and what each waits for, ten of them', () => {
    const error = errorOf(() =>
      runSimulated(function* () {
        const event = new Event()
        const semaphore = new Semaphore(0)
        spawn(function* taker() {
          yield* semaphore.acquire()
        })
        yield* event.wait()
      }),
    )
    expect(error).toBeInstanceOf(LoopExit)
    expect((error as Error).message).toMatch(/main waits for an Event/)
    expect((error as Error).message).toMatch(/taker#\d+ waits for a Semaphore/)
    expect((error as Error).name).toBe('LoopExit')
    const crowd = errorOf(() =>
      runSimulated(function* () {
        const event = new Event()
        for (let i = 0; i < 30; i++) spawn(() => event.wait())
        yield* event.wait()
      }),
    )
    expect((crowd as Error).message.split('\n')).toHaveLength(12)
    expect((crowd as Error).message).toContain('and others, 31 in all')
  })

  it('3i: lists none that runs', () => {
    runClean(function* () {
      const child = spawn(() => sleep(1))
      yield* sleep(0)
      expect(getHub().describeParked()).toMatch(/^ {2}greenlet#\d+ waits for sleep$/)
      yield* child.join()
    })
  })

  it('3g: shows where main was parked', () => {
    const error = errorOf(() =>
      runSimulated(function* mainBody() {
        yield* new Event().wait()
      }),
    )
    expect((error as Error).stack).toContain('mainBody')
  })

  it('without a main goes unnoticed', () => {
    const clock = new SimulatedClock()
    const hub = new Hub(new Loop(clock))
    const stuck = hub.within(() => spawn(() => new Event().wait()))
    while (clock.step());
    expect(stuck.started).toBe(true)
  })
})

describe('hub.join', () => {
  it('S22: is true when the loop has run dry, whatever is stuck, and false when the time is over', () => {
    runSimulated(function* () {
      const hub = getHub()
      const stuck = spawn(() => new Event().wait())
      spawn(() => sleep(20))
      const other = spawn(() => hub.join())
      expect([yield* hub.join(10), time()]).toEqual([false, 10])
      expect([yield* hub.join(), time(), yield* other.get()]).toEqual([true, 20, true])
      expect([yield* hub.join(100), time(), stuck.ready]).toEqual([true, 20, false])
    })
  })

  it('S22: with 0 gives what is ready its turn, and then tells', () => {
    runSimulated(function* () {
      const child = spawn(() => sleep(0))
      expect([yield* getHub().join(0), child.ready]).toEqual([true, true])
      spawn(() => sleep(5))
      expect([yield* getHub().join(0), time()]).toEqual([false, 0])
    })
  })

  it('3h: lets a foreign Timeout and a kill through', () => {
    runSimulated(function* () {
      const sleeper = spawn(() => sleep(100))
      const timeout = Timeout.start(5)
      expect(yield* thrownBy(getHub().join())).toBe(timeout)
      const victim = spawn(() => getHub().join())
      yield* sleep(1)
      yield* victim.kill()
      expect(victim.value).toBeInstanceOf(GreenletExit)
      yield* sleeper.join()
    })
  })
})

describe('errors that nobody took', () => {
  it('S61: are printed with stack, time and name, once, and the program goes on', () => {
    const text = written(() => {
      runSimulated(function* () {
        const failing = spawn(function* broken() {
          yield* sleep(1)
          throw new TypeError('mine')
        })
        failing.name = 'broken'
        yield* failing.join()
        yield* sleep(10)
      })
    })
    expect(text).toMatch(/TypeError: mine\n {4}at /)
    expect(text).toMatch(/\n\d{4}-\d\d-\d\dT[\d:.]+Z broken failed with TypeError\n$/)
    expect(text.match(/TypeError: mine/g)).toHaveLength(1)
  })

  it('S61: are not printed for a GreenletExit, nor for main', () => {
    const text = written(() => {
      runClean(function* () {
        const child = spawn(() => sleep(10))
        yield* sleep(1)
        yield* child.kill()
        const early = spawn(() => sleep(10))
        yield* early.kill(GreenletExit)
      })
      expect(() =>
        runSimulated(function* () {
          yield* sleep(1)
          throw new Error('mine')
        }),
      ).toThrow('mine')
    })
    expect(text).toBe('')
  })

  it('S14, S61: are named by what failed, whatever was thrown', () => {
    const text = written(() => {
      runSimulated(function* () {
        const hub = getHub()
        hub.handleError('text', 'a string')
        hub.handleError(
          function named() {},
          Object.assign(new Error('no stack'), { stack: undefined }),
        )
        hub.handleError(() => {}, undefined)
        hub.handleError(null, new Error('x'))
        hub.handleError(Object.create(null), 5)
        hub.loop.runCallback(() => {
          throw new Error('callback')
        })
        yield* sleep(1)
      })
    })
    expect(text).toContain('text failed with string')
    expect(text).toContain('named failed with Error')
    expect(text).toContain('null failed with Error')
    expect(text).toContain('an object failed with number')
    expect(text).toContain('a Callback failed with Error')
  })

  it('S61: are printed to exceptionStream, and not at all when that is null', () => {
    const text = written(() => {
      runSimulated(function* () {
        const hub = getHub()
        const chunks: string[] = []
        const fail = function* (): Operation<void> {
          yield* sleep(1)
          throw new Error('mine')
        }
        hub.exceptionStream = { write: (chunk) => chunks.push(chunk) }
        yield* spawn(fail).join()
        hub.exceptionStream = null
        yield* spawn(fail).join()
        hub.handleError('nothing', new GreenletExit())
        expect(chunks.join('')).toMatch(/^Error: mine\n[^]*Z fail#\d+ failed with Error\n$/)
      })
    })
    expect(text).toBe('')
  })

  it('S62: are thrown into main when they are an Interrupted; whom they left is over, others live on', () => {
    runSimulated(function* () {
      getHub().exceptionStream = null
      const other = spawn(() => sleep(20))
      for (const fail of [
        (error: Error) =>
          void getHub().loop.runCallback(() => {
            throw error
          }),
        (error: Error) =>
          void spawn(function* () {
            yield* sleep(1)
            throw error
          }),
      ]) {
        const error = new Interrupted('SIGINT')
        fail(error)
        expect(yield* thrownBy(sleep(100))).toBe(error)
      }
      yield* other.get()
      expect(time()).toBe(20)
    })
    getHub().exceptionStream = null
    getHub().handleError('no main', new Interrupted('SIGINT'))
  })

  it('S61: go to handleError, which may be replaced, and whose own errors end nothing', () => {
    const text = written(() => {
      runClean(function* () {
        getHub().handleError = () => {
          throw new Error('of the handler')
        }
        const event = new Event()
        const failing = function* (): Operation<void> {
          yield* event.wait()
          throw new Error('of the greenlet')
        }
        const others = [failing, failing, () => event.wait()].map((body) =>
          spawn<unknown, []>(body),
        )
        const unstarted = spawn(failing)
        yield* unstarted.kill(new Error('of the kill'))
        yield* sleep(1)
        event.set()
        yield* sleep(1)
        expect(others.map(({ ready }) => ready)).toEqual([true, true, true])
        // The event is as good as before.
        expect(yield* event.wait()).toBe(true)
      })
    })
    expect(text.match(/failed with Error/g)).toHaveLength(6)
  })
})
