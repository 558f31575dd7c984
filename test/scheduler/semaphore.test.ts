import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Greenlet,
  joinall,
  type Operation,
  Semaphore,
  sleep,
  spawn,
  Timeout,
} from '../../src/scheduler/index.ts'
import { runClean, thrownBy, time } from './helpers.ts'

describe('a Semaphore', () => {
  it('S51: counts, and does not park while there are units', () => {
    const semaphore = new Semaphore(2)
    expect([semaphore.counter, semaphore.locked]).toEqual([2, false])
    expect(semaphore.acquire().next()).toEqual({ done: true, value: true })
    expect([semaphore.tryAcquire(), semaphore.tryAcquire()]).toEqual([true, false])
    expect([semaphore.counter, semaphore.locked]).toEqual([0, true])
    semaphore.release()
    expect(semaphore.counter).toBe(1)
  })

  it('S51: begins with one unit, with none if so told, never with less', () => {
    expect([new Semaphore().counter, new Semaphore(0).locked]).toEqual([1, true])
    expect(() => new Semaphore(-1)).toThrow(RangeError)
    expect(() => new Semaphore(Number.NaN)).toThrow(RangeError)
  })

  it('S51: may be released more often than it was acquired', () => {
    const semaphore = new Semaphore(1)
    semaphore.release()
    expect(semaphore.counter).toBe(2)
  })

  it('S51: is first come first served among those who wait', () => {
    runClean(function* () {
      const semaphore = new Semaphore(1)
      const log: number[] = []
      const users = [1, 2, 3, 4].map((i) =>
        spawn(function* () {
          yield* semaphore.acquire()
          log.push(i)
          yield* sleep(10)
          semaphore.release()
        }),
      )
      yield* joinall(users)
      expect([log, time()]).toEqual([[1, 2, 3, 4], 40])
    })
  })

  it('S51: lets an acquire that runs before the notification have the unit; the waiter keeps its place', () => {
    runClean(function* () {
      const semaphore = new Semaphore(0)
      const log: string[] = []
      for (const word of ['a', 'b']) {
        spawn(function* () {
          yield* semaphore.acquire()
          log.push(word)
        })
      }
      yield* sleep(1)
      semaphore.release()
      expect(semaphore.tryAcquire()).toBe(true)
      yield* sleep(1)
      expect(log).toEqual([])
      semaphore.release()
      semaphore.release()
      yield* sleep(1)
      expect(log).toEqual(['a', 'b'])
    })
  })

  it('S51: gives false when the time is over, at once when there is none', () => {
    runClean(function* () {
      const semaphore = new Semaphore(0)
      expect([yield* semaphore.acquire({ timeout: 10 }), time()]).toEqual([false, 10])
      expect(semaphore.acquire({ timeout: 0 }).next()).toEqual({ done: true, value: false })
      semaphore.release()
      expect(yield* semaphore.acquire({ timeout: 10 })).toBe(true)
    })
  })

  it('S51: wait gives how many units are free, and takes none', () => {
    runClean(function* () {
      const semaphore = new Semaphore(2)
      expect(semaphore.wait().next()).toEqual({ done: true, value: 2 })
      const empty = new Semaphore(0)
      expect([yield* empty.wait(10), time()]).toEqual([0, 10])
      expect(empty.wait(0).next()).toEqual({ done: true, value: 0 })
      const waiting = spawn(() => empty.wait())
      const taking = spawn(() => empty.acquire())
      yield* sleep(1)
      empty.release()
      expect([yield* waiting.get(), yield* taking.get(), empty.counter]).toEqual([1, true, 0])
    })
  })

  it('S54: loses no unit to one who is killed when it is on its way: the next gets it', () => {
    runClean(function* () {
      const semaphore = new Semaphore(0)
      const [first, second] = [1, 2].map(() => spawn(() => semaphore.acquire()))
      yield* sleep(1)
      semaphore.release()
      yield* first!.kill()
      expect(yield* second!.get(5)).toBe(true)
      expect(semaphore.counter).toBe(0)
    })
  })

  it('S54: loses no unit to one whose time is over, nor to a foreign Timeout (3h)', () => {
    runClean(function* () {
      const semaphore = new Semaphore(0)
      const late = spawn(() => semaphore.acquire({ timeout: 10 }))
      const timed = spawn(function* () {
        const timeout = Timeout.start(10)
        return (yield* thrownBy(semaphore.acquire({ timeout: 50 }))) === timeout
      })
      const next = spawn(() => semaphore.acquire())
      yield* sleep(10)
      semaphore.release()
      expect([yield* late.get(), yield* timed.get(), yield* next.get(5)]).toEqual([
        false,
        true,
        true,
      ])
      expect(semaphore.counter).toBe(0)
    })
  })

  it('S54: loses no unit when all who wait are killed at once', () => {
    runClean(function* () {
      const semaphore = new Semaphore(0)
      const waiting = [1, 2, 3].map(() => spawn(() => semaphore.acquire()))
      yield* sleep(1)
      semaphore.release()
      for (const greenlet of waiting) greenlet.killSoon()
      yield* joinall(waiting)
      expect(semaphore.counter).toBe(1)
    })
  })

  it('S54: does as a FIFO list would, whoever waits, is killed or gives back', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('acquire' as const) }),
      fc.record({ do: fc.constant('release' as const) }),
      fc.record({ do: fc.constant('kill' as const), which: fc.nat() }),
    )
    fc.assert(
      fc.property(fc.nat(3), fc.array(step, { maxLength: 60 }), (units, steps) => {
        runClean(function* () {
          const semaphore = new Semaphore(units)
          const got: number[] = []
          const modelGot: number[] = []
          const queue: number[] = []
          const greenlets: Greenlet<void>[] = []
          let free = units
          function* take(id: number): Operation<void> {
            yield* semaphore.acquire()
            got.push(id)
          }
          for (const [id, action] of steps.entries()) {
            if (action.do === 'acquire') {
              greenlets[id] = spawn(take, id)
              queue.push(id)
            } else if (action.do === 'release') {
              semaphore.release()
              free++
            } else if (queue.length > 0) {
              const [killed] = queue.splice(action.which % queue.length, 1)
              yield* greenlets[killed!]!.kill()
            }
            yield* sleep(1)
            while (free > 0 && queue.length > 0) {
              free--
              modelGot.push(queue.shift()!)
            }
            expect(got).toEqual(modelGot)
            expect(semaphore.counter).toBe(free)
          }
          for (const id of queue) yield* greenlets[id]!.kill()
        })
      }),
    )
  })
})
