import { describe, expect, it } from 'vitest'
import { type Done, until } from '../../src/io/promise.ts'
import {
  Event,
  GreenletExit,
  LoopExit,
  run,
  sleep,
  spawn,
  type Operation,
} from '../../src/scheduler/index.ts'
import { thrownBy } from '../scheduler/helpers.ts'

function go<T>(main: () => Operation<T>): Promise<T> {
  return run(main, { signals: false })
}

describe('until', () => {
  it('gives what a promise gives, be it undefined, or settled long ago', async () => {
    await go(function* () {
      expect(yield* until(Promise.resolve(17))).toBe(17)
      expect(yield* until(Promise.resolve())).toBeUndefined()
      expect(yield* until(new Promise((resolve) => setImmediate(resolve, 'late')))).toBe('late')
    })
  })

  it('throws what a promise is rejected with, the very same', async () => {
    await go(function* () {
      const error = new Error('no')
      expect(yield* thrownBy(until(Promise.reject(error)))).toBe(error)
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      expect(yield* thrownBy(until(Promise.reject(undefined)))).toBeUndefined()
    })
  })

  it('gives what a function calls back with, or throws its error', async () => {
    await go(function* () {
      const later = (...result: Parameters<Done<number>>) =>
        until<number>((done) => void setImmediate(done, ...result))
      expect(yield* later(null, 17)).toBe(17)
      expect(yield* later(undefined, 18)).toBe(18)
      const error = new Error('no')
      expect(yield* thrownBy(later(error))).toBe(error)
    })
  })

  it('does not park for a function that calls back at once', async () => {
    await go(function* () {
      let others = 0
      spawn(function* () {
        others++
        yield* sleep(0)
      })
      const error = new Error('no')
      expect(yield* until<number>((done) => done(null, 17))).toBe(17)
      expect(yield* thrownBy(until((done) => done(error)))).toBe(error)
      expect(others).toBe(0)
    })
  })

  it('throws what the function throws', async () => {
    await go(function* () {
      const error = new Error('no')
      const thrown = yield* thrownBy(
        until(() => {
          throw error
        }),
      )
      expect(thrown).toBe(error)
    })
  })

  it('counts the first call alone', async () => {
    await go(function* () {
      let done!: Done<number>
      const waiting = spawn(() => until<number>((given) => void (done = given)))
      yield* sleep(0)
      done(null, 1)
      done(new Error('too late'))
      done(null, 2)
      expect(yield* waiting.get()).toBe(1)
      done(null, 3)
    })
  })

  it('cancels when it is killed, and drops what comes later', async () => {
    await go(function* () {
      const log: string[] = []
      let done!: Done<string>
      const waiting = spawn(function* () {
        try {
          log.push(
            yield* until<string>((given) => {
              done = given
              return () => log.push('cancelled')
            }),
          )
        } finally {
          log.push('unwound')
        }
      })
      yield* sleep(0)
      yield* waiting.kill()
      done(null, 'too late')
      yield* sleep(0)
      expect(log).toEqual(['cancelled', 'unwound'])
      expect(waiting.value).toBeInstanceOf(GreenletExit)
    })
  })

  it('cancels when it is killed in the very moment in which its outcome came', async () => {
    await go(function* () {
      for (const killedFirst of [true, false]) {
        const log: string[] = []
        let done!: Done<string>
        const waiting = spawn(function* () {
          const open = (given: Done<string>) => {
            done = given
            return () => log.push('cancelled')
          }
          log.push(yield* until(open as (given: Done<string>) => () => void))
        })
        yield* sleep(0)
        if (killedFirst) waiting.killSoon()
        done(null, 'taken')
        waiting.killSoon()
        yield* waiting.join()
        // Whoever opened something for nobody must be told.
        expect(log).toEqual(['cancelled'])
      }
    })
  })

  it('does not cancel what has come', async () => {
    await go(function* () {
      let cancelled = 0
      const source = (settle: (done: Done<number>) => void) => (done: Done<number>) => {
        settle(done)
        return () => void cancelled++
      }
      yield* until(source((done) => setImmediate(done, null, 1)))
      yield* until(source((done) => done(null, 1)))
      yield* thrownBy(until(source((done) => setImmediate(done, new Error('no')))))
      expect(cancelled).toBe(0)
    })
  })

  it('lets a promise go on by itself when it is killed, and its rejection is nobody’s', async () => {
    await go(function* () {
      let reject!: (error: Error) => void
      const promise = new Promise((_resolve, fail) => (reject = fail))
      const waiting = spawn(() => until(promise))
      yield* sleep(0)
      yield* waiting.kill()
      reject(new Error('not unhandled'))
      yield* sleep(0)
    })
  })

  it('holds the loop while it waits, and not a moment longer', async () => {
    const outcome = go(function* () {
      yield* until(new Promise((resolve) => setTimeout(resolve, 20)))
      const waiting = spawn(() => until(new Promise(() => {})))
      yield* sleep(0)
      yield* waiting.kill()
      yield* new Event().wait()
    })
    await expect(outcome).rejects.toThrow(LoopExit)
  })
})
