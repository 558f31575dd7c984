import { describe, expect, it } from 'vitest'
import {
  AsyncResult,
  ConcurrentObjectUseError,
  Event,
  getHub,
  type Greenlet,
  iwait,
  type Linkable,
  type Operation,
  RLock,
  Semaphore,
  sleep,
  spawn,
  spawnLater,
  Timeout,
  wait,
} from '../../src/scheduler/index.ts'
import { runSimulated } from '../../src/scheduler/testing.ts'
import { keepErrors, runClean, thrownBy, time } from './helpers.ts'

const sleepers = (...ms: number[]): Greenlet<void>[] => ms.map((each) => spawn(() => sleep(each)))

/** Counts the links that are made and taken back. */
class Counted implements Linkable {
  links = 0
  made = 0
  rawlink(): void {
    this.links++
    this.made++
  }
  unlink(): void {
    this.links--
  }
}

describe('wait', () => {
  it('S41: gives greenlets, events, semaphores and results in the order of their readiness', () => {
    runClean(function* () {
      const greenlet = spawn(() => sleep(20))
      const [event, semaphore, result] = [new Event(), new Semaphore(0), new AsyncResult<number>()]
      const loop = getHub().loop
      loop.timer(10).start(() => event.set())
      loop.timer(30).start(() => semaphore.release())
      loop.timer(5).start(() => result.set(1))
      const objects = [greenlet, event, semaphore, result]
      expect(yield* wait(objects)).toEqual([result, event, greenlet, semaphore])
      expect([time(), semaphore.counter]).toEqual([30, 1])
    })
  })

  it('S41: gives those that are ready already, one that is listed twice twice', () => {
    runClean(function* () {
      const [done] = sleepers(0)
      yield* done!.join()
      const [event, semaphore, result] = [new Event(), new Semaphore(), new AsyncResult<number>()]
      event.set()
      result.set(1)
      const objects = [done!, event, event, semaphore, result]
      expect(yield* wait(objects)).toEqual(objects)
      expect(yield* wait(objects, { timeout: 0 })).toEqual(objects)
      expect([yield* wait([]), time()]).toEqual([[], 0])
    })
  })

  it('S41: comes back after the count, or with those that are ready when the time is over', () => {
    runClean(function* () {
      const all = sleepers(10, 5, 20)
      expect(yield* wait(all, { count: 2 })).toEqual([all[1], all[0]])
      expect(time()).toBe(10)
      expect(yield* wait(all, { timeout: 5 })).toEqual([all[0], all[1]])
      expect([time(), yield* wait(all, { timeout: 0 })]).toEqual([15, [all[0], all[1]]])
      expect(yield* wait(all, { count: 0 })).toEqual([])
      yield* all[2]!.join()
    })
  })

  it('S46, S41: lets what is ready in the turn of its timeout win', () => {
    runClean(function* () {
      const [ten] = sleepers(10)
      const event = new Event()
      yield* sleep(0)
      expect(yield* wait([ten!, event], { timeout: 10 })).toEqual([])
      const io = getHub().loop.io()
      getHub()
        .loop.timer(10)
        .start(() => io.feed())
      const steps = iwait([spawn(() => getHub().wait(io))], { timeout: 10.5 })
      expect(yield* steps.next()).toBeDefined()
      steps.close()
    })
  })

  it('S22: without objects is true when the loop has run dry, false when the time is over', () => {
    runSimulated(function* () {
      const stuck = spawn(() => new Event().wait())
      spawnLater(20, () => sleep(5))
      expect([yield* wait(undefined, { timeout: 10 }), time()]).toEqual([false, 10])
      expect([yield* wait(), time()]).toEqual([true, 25])
      expect(stuck.ready).toBe(false)
    })
  })

  it('refuses NaN before it links', () => {
    runClean(function* () {
      const counted = new Counted()
      const error = yield* thrownBy(wait([counted], { timeout: Number.NaN }))
      expect([error, counted.links]).toEqual([new RangeError('a timeout of NaN ms'), 0])
    })
  })
})

