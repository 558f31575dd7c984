import { describe, expect, it } from 'vitest'
import {
  Channel,
  Empty,
  Full,
  getHub,
  sleep,
  spawn,
  spawnLater,
} from '../../src/scheduler/index.ts'
import { runClean, thrownBy, time } from './helpers.ts'

describe('a Channel', () => {
  it('S56: hands over where both are there, and the getter is switched to before the putter returns', () => {
    for (const first of ['getter', 'putter']) {
      runClean(function* () {
        const channel = new Channel<number>()
        const log: string[] = []
        const get = function* () {
          log.push(`got ${yield* channel.get()}`)
        }
        const put = function* () {
          yield* channel.put(7)
          log.push('put')
        }
        const [one, other] = first === 'getter' ? [get, put] : [put, get]
        spawn(one)
        yield* sleep(1)
        expect([channel.qsize, channel.empty, channel.full, log]).toEqual([0, true, true, []])
        spawn(other)
        yield* sleep(1)
        expect(log).toEqual(['got 7', 'put'])
      })
    }
  })

  it('S56: serves both sides first come first served', () => {
    runClean(function* () {
      const channel = new Channel<number>()
      const log: string[] = []
      for (const word of ['a', 'b', 'c']) {
        spawn(function* () {
          log.push(`${word}${yield* channel.get()}`)
        })
      }
      yield* sleep(1)
      for (const item of [1, 2, 3, 4, 5]) spawn(() => channel.put(item))
      yield* sleep(1)
      expect(log).toEqual(['a1', 'b2', 'c3'])
      expect([yield* channel.get(), yield* channel.get()]).toEqual([4, 5])
      yield* sleep(0)
    })
  })

  it('S56: makes who comes later wait behind a getter that is about to be served', () => {
    runClean(function* () {
      const channel = new Channel<string>()
      const first = spawn(() => channel.get())
      yield* sleep(1)
      spawn(() => channel.put('a'))
      const second = spawn(() => channel.get())
      spawn(() => channel.put('b'))
      expect([yield* first.get(), yield* second.get()]).toEqual(['a', 'b'])
      yield* sleep(0)
    })
  })

  it('S56: throws Full and Empty when nobody comes in time, at once with 0', () => {
    runClean(function* () {
      const channel = new Channel<number>()
      expect([yield* thrownBy(channel.put(1, 10)), time()]).toEqual([expect.any(Full), 10])
      expect([yield* thrownBy(channel.get(10)), time()]).toEqual([expect.any(Empty), 20])
      expect(() => channel.put(1, 0).next()).toThrow(Full)
      expect(() => channel.putNowait(1)).toThrow(Full)
      expect(() => channel.get(0).next()).toThrow(Empty)
      expect(() => channel.getNowait()).toThrow(Empty)
    })
  })

  it('S56: hands over without parking where the other side waits', () => {
    runClean(function* () {
      const channel = new Channel<number>()
      const getters = [1, 2].map(() => spawn(() => channel.get()))
      yield* sleep(1)
      expect(channel.put(1, 0).next().done).toBe(true)
      channel.putNowait(2)
      expect(() => channel.putNowait(3)).toThrow(Full)
      expect([yield* getters[0]!.get(), yield* getters[1]!.get()]).toEqual([1, 2])
      const putting = spawn(() => channel.put(4))
      yield* sleep(1)
      expect([channel.getNowait(), putting.ready]).toEqual([4, false])
      yield* putting.get()
    })
  })

  it('S56: can be got from in a callback', () => {
    runClean(function* () {
      const channel = new Channel<number>()
      const putting = spawn(() => channel.put(5))
      yield* sleep(1)
      const got: number[] = []
      getHub().loop.runCallback(() => got.push(channel.getNowait()))
      yield* putting.join()
      expect(got).toEqual([5])
    })
  })

  it('S54: loses no item to a getter that dies: the next has it', () => {
    runClean(function* () {
      const channel = new Channel<number>()
      const victims = [1, 2].map(() => spawn(() => channel.get()))
      yield* sleep(1)
      channel.putNowait(1)
      const putting = spawn(() => channel.put(2))
      yield* sleep(0)
      for (const victim of victims) yield* victim.kill()
      const values = victims.map(({ value }) => value).filter((value) => typeof value === 'number')
      while (values.length < 2) values.push(yield* channel.get())
      expect(values).toEqual([1, 2])
      yield* putting.join()
    })
  })

  it('S54: a handed item stays for the next where the getter was killed before its turn', () => {
    runClean(function* () {
      const channel = new Channel<number>()
      const victim = spawn(() => channel.get())
      yield* sleep(1)
      victim.killSoon()
      channel.putNowait(1)
      yield* victim.join()
      expect(yield* channel.get(5)).toBe(1)
    })
  })

  it('S54: forgets the item of a putter that dies', () => {
    runClean(function* () {
      const channel = new Channel<number>()
      const victim = spawn(() => channel.put(1))
      yield* sleep(1)
      yield* victim.kill()
      spawnLater(10, () => channel.put(2))
      expect([yield* channel.get(), time()]).toEqual([2, 11])
      yield* sleep(0)
    })
  })
})
