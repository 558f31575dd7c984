import { describe, expect, it } from 'vitest'
import {
  BlockingSwitchOutError,
  Event,
  getcurrent,
  type Greenlet,
  GreenletExit,
  LoopExit,
  type Nursery,
  nursery,
  type Operation,
  sleep,
  spawn,
  Timeout,
  withTimeout,
} from '../../src/scheduler/index.ts'
import { runSimulated } from '../../src/scheduler/testing.ts'
import { errorOf, keepErrors, runClean, thrownBy, time } from './helpers.ts'

function* after(ms: number, error?: Error): Operation<number> {
  yield* sleep(ms)
  if (error !== undefined) throw error
  return ms
}

/** Sleeps long, and logs its end. */
function* cleaner(log: string[], word: string, cleanupMs = 0, error?: Error): Operation<void> {
  try {
    yield* sleep(1000)
    log.push(`${word} slept`)
  } catch (thrown) {
    log.push(`${word} ${(thrown as Error).name}`)
    throw thrown
  } finally {
    yield* sleep(cleanupMs)
    // oxlint-disable-next-line eslint/no-unsafe-finally
    if (error !== undefined) throw error
  }
}

describe('a nursery', () => {
  it('3f: ends after its children, and gives what its body gives', () => {
    runClean(function* () {
      let child: Greenlet<number> | undefined
      const value = yield* nursery(function* (n) {
        child = n.spawn(after, 10)
        yield* sleep(1)
        expect(n.size).toBe(1)
        return 'value'
      })
      expect([value, time(), child!.value]).toEqual(['value', 10, 10])
    })
  })

  it('3f: takes children of children while it is open, and no more once it is closed', () => {
    runClean(function* () {
      let kept: Nursery | undefined
      yield* nursery(function* (n) {
        kept = n
        n.spawn(function* () {
          yield* sleep(5)
          n.spawn(after, 5)
        })
        yield* sleep(1)
      })
      expect(time()).toBe(10)
      expect(() => kept!.spawn(after, 1)).toThrow('closed')
    })
  })

  it('3f: throws the error of a child once the others, killed last first, and the body have ended', () => {
    runClean(function* () {
      const errors = keepErrors()
      const log: string[] = []
      const failure = new Error('mine')
      const thrown = yield* thrownBy(
        nursery(function* (n) {
          n.spawn(cleaner, log, 'a', 5)
          n.spawn(after, 10, failure)
          n.spawn(cleaner, log, 'b', 5)
          yield* cleaner(log, 'body')
        }),
      )
      expect(thrown).toBe(failure)
      expect([log, time()]).toEqual([['body GreenletExit', 'b GreenletExit', 'a GreenletExit'], 15])
      // Raised, so not reported as well.
      expect(errors).toEqual([])
    })
  })

  it('3f: throws the error of its body once the children have ended', () => {
    runClean(function* () {
      const log: string[] = []
      const failure = new Error('mine')
      const body = function* (n: Nursery): Operation<void> {
        n.spawn(cleaner, log, 'child', 5)
        yield* after(10, failure)
      }
      expect(yield* thrownBy(nursery(body))).toBe(failure)
      expect([log, time()]).toEqual([['child GreenletExit'], 15])
    })
  })

  it('3f: lets its body clean up in peace while more children fail', () => {
    runClean(function* () {
      const [first, second] = [new Error('first'), new Error('second')]
      const log: string[] = []
      const error = yield* thrownBy(
        nursery(function* (n) {
          n.spawn(after, 10, first)
          n.spawn(cleaner, [], 'child', 5, second)
          yield* cleaner(log, 'body', 20)
        }),
      )
      expect((error as AggregateError).errors).toEqual([first, second])
      expect([log, time()]).toEqual([['body GreenletExit'], 30])
    })
  })

  it("3f: throws several errors as an AggregateError, the body's own first", () => {
    runClean(function* () {
      const [first, own, cleanup] = ['first', 'own', 'cleanup'].map((word) => new Error(word))
      const error = yield* thrownBy(
        nursery(function* (n) {
          n.spawn(after, 10, first)
          n.spawn(cleaner, [], 'child', 5, cleanup)
          yield* cleaner([], 'body', 1, own)
        }),
      )
      expect(error).toBeInstanceOf(AggregateError)
      expect((error as Error).message).toBe('3 errors in a nursery')
      expect((error as AggregateError).errors).toEqual([own, first, cleanup])
    })
  })

  it('3f: throws the error of a child that fails while it waits for the others', () => {
    runClean(function* () {
      const failure = new Error('mine')
      const body = function* (n: Nursery): Operation<void> {
        n.spawn(after, 10, failure)
        n.spawn(after, 1000)
        yield* sleep(0)
      }
      expect([yield* thrownBy(nursery(body)), time()]).toEqual([failure, 10])
    })
  })

  it('3f: throws the error of a child also when its body has caught the kill', () => {
    runClean(function* () {
      const failure = new Error('mine')
      const body = function* (n: Nursery): Operation<string> {
        n.spawn(after, 10, failure)
        expect(yield* thrownBy(sleep(100))).toBeInstanceOf(GreenletExit)
        expect(() => n.spawn(after, 1)).toThrow('closed')
        return 'caught'
      }
      expect(yield* thrownBy(nursery(body))).toBe(failure)
    })
  })

  it('3f: does not mind a child that is killed', () => {
    runClean(function* () {
      const body = function* (n: Nursery): Operation<string> {
        const child = n.spawn(after, 100)
        yield* sleep(1)
        yield* child.kill()
        return 'value'
      }
      expect(yield* nursery(body)).toBe('value')
    })
  })

  it('3f: that is killed kills its children, and is a kill', () => {
    runClean(function* () {
      const log: string[] = []
      for (const ms of [0, 100]) {
        const victim = spawn(() =>
          nursery(function* (n) {
            n.spawn(cleaner, log, 'child', 5)
            yield* sleep(ms)
          }),
        )
        yield* sleep(10)
        yield* victim.kill()
        expect(victim.value).toBeInstanceOf(GreenletExit)
      }
      expect([log, time()]).toEqual([['child GreenletExit', 'child GreenletExit'], 30])
    })
  })

  it('S30: that is killed fails with the error of a cleanup', () => {
    runClean(function* () {
      keepErrors()
      const failure = new Error('cleanup')
      const victim = spawn(() =>
        nursery(function* (n) {
          n.spawn(cleaner, [], 'child', 5, failure)
          yield* sleep(100)
        }),
      )
      yield* sleep(1)
      yield* victim.kill()
      expect(victim.exception).toBe(failure)
    })
  })

  it('3h: lets a Timeout end it, and is the Timeout again behind the cleanup', () => {
    runClean(function* () {
      const log: string[] = []
      const body = (): Operation<void> =>
        nursery(function* (n) {
          n.spawn(cleaner, log, 'child', 5)
          yield* sleep(1)
        })
      expect(yield* withTimeout(10, body, { value: 'late' })).toBe('late')
      expect([log, time()]).toEqual([['child GreenletExit'], 15])
      const second = Timeout.start(1)
      expect(yield* thrownBy(nursery(() => sleep(5)))).toBe(second)
    })
  })

  it('3f: nested in another unwinds from the inside', () => {
    runClean(function* () {
      const log: string[] = []
      const failure = new Error('mine')
      const thrown = yield* thrownBy(
        nursery(function* (outer) {
          outer.spawn(after, 10, failure)
          outer.spawn(cleaner, log, 'outer', 1)
          yield* nursery(function* (inner) {
            inner.spawn(cleaner, log, 'inner', 5)
            yield* sleep(1000)
          })
        }),
      )
      expect([thrown, [...log].sort(), time()]).toEqual([
        failure,
        ['inner GreenletExit', 'outer GreenletExit'],
        15,
      ])
    })
  })

  it('S21: whose children are stuck gets LoopExit, also when even their cleanup is', () => {
    const error = errorOf(() =>
      runSimulated(() =>
        nursery(function* (n) {
          n.spawn(function* () {
            try {
              yield* new Event().wait()
            } finally {
              yield* new Event().wait()
            }
          })
          yield* sleep(1)
        }),
      ),
    )
    expect(error).toBeInstanceOf(LoopExit)
  })

  it('S15: needs a greenlet to run it', () => {
    expect(getcurrent()).toBeUndefined()
    expect(() => nursery(() => sleep(1)).next()).toThrow(
      new BlockingSwitchOutError('only a greenlet can run a nursery'),
    )
  })
})
