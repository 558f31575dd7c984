import { describe, expect, it } from 'vitest'
import { LifoQueue, PriorityQueue, sleep, spawn } from '../../src/scheduler/index.ts'
import { runClean } from './helpers.ts'

describe('a PriorityQueue', () => {
  it('S55: gives the lowest item first', () => {
    runClean(function* () {
      const queue = new PriorityQueue<number>()
      for (const item of [3, 1, 2]) yield* queue.put(item)
      expect(yield* queue.peek()).toBe(1)
      expect([yield* queue.get(), yield* queue.get(), yield* queue.get()]).toEqual([1, 2, 3])
    })
  })

  it('S55: takes pairs of a priority and an item, and a comparison of its own', () => {
    const pairs = new PriorityQueue<[number, string]>()
    for (const pair of [
      [10, 'a'],
      [9, 'b'],
      [9, 'a'],
    ] as [number, string][])
      pairs.putNowait(pair)
    expect([pairs.getNowait(), pairs.getNowait(), pairs.getNowait()]).toEqual([
      [9, 'a'],
      [9, 'b'],
      [10, 'a'],
    ])
    const backwards = new PriorityQueue<number>(2, (a, b) => b - a)
    backwards.putNowait(1)
    backwards.putNowait(2)
    expect([backwards.full, backwards.getNowait()]).toEqual([true, 2])
  })
})

describe('a LifoQueue', () => {
  it('S55: gives the last item first', () => {
    runClean(function* () {
      const queue = new LifoQueue<number>(2)
      const putting = spawn(function* () {
        for (const item of [1, 2, 3]) yield* queue.put(item)
      })
      yield* sleep(1)
      expect([yield* queue.peek(), yield* queue.get()]).toEqual([2, 2])
      yield* putting.join()
      expect([yield* queue.get(), yield* queue.get()]).toEqual([3, 1])
    })
  })
})
