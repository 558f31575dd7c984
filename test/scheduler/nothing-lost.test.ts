/**
 * What goes through a queue or a channel comes out once, whoever is killed or times out on the way.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  Channel,
  Empty,
  Full,
  type Greenlet,
  killall,
  LifoQueue,
  type Operation,
  PriorityQueue,
  Queue,
  sleep,
  spawn,
} from '../../src/scheduler/index.ts'
import { runClean } from './helpers.ts'

const timeoutMs = fc.option(fc.nat(3), { nil: undefined })
const step = fc.record({
  action: fc.oneof(
    fc.record({ do: fc.constant('put' as const), timeoutMs }),
    fc.record({ do: fc.constant('get' as const), timeoutMs }),
    fc.record({ do: fc.constant('kill' as const), which: fc.nat() }),
  ),
  /** How long until the next; none is right away. */
  pauseMs: fc.option(fc.nat(2), { nil: undefined }),
})

const KINDS = {
  Channel: () => new Channel<number>(),
  Queue: () => new Queue<number>(1),
  'unbounded Queue': () => new Queue<number>(),
  PriorityQueue: () => new PriorityQueue<number>(2),
  LifoQueue: () => new LifoQueue<number>(1),
}

it.each(Object.entries(KINDS))(
  'S54: a %s loses nothing, and gives nothing twice',
  (_kind, make) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        runClean(function* () {
          const queue = make()
          const [put, refused, got]: number[][] = [[], [], []]
          function* putter(item: number, timeoutMs?: number): Operation<void> {
            try {
              yield* queue.put(item, timeoutMs)
              put!.push(item)
            } catch (error) {
              if (!(error instanceof Full)) throw error
              refused!.push(item)
            }
          }
          function* getter(timeoutMs?: number): Operation<void> {
            try {
              got!.push(yield* queue.get(timeoutMs))
            } catch (error) {
              if (!(error instanceof Empty)) throw error
            }
          }
          const greenlets: Greenlet<void>[] = []
          for (const [item, { action, pauseMs }] of steps.entries()) {
            if (action.do === 'put') greenlets.push(spawn(putter, item, action.timeoutMs))
            else if (action.do === 'get') greenlets.push(spawn(getter, action.timeoutMs))
            else greenlets[action.which % greenlets.length]?.killSoon()
            if (pauseMs !== undefined) yield* sleep(pauseMs)
          }
          yield* killall(greenlets)
          for (let drained = false; !drained;) {
            const before = got!.length
            yield* getter(0)
            drained = got!.length === before
          }
          yield* sleep(0)
          expect(new Set(got).size).toBe(got!.length)
          expect(put!.filter((item) => !got!.includes(item))).toEqual([])
          expect(refused!.filter((item) => got!.includes(item))).toEqual([])
        })
      }),
      { numRuns: 300 },
    )
  },
)
