import { describe, expect, it } from 'vitest'
import { JoinableQueue, sleep, spawn } from '../../src/scheduler/index.ts'
import { runClean, time } from './helpers.ts'

describe('a JoinableQueue', () => {
  it('S55: is joined when as much was said to be done as was put', () => {
    runClean(function* () {
      const queue = new JoinableQueue<number>()
      expect(queue.join().next()).toEqual({ done: true, value: true })
      for (const ms of [5, 10]) yield* queue.put(ms)
      spawn(function* () {
        for (let i = 0; i < 2; i++) {
          yield* sleep(yield* queue.get())
          queue.taskDone()
        }
      })
      expect([yield* queue.join(7), time()]).toEqual([false, 7])
      expect([yield* queue.join(), time()]).toEqual([true, 15])
      expect(() => queue.taskDone()).toThrow(RangeError)
    })
  })

  it('S55: is joined again after more was put, a putter that had to wait included', () => {
    runClean(function* () {
      const queue = new JoinableQueue<number>(1)
      const putting = spawn(function* () {
        yield* queue.put(1)
        yield* queue.put(2)
      })
      yield* sleep(1)
      expect(yield* queue.get()).toBe(1)
      yield* putting.join()
      queue.taskDone()
      expect(yield* queue.join(5)).toBe(false)
      expect(yield* queue.get()).toBe(2)
      queue.taskDone()
      expect(yield* queue.join(5)).toBe(true)
    })
  })

  it('S55: shut down immediately counts what it drops as done', () => {
    runClean(function* () {
      const queue = new JoinableQueue<number>()
      queue.putNowait(1)
      queue.putNowait(2)
      yield* queue.get()
      queue.shutdown(true)
      expect(yield* queue.join(0)).toBe(false)
      queue.taskDone()
      expect(yield* queue.join()).toBe(true)
    })
  })
})
