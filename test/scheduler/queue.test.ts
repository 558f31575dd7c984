import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import {
  Empty,
  Full,
  getHub,
  type Greenlet,
  joinall,
  type Operation,
  Queue,
  ShutDown,
  sleep,
  spawn,
  spawnLater,
  Timeout,
} from '../../src/scheduler/index.ts'
import { runClean, thrownBy, time } from './helpers.ts'

describe('a Queue', () => {
  it('S53: gives items in the order in which they were put, and says how many there are', () => {
    runClean(function* () {
      const queue = new Queue<number | undefined>(3)
      expect([queue.qsize, queue.empty, queue.full]).toEqual([0, true, false])
      for (const item of [1, undefined, 3]) yield* queue.put(item)
      expect([queue.qsize, queue.empty, queue.full]).toEqual([3, false, true])
      expect([yield* queue.get(), yield* queue.get(), queue.getNowait()]).toEqual([1, undefined, 3])
      expect(queue.empty).toBe(true)
    })
  })

  it('S53: with a maxsize of 0, or without one, is unbounded', () => {
    const queue = new Queue<number>(0)
    for (let i = 0; i < 10_000; i++) queue.putNowait(i)
    expect([queue.full, queue.qsize]).toEqual([false, 10_000])
    expect(new Queue().full).toBe(false)
    const refusal = (room: number): RangeError =>
      new RangeError(`a queue can't have room for ${room} items`)
    for (const room of [-1, Number.NaN]) expect(() => new Queue(room)).toThrow(refusal(room))
  })

  it('S53: serves getters first come first served', () => {
    runClean(function* () {
      const queue = new Queue<number>()
      const log: string[] = []
      for (const word of ['a', 'b', 'c']) {
        spawn(function* () {
          log.push(`${word}${yield* queue.get()}`)
        })
      }
      yield* sleep(1)
      for (const item of [1, 2, 3]) queue.putNowait(item)
      yield* sleep(1)
      expect(log).toEqual(['a1', 'b2', 'c3'])
    })
  })

  it('S53: wakes all whom it can serve before what the first of them starts', () => {
    runClean(function* () {
      const queue = new Queue<number>(2)
      const log: string[] = []
      for (const word of ['a', 'b']) {
        spawn(function* () {
          log.push(`${word}${yield* queue.get()}`)
          getHub().loop.runCallback(() => log.push(`callback of ${word}`))
        })
      }
      yield* sleep(1)
      for (const item of [1, 2]) queue.putNowait(item)
      yield* sleep(1)
      expect(log).toEqual(['a1', 'b2', 'callback of a', 'callback of b'])
    })
  })

  it('asks for one call back, however many items come, and for none where nobody waits', () => {
    runClean(function* () {
      const queue = new Queue<number>()
      const asked = vi.spyOn(getHub().loop, 'runCallback')
      queue.putNowait(1)
      queue.getNowait()
      expect(asked).toHaveBeenCalledTimes(0)
      const getting = [1, 2, 3].map(() => spawn(() => queue.get()))
      yield* sleep(1)
      for (const item of [1, 2, 3]) queue.putNowait(item)
      expect(asked).toHaveBeenCalledTimes(1)
      yield* joinall(getting)
      asked.mockRestore()
    })
  })

  it("S53: serves putters first come first served, each one's item going in when its turn comes", () => {
    runClean(function* () {
      const queue = new Queue<string>(1)
      const log: string[] = []
      for (const word of ['a', 'b', 'c']) {
        spawn(function* () {
          yield* queue.put(word)
          log.push(`put ${word}`)
        })
      }
      yield* sleep(1)
      expect([log, queue.qsize]).toEqual([['put a'], 1])
      for (let i = 0; i < 3; i++) {
        log.push(`got ${yield* queue.get()}`)
        yield* sleep(1)
      }
      expect(log).toEqual(['put a', 'got a', 'put b', 'got b', 'put c', 'got c'])
    })
  })

  it('S53: leaves an item in it until the getter runs; who takes it before that has it', () => {
    runClean(function* () {
      const queue = new Queue<number>()
      const waiting = spawn(() => queue.get())
      yield* sleep(1)
      queue.putNowait(1)
      expect([queue.qsize, queue.getNowait()]).toEqual([1, 1])
      yield* sleep(1)
      expect(waiting.ready).toBe(false)
      queue.putNowait(2)
      expect(yield* waiting.get()).toBe(2)
    })
  })

  it('S53: throws Empty and Full at once where it may not wait, and when the time is over', () => {
    runClean(function* () {
      const queue = new Queue<number>(1)
      const [isEmpty, isFull] = [new Empty('the queue is empty'), new Full('the queue is full')]
      const noItem = new Empty('the queue had no item in time')
      expect(() => queue.getNowait()).toThrow(isEmpty)
      expect(() => queue.get(0).next()).toThrow(isEmpty)
      expect(() => queue.peek(0).next()).toThrow(isEmpty)
      expect([yield* thrownBy(queue.get(10)), time()]).toEqual([noItem, 10])
      expect([yield* thrownBy(queue.peek(10)), time()]).toEqual([noItem, 20])
      queue.putNowait(1)
      expect(() => queue.putNowait(2)).toThrow(isFull)
      expect(() => queue.put(2, 0).next()).toThrow(isFull)
      const noRoom = new Full('the queue had no room in time')
      expect([yield* thrownBy(queue.put(2, 10)), time()]).toEqual([noRoom, 30])
      expect([queue.qsize, yield* queue.get()]).toEqual([1, 1])
    })
  })

  it('S54: loses no item to a getter that dies with a wake-up on its way: the next has it', () => {
    runClean(function* () {
      const queue = new Queue<number>()
      const victim = spawn(() => queue.get())
      const next = spawn(() => queue.get())
      yield* sleep(1)
      queue.putNowait(1)
      victim.killSoon()
      expect(yield* next.get()).toBe(1)
      expect(victim.value).not.toBe(1)
      const killedFirst = spawn(() => queue.get())
      const last = spawn(() => queue.get())
      yield* sleep(1)
      killedFirst.killSoon()
      queue.putNowait(2)
      expect(yield* last.get()).toBe(2)
    })
  })

  it('S54: loses no item to a getter whose time is over, nor to a foreign Timeout (3h)', () => {
    runClean(function* () {
      const queue = new Queue<number>()
      const late = spawn(() => thrownBy(queue.get(10)))
      const timed = spawn(function* () {
        const timeout = Timeout.start(10)
        return (yield* thrownBy(queue.get(50))) === timeout
      })
      const next = spawn(() => queue.get())
      yield* sleep(10)
      queue.putNowait(1)
      expect(yield* next.get()).toBe(1)
      expect([late.value, timed.value]).toEqual([expect.any(Empty), true])
    })
  })

  it('S54: loses no room to a putter that dies, and puts nothing for it', () => {
    runClean(function* () {
      const queue = new Queue<string>(1)
      queue.putNowait('first')
      const victim = spawn(() => queue.put('never'))
      const next = spawn(() => queue.put('next'))
      yield* sleep(1)
      expect(queue.getNowait()).toBe('first')
      yield* victim.kill()
      yield* next.get(5)
      expect([queue.getNowait(), queue.empty]).toEqual(['next', true])
    })
  })

  it('S55: peeks at the next item, and leaves it', () => {
    runClean(function* () {
      const queue = new Queue<number>()
      const peeking = spawn(() => queue.peek())
      const getting = spawn(() => queue.get())
      yield* sleep(1)
      queue.putNowait(1)
      expect([yield* peeking.get(), yield* getting.get()]).toEqual([1, 1])
      queue.putNowait(2)
      expect([yield* queue.peek(), yield* queue.get()]).toEqual([2, 2])
    })
  })

  it('S55: shut down takes nothing, gives what it has, and wakes all who wait', () => {
    runClean(function* () {
      const queue = new Queue<number>(1)
      queue.putNowait(1)
      const putting = spawn(() => thrownBy(queue.put(2)))
      yield* sleep(1)
      queue.shutdown()
      queue.shutdown()
      const takesNothing = new ShutDown('the queue was shut down: it takes nothing any more')
      expect(yield* putting.get()).toEqual(takesNothing)
      expect(() => queue.putNowait(3)).toThrow(takesNothing)
      expect(yield* queue.get()).toBe(1)
      const hasNothing = new ShutDown('the queue was shut down, and is empty')
      expect(yield* thrownBy(queue.get())).toEqual(hasNothing)
      expect(yield* thrownBy(queue.peek())).toEqual(hasNothing)
      expect(() => queue.getNowait()).toThrow(hasNothing)
      const other = new Queue<number>()
      const getting = [1, 2].map(() => spawn(() => thrownBy(other.get())))
      yield* sleep(1)
      other.shutdown()
      yield* joinall(getting)
      expect(getting.map(({ value }) => value)).toEqual([
        expect.any(ShutDown),
        expect.any(ShutDown),
      ])
    })
  })

  it('S55: shut down immediately drops its items', () => {
    runClean(function* () {
      const queue = new Queue<number>()
      queue.putNowait(1)
      queue.shutdown(true)
      expect([queue.qsize, yield* thrownBy(queue.get())]).toEqual([0, expect.any(ShutDown)])
    })
  })

  it('S11: lets timers come though a putter and a getter wake each other for ever', () => {
    runClean(function* () {
      const queue = new Queue<number>(1)
      let rounds = 0
      let stop = false
      spawn(function* () {
        while (!stop) yield* queue.put(1)
      })
      const consumer = spawn(function* () {
        while (!stop) {
          yield* queue.get()
          if (++rounds === 10_000) stop = true
        }
      })
      const later = spawn(() => sleep(0))
      yield* later.join()
      expect(rounds).toBeLessThan(10)
      yield* consumer.join()
    })
  })

  it('S53: does as a list would, whoever puts, gets or is killed', () => {
    const step = fc.constantFrom('put', 'get', 'kill')
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 }),
        fc.array(step, { maxLength: 60 }),
        (max, steps) => {
          runClean(function* () {
            const queue = new Queue<number>(max)
            const got: number[] = []
            const waiting: Greenlet<void>[] = []
            const killedPuts = new Set<number>()
            let [put, gets] = [0, 0]
            function* getter(): Operation<void> {
              got.push(yield* queue.get())
            }
            const puts = new Map<Greenlet<void>, number>()
            for (const action of steps) {
              if (action === 'put') {
                const item = put++
                const greenlet = spawn(() => queue.put(item))
                puts.set(greenlet, item)
                waiting.push(greenlet)
              } else if (action === 'get') {
                waiting.push(spawn(getter))
                gets++
              } else {
                const victim = waiting.findLast(({ ready }) => !ready)
                yield* sleep(1)
                if (victim !== undefined && !victim.ready) {
                  yield* victim.kill()
                  if (puts.has(victim)) killedPuts.add(puts.get(victim)!)
                  else gets--
                }
              }
              yield* sleep(1)
            }
            const items = [...Array(put).keys()].filter((item) => !killedPuts.has(item))
            expect(got).toEqual(items.slice(0, Math.min(gets, items.length)))
            for (const greenlet of waiting) yield* greenlet.kill()
          })
        },
      ),
    )
  })

  it('wakes a getter of a later time too', () => {
    runClean(function* () {
      const queue = new Queue<number>()
      spawnLater(10, () => queue.put(5))
      expect([yield* queue.get(100), time()]).toEqual([5, 10])
    })
  })
})
