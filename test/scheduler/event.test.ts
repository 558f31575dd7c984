import { describe, expect, it } from 'vitest'
import { Event, getHub, sleep, spawn, Timeout } from '../../src/scheduler/index.ts'
import { atOnce, runClean, thrownBy, time } from './helpers.ts'

describe('an Event', () => {
  it('S49: wakes all who wait, in order, on a later callback', () => {
    runClean(function* () {
      const event = new Event()
      const log: string[] = []
      for (const word of ['a', 'b', 'c']) {
        spawn(function* () {
          log.push(`${word} ${yield* event.wait()}`)
        })
      }
      yield* sleep(1)
      event.set()
      log.push('set')
      yield* sleep(1)
      expect(log).toEqual(['set', 'a true', 'b true', 'c true'])
    })
  })

  it('S49: that is set and cleared at once wakes them too, but none who comes before they are told', () => {
    runClean(function* () {
      const event = new Event()
      const early = spawn(() => event.wait())
      yield* sleep(1)
      event.set()
      event.clear()
      expect(event.isSet).toBe(false)
      expect(yield* event.wait(5)).toBe(false)
      expect(early.value).toBe(true)
    })
  })

  it('S49: that is set again before they are told wakes those too who came in between', () => {
    runClean(function* () {
      const event = new Event()
      const log: string[] = []
      const wait = function* (word: string) {
        log.push(`${word} ${yield* event.wait(5)}`)
      }
      spawn(wait, 'a')
      yield* sleep(1)
      event.set()
      event.clear()
      spawn(wait, 'b')
      spawn(atOnce, () => {
        event.set()
        event.clear()
      })
      yield* sleep(10)
      // `b` came to wait after the notification of the first set was queued, and is told by the second.
      expect(log).toEqual(['a true', 'b true'])
    })
  })

  it('S49: gives false when the time is over, and true without parking when it is set', () => {
    runClean(function* () {
      const event = new Event()
      expect([yield* event.wait(10), time()]).toEqual([false, 10])
      expect(event.wait(0).next()).toEqual({ done: true, value: false })
      event.set()
      expect(event.isSet).toBe(true)
      expect(event.wait().next()).toEqual({ done: true, value: true })
      expect(event.wait(0).next()).toEqual({ done: true, value: true })
    })
  })

  it('S49: makes who comes during the notification wait behind those who are being woken', () => {
    runClean(function* () {
      const event = new Event()
      const log: string[] = []
      spawn(function* () {
        yield* event.wait()
        log.push('a')
        yield* event.wait()
        log.push('a again')
      })
      spawn(function* () {
        yield* event.wait()
        log.push('b')
      })
      yield* sleep(1)
      event.set()
      yield* sleep(1)
      expect(log).toEqual(['a', 'b', 'a again'])
    })
  })

  it('S49: makes who comes when it has just been set wait behind those who are still to be woken', () => {
    runClean(function* () {
      const event = new Event()
      const log: string[] = []
      for (const word of ['a', 'b']) {
        spawn(function* () {
          yield* event.wait()
          log.push(word)
        })
      }
      yield* sleep(1)
      event.set()
      expect(event.wait(0).next()).toEqual({ done: true, value: true })
      log.push(`main ${yield* event.wait(5)}`)
      expect([log, time()]).toEqual([['a', 'b', 'main true'], 1])
      yield* sleep(0)
      expect(event.wait().next()).toEqual({ done: true, value: true })
    })
  })

  it('S49: wakes those who came while it was set, though it is cleared before their turn', () => {
    runClean(function* () {
      const event = new Event()
      const log: string[] = []
      const wait = function* (word: string) {
        const isSet = yield* event.wait(5)
        log.push(`${word} ${isSet} at ${time()}`)
      }
      spawn(wait, 'early')
      yield* sleep(1)
      spawn(wait, 'late')
      spawn(atOnce, () => event.clear())
      spawn(wait, 'unset')
      // The notification stands in line behind those three.
      event.set()
      yield* sleep(10)
      expect(log).toEqual(['early true at 1', 'late true at 1', 'unset false at 6'])
    })
  })

  it('S49: that is cleared during the notification leaves who comes then parked', () => {
    runClean(function* () {
      const event = new Event()
      const late: boolean[] = []
      spawn(function* () {
        yield* event.wait()
        event.clear()
        late.push(yield* event.wait(5))
      })
      const other = spawn(() => event.wait())
      yield* sleep(1)
      event.set()
      yield* sleep(10)
      expect([late, other.value]).toEqual([[false], true])
    })
  })

  it('S46: that is set in the turn of a timeout loses against it', () => {
    runClean(function* () {
      const event = new Event()
      const waiting = spawn(() => event.wait(10))
      yield* sleep(0)
      getHub()
        .loop.timer(10)
        .start(() => event.set())
      expect(yield* waiting.get()).toBe(false)
    })
  })

  it('3h: lets a foreign Timeout and a kill through, which leave no trace', () => {
    runClean(function* () {
      const event = new Event()
      const timeout = Timeout.start(5)
      expect(yield* thrownBy(event.wait(50))).toBe(timeout)
      const victim = spawn(() => event.wait())
      const next = spawn(() => event.wait())
      yield* sleep(1)
      event.set()
      yield* victim.kill()
      expect([victim.value === true, yield* next.get()]).toEqual([false, true])
    })
  })

  it('is set with nobody waiting, as often as one likes', () => {
    runClean(function* () {
      const event = new Event()
      event.set()
      event.set()
      expect(yield* event.wait()).toBe(true)
      event.clear()
      event.clear()
      expect(event.isSet).toBe(false)
    })
  })
})