describe('iwait', () => {
  it('S41: gives one after the other, and tolerates parking in between', () => {
    runClean(function* () {
      const all = sleepers(30, 10, 20)
      const steps = iwait(all)
      expect(yield* steps.next()).toBe(all[1])
      yield* sleep(50)
      expect([yield* steps.next(), yield* steps.next()]).toEqual([all[2], all[0]])
      expect([yield* steps.next(), time()]).toEqual([undefined, 60])
    })
  })

  it('S41: links on its first step, and unlinks when it is left early, exhausted or timed out', () => {
    runClean(function* () {
      const counted = new Counted()
      const closed = iwait([counted, ...sleepers(1)])
      expect(counted.links).toBe(0)
      yield* closed.next()
      expect(counted.links).toBe(1)
      closed.close()
      closed.close()
      expect([counted.links, yield* closed.next()]).toEqual([0, undefined])
      const exhausted = iwait([counted, ...sleepers(1)], { count: 1 })
      yield* exhausted.next()
      expect([counted.links, yield* exhausted.next()]).toEqual([0, undefined])
      const late = iwait([counted, new Counted()], { timeout: 10 })
      expect([yield* late.next(), counted.links]).toEqual([undefined, 0])
      const interrupted = spawn(() => wait([counted]))
      yield* sleep(1)
      yield* interrupted.kill()
      expect(counted.links).toBe(0)
    })
  })

  it('S41: gives no more than the count, and nothing once it is closed, though more are ready', () => {
    runClean(function* () {
      const all = sleepers(10, 10)
      const one = iwait(all, { count: 1 })
      expect([yield* one.next(), yield* one.next()]).toEqual([all[0], undefined])
      const closed = iwait(all)
      expect(yield* closed.next()).toBe(all[0])
      yield* sleep(1)
      closed.close()
      expect([yield* closed.next(), yield* closed.next()]).toEqual([undefined, undefined])
    })
  })

  it('S41: links nothing where nothing is asked for', () => {
    runClean(function* () {
      const counted = new Counted()
      const none = iwait([counted], { count: 0 })
      expect(yield* none.next()).toBeUndefined()
      const closed = iwait([counted])
      closed.close()
      expect(yield* closed.next()).toBeUndefined()
      expect(counted.made).toBe(0)
    })
  })

  it('S41: with a time of 0 comes back in the same iteration', () => {
    runClean(function* () {
      const { loop } = getHub()
      const before = loop.iteration
      expect(yield* iwait([new Counted()], { timeout: 0 }).next()).toBeUndefined()
      expect(loop.iteration).toBe(before)
    })
  })

  it('S41: counts its time from the first step, and gives what was ready when it is over', () => {
    runClean(function* () {
      const all = sleepers(10, 20, 100)
      const steps = iwait(all, { timeout: 30 })
      yield* sleep(5)
      expect(yield* steps.next()).toBe(all[0])
      yield* sleep(50)
      expect([yield* steps.next(), yield* steps.next()]).toEqual([all[1], undefined])
      yield* all[2]!.join()
    })
  })

  it('3h: loses nothing to a foreign Timeout or a kill', () => {
    runClean(function* () {
      const all = sleepers(10, 20)
      const steps = iwait(all)
      const timeout = Timeout.start(5)
      expect(yield* thrownBy(steps.next())).toBe(timeout)
      const victim = spawn(() => steps.next())
      yield* sleep(1)
      yield* victim.kill()
      expect([yield* steps.next(), yield* steps.next()]).toEqual(all)
    })
  })

  it('is for one greenlet at a time, and can be closed under it', () => {
    runClean(function* () {
      const [one] = sleepers(10)
      const steps = iwait([one!])
      const first = spawn(() => steps.next())
      yield* sleep(1)
      expect(yield* thrownBy(steps.next())).toEqual(
        new ConcurrentObjectUseError('another greenlet waits for the next step'),
      )
      steps.close()
      expect([yield* first.get(), time()]).toEqual([undefined, 1])
      yield* one!.join()
    })
  })
})

it('S41: a time that is no number is a RangeError', () => {
  expect(() => iwait([], { timeout: Number.NaN })).toThrow(RangeError)
})

describe('rawlinks of a primitive', () => {
  it('S49: are called once with what they are of, in line with those who wait, merged when they are the same', () => {
    runClean(function* () {
      const event = new Event()
      const log: unknown[] = []
      const link = (object: unknown): void => void log.push(object === event)
      event.rawlink(link)
      event.rawlink(link)
      spawn(function* () {
        yield* event.wait()
        log.push('waiter')
      })
      yield* sleep(1)
      event.rawlink(() => log.push('second'))
      event.set()
      yield* sleep(1)
      expect(log).toEqual([true, 'waiter', 'second'])
      event.set()
      yield* sleep(1)
      expect(log).toHaveLength(3)
      event.rawlink(link)
      expect(log).toHaveLength(3)
      yield* sleep(1)
      expect(log).toHaveLength(4)
    })
  })

  it('S49: can be taken back, and must be functions', () => {
    runClean(function* () {
      const calls: string[] = []
      const link = (): void => void calls.push('called')
      const objects = [new Event(), new Semaphore(0), new AsyncResult<number>()] as const
      for (const object of objects) {
        expect(() => object.rawlink(5 as never)).toThrow(TypeError)
        object.rawlink(link)
        object.unlink(link)
        object.unlink(link)
      }
      objects[0].set()
      objects[1].release()
      objects[2].set(1)
      yield* sleep(1)
      expect(calls).toEqual([])
    })
  })

  it('S34: that fail are reported, and the next in line is woken', () => {
    runClean(function* () {
      const errors = keepErrors()
      const event = new Event()
      event.rawlink(() => {
        throw new Error('link')
      })
      const waiting = spawn(() => event.wait())
      yield* sleep(1)
      event.set()
      expect([yield* waiting.get(), errors]).toEqual([true, [expect.any(Error)]])
    })
  })

  it('S51: of a Semaphore are called when a unit is free, and take none', () => {
    runClean(function* () {
      const semaphore = new Semaphore(0)
      const counters: number[] = []
      semaphore.rawlink((it: Semaphore) => counters.push(it.counter))
      const waiting = spawn(() => semaphore.acquire())
      yield* sleep(1)
      expect(counters).toEqual([])
      semaphore.release()
      expect([yield* waiting.get(), counters]).toEqual([true, [1]])
    })
  })
})

it('3i: a LoopExit names a lock, not what it is made of', () => {
  const main = function* (): Operation<void> {
    const lock = new RLock()
    const holder = spawn(() => lock.acquire())
    yield* holder.join()
    const error = (yield* thrownBy(lock.acquire())) as Error
    expect(error.message).toContain('main waits for an RLock')
  }
  runSimulated(main)
})
