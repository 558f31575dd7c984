import { describe, expect, it } from 'vitest'
import { AsyncResult, sleep, spawn, Timeout } from '../../src/scheduler/index.ts'
import { keepErrors, runClean, thrownBy, time } from './helpers.ts'

describe('an AsyncResult', () => {
  it('S50: gives its value to all who wait and to all who come later', () => {
    runClean(function* () {
      const result = new AsyncResult<number>()
      const log: string[] = []
      for (const word of ['a', 'b']) {
        spawn(function* () {
          log.push(`${word} ${yield* result.get()}`)
        })
      }
      yield* sleep(1)
      expect([result.ready, result.successful, result.value]).toEqual([false, false, undefined])
      result.set(7)
      log.push('set')
      yield* sleep(1)
      expect(log).toEqual(['set', 'a 7', 'b 7'])
      expect(result.get().next()).toEqual({ done: true, value: 7 })
      expect([result.getNowait(), yield* result.wait()]).toEqual([7, 7])
      expect([result.ready, result.successful, result.value, result.exception]).toEqual([
        true,
        true,
        7,
        undefined,
      ])
    })
  })

  it('S50: throws its error, the same to everybody, from get; wait gives undefined', () => {
    runClean(function* () {
      const result = new AsyncResult<number>()
      const failure = new Error('mine')
      const getting = spawn(() => thrownBy(result.get()))
      const waiting = spawn(() => result.wait())
      yield* sleep(1)
      result.setException(failure)
      expect([yield* getting.get(), yield* waiting.get()]).toEqual([failure, undefined])
      expect(yield* thrownBy(result.get())).toBe(failure)
      expect(() => result.getNowait()).toThrow(failure)
      expect([result.ready, result.successful, result.value, result.exception]).toEqual([
        true,
        false,
        undefined,
        failure,
      ])
    })
  })

  it('S50: set again gives the last; a value wins over an earlier error', () => {
    runClean(function* () {
      const result = new AsyncResult<number>()
      result.setException(new Error('mine'))
      result.set(1)
      expect(yield* result.get()).toBe(1)
      result.set(2)
      expect([yield* result.get(), result.exception]).toEqual([2, undefined])
    })
  })

  it('S50: an undefined is a value', () => {
    runClean(function* () {
      const result = new AsyncResult<undefined>()
      result.set(undefined)
      expect([result.ready, yield* result.get()]).toEqual([true, undefined])
    })
  })

  it('S50: get throws a Timeout when the time is over, getNowait and 0 at once; wait gives undefined', () => {
    runClean(function* () {
      const result = new AsyncResult<number>()
      const error = yield* thrownBy(result.get(10))
      expect([error, time()]).toEqual([expect.any(Timeout), 10])
      expect((error as Error).stack).toContain('async-result.test.ts')
      expect([yield* result.wait(5), time()]).toEqual([undefined, 15])
      expect(() => result.getNowait()).toThrow(Timeout)
      expect(() => result.get(0).next()).toThrow(Timeout)
      expect(result.wait(0).next()).toEqual({ done: true, value: undefined })
    })
  })

  it('S50: can be the target of a link', () => {
    runClean(function* () {
      keepErrors()
      const failure = new Error('mine')
      const results = [new AsyncResult<number>(), new AsyncResult<number>()]
      const good = spawn(function* () {
        yield* sleep(1)
        return 5
      })
      const bad = spawn(function* (): ReturnType<typeof good.get> {
        yield* sleep(1)
        throw failure
      })
      good.link(results[0]!)
      bad.link(results[1]!)
      expect([yield* results[0]!.get(), yield* thrownBy(results[1]!.get())]).toEqual([5, failure])
    })
  })

  it('3h: lets a foreign Timeout and a kill through, which leave no trace', () => {
    runClean(function* () {
      const result = new AsyncResult<number>()
      const timeout = Timeout.start(5)
      expect(yield* thrownBy(result.get(50))).toBe(timeout)
      const victim = spawn(() => result.get())
      yield* sleep(1)
      result.set(1)
      yield* victim.kill()
      expect(victim.value).not.toBe(1)
    })
  })
})
