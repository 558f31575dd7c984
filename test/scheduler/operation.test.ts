import { describe, expectTypeOf, it } from 'vitest'
import {
  type Greenlet,
  type Operation,
  Pool,
  run,
  sleep,
  spawn,
  spawnLater,
} from '../../src/scheduler/index.ts'
import { runSimulated } from '../../src/scheduler/testing.ts'

describe('an operation', () => {
  it('does not compile with a forgotten star', () => {
    function* forgotten(): Operation<void> {
      // @ts-expect-error: only a Wait can be yielded, and an operation is none.
      yield sleep(1)
    }
    function* text(): Operation<void> {
      // @ts-expect-error: nor is anything else.
      yield 'text'
    }
    expectTypeOf(forgotten).returns.toEqualTypeOf<Operation<void>>()
    expectTypeOf(text).returns.toEqualTypeOf<Operation<void>>()
  })

  it('passes its arguments and its result through spawn, with their types', () => {
    function* add(a: number, b: string): Operation<string> {
      yield* sleep(a)
      return b
    }
    function types(): unknown[] {
      // @ts-expect-error: a number is missing.
      spawn(add, 'text')
      // @ts-expect-error: one too many.
      spawnLater(5, add, 1, 'text', 2)
      return [spawn(add, 1, 'text')]
    }
    expectTypeOf(types).returns.toEqualTypeOf<unknown[]>()
    expectTypeOf<ReturnType<typeof spawn<string, [number]>>>().toEqualTypeOf<Greenlet<string>>()
    expectTypeOf(new Pool(1).apply(add, 1, 'text')).toEqualTypeOf<Operation<string>>()
    expectTypeOf(new Pool(1).map(sleep, [1])).toEqualTypeOf<Operation<void[]>>()
    expectTypeOf(run<number>).returns.toEqualTypeOf<Promise<number>>()
    expectTypeOf(runSimulated<number>).returns.toEqualTypeOf<number>()
  })
})
