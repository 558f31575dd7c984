/**
 * What the compiler knows: results infer, and a forgotten star does not compile. Nothing here runs but
 * what the types are about; `tsc` is the test, `npm run check` runs it.
 */
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  AsyncResult,
  type Body,
  Channel,
  type Greenlet,
  type GreenletExit,
  iwait,
  joinall,
  Local,
  type Nursery,
  nursery,
  type Operation,
  Pool,
  Queue,
  sleep,
  spawn,
  spawnLater,
  type Steps,
  wait,
  withTimeout,
} from '../../src/scheduler/index.ts'
import { runClean } from './helpers.ts'

function* seven(): Operation<number> {
  yield* sleep(0)
  return 7
}

function* shout(word: string, times: number): Operation<string> {
  yield* sleep(0)
  return word.repeat(times)
}

describe('types', () => {
  it('infer through spawn, get and value', () => {
    runClean(function* () {
      expectTypeOf(spawn(seven)).toEqualTypeOf<Greenlet<number>>()
      expectTypeOf(spawnLater(0, shout, 'a', 2)).toEqualTypeOf<Greenlet<string>>()
      const greenlet = spawn(shout, 'a', 2)
      expectTypeOf(greenlet.value).toEqualTypeOf<string | GreenletExit | undefined>()
      const text = yield* greenlet.get()
      expectTypeOf(text).toEqualTypeOf<string>()
      expect(text).toBe('aa')
      // @ts-expect-error -- a missing argument
      expectTypeOf(spawn<string, [string, number]>).toBeCallableWith(shout, 'a')
      yield* sleep(1)
    })
  })

  it('infer through joinall, of one kind of results and of several', () => {
    runClean(function* () {
      const same = yield* joinall([spawn(seven), spawn(seven)])
      expectTypeOf(same).toEqualTypeOf<Greenlet<number>[]>()
      const mixed = yield* joinall([spawn(seven), spawn(shout, 'a', 1)])
      expectTypeOf(mixed).toEqualTypeOf<(Greenlet<number> | Greenlet<string>)[]>()
      const ready = yield* wait([spawn(seven)])
      expectTypeOf(ready).toEqualTypeOf<Greenlet<number>[]>()
      expectTypeOf(wait()).toEqualTypeOf<Operation<boolean>>()
      expectTypeOf(iwait([spawn(seven)])).toEqualTypeOf<Steps<Greenlet<number>>>()
      yield* sleep(1)
    })
  })

  it('infer through withTimeout, with its value and without', () => {
    expectTypeOf(withTimeout(1, seven)).toEqualTypeOf<Operation<number>>()
    const limited = withTimeout(1, seven, { value: 'late' as const })
    expectTypeOf(limited).toEqualTypeOf<Operation<number | 'late'>>()
  })

  it('infer through nursery and its children', () => {
    runClean(function* () {
      const value = yield* nursery(function* (n) {
        expectTypeOf(n).toEqualTypeOf<Nursery>()
        const child = n.spawn(shout, 'a', 2)
        expectTypeOf(child).toEqualTypeOf<Greenlet<string>>()
        return (yield* child.get()).length
      })
      expectTypeOf(value).toEqualTypeOf<number>()
    })
  })

  it('infer through a pool', () => {
    const pool = new Pool(1)
    expectTypeOf(pool.spawn(seven)).toEqualTypeOf<Operation<Greenlet<number>>>()
    expectTypeOf(pool.apply(shout, 'a', 1)).toEqualTypeOf<Operation<string>>()
    const body = (times: number): Operation<string> => shout('a', times)
    expectTypeOf(pool.map(body, [1])).toEqualTypeOf<Operation<string[]>>()
    runClean(function* () {
      const steps = pool.imap(body, [1])
      expectTypeOf(steps).toEqualTypeOf<Steps<string>>()
      expect(yield* steps.next()).toBe('a')
      steps.close()
    })
  })

  it('are those of what the primitives carry', () => {
    expectTypeOf(new Queue<number>().get()).toEqualTypeOf<Operation<number>>()
    expectTypeOf(new Channel<string>().get()).toEqualTypeOf<Operation<string>>()
    expectTypeOf(new AsyncResult<number>().wait()).toEqualTypeOf<Operation<number | undefined>>()
    expectTypeOf(new Local<string>().get()).toEqualTypeOf<string | undefined>()
  })

  it('refuse a forgotten star, and what is no body', () => {
    const forgotten = function* (): Operation<void> {
      // @ts-expect-error -- `yield` where `yield*` is meant
      yield sleep(1)
    }
    expectTypeOf(forgotten).toExtend<Body<void>>()
    expectTypeOf<() => Promise<number>>().not.toExtend<Body<number>>()
    expectTypeOf<() => number>().not.toExtend<Body<number>>()
  })
})
