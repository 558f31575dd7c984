import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Heap } from '../../src/scheduler/heap.ts'

interface Node {
  heapIndex: number
  readonly id: number
  readonly key: number
}

let made = 0
const node = (key: number): Node => ({ heapIndex: -1, id: made++, key })

/** One that counts how often it was given a place. */
class Counting {
  moves = 0
  readonly key: number
  #heapIndex = -1

  constructor(key: number) {
    this.key = key
  }

  get heapIndex(): number {
    return this.#heapIndex
  }

  set heapIndex(index: number) {
    this.#heapIndex = index
    this.moves++
  }
}

/** Pops all. */
function drain(heap: Heap<Node>): Node[] {
  const nodes: Node[] = []
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) nodes.push(next)
  return nodes
}

describe('the heap', () => {
  it('is empty at first', () => {
    const heap = new Heap<Node>()
    expect([heap.size, heap.peek(), heap.minKey, heap.pop()]).toEqual([
      0,
      undefined,
      Infinity,
      undefined,
    ])
  })

  it('gives the smallest key first', () => {
    const heap = new Heap<Node>()
    for (const key of [5, 3, 9, 1, 7, -2]) heap.push(key, node(key))
    expect(heap.minKey).toBe(-2)
    expect(heap.peek()?.key).toBe(-2)
    expect(drain(heap).map(({ key }) => key)).toEqual([-2, 1, 3, 5, 7, 9])
  })

  it('gives equal keys in the order in which they came, also around removals (3a)', () => {
    const heap = new Heap<Node>()
    const nodes = Array.from({ length: 50 }, () => node(1))
    for (const each of nodes) heap.push(1, each)
    for (const index of [0, 7, 8, 30, 49]) heap.remove(nodes[index]!)
    const late = node(1)
    heap.push(1, late)
    const kept = nodes.filter((_, index) => ![0, 7, 8, 30, 49].includes(index))
    expect(drain(heap)).toEqual([...kept, late])
  })

  it('keeps the order of the few that are left of many, and of those that come then', () => {
    const heap = new Heap<Node>()
    const nodes = Array.from({ length: 1000 }, (_, index) => node((index * 7919) % 100))
    for (const each of nodes) heap.push(each.key, each)
    const left = nodes.filter((_, index) => index % 10 === 3)
    for (const each of nodes) if (!left.includes(each)) heap.remove(each)
    expect(heap.size).toBe(100)
    for (const each of Array.from({ length: 500 }, (_, index) => node((index * 31) % 100))) {
      heap.push(each.key, each)
      left.push(each)
    }
    expect(drain(heap)).toEqual(left.toSorted((a, b) => a.key - b.key || a.id - b.id))
  })

  it('looks past those that were removed ahead of the first', () => {
    const heap = new Heap<Node>()
    const nodes = [1, 2, 3, 4, 5, 6, 7, 8].map(node)
    for (const each of nodes) heap.push(each.key, each)
    for (const each of nodes.slice(0, 5)) heap.remove(each)
    expect([heap.size, heap.minKey, heap.peek()]).toEqual([3, 6, nodes[5]])
    expect(drain(heap)).toEqual(nodes.slice(5))
  })

  it('forgets a node that is removed, and does nothing for one that is not in it', () => {
    const heap = new Heap<Node>()
    const [one, ...others] = [1, 2, 3, 4, 5, 6, 7, 8].map(node)
    for (const each of [one!, ...others]) heap.push(each.key, each)
    heap.remove(one!)
    heap.remove(one!)
    expect([heap.size, one!.heapIndex]).toEqual([7, -1])
    expect(drain(heap)).toEqual(others)
  })

  it('moves nobody for those that come last and leave again', () => {
    const heap = new Heap<Counting>()
    const parked = Array.from({ length: 100 }, (_, key) => new Counting(key))
    for (const each of parked) heap.push(each.key, each)
    const sum = (): number => parked.reduce((all, { moves }) => all + moves, 0)
    const before = sum()
    for (let i = 0; i < 1000; i++) {
      const [first, second] = [new Counting(1000), new Counting(1000)]
      heap.push(1000, first)
      heap.push(1000, second)
      heap.remove(first)
      heap.remove(second)
    }
    expect(sum() - before).toBe(0)
  })

  it('moves each but a few times when all are removed as they came', () => {
    const heap = new Heap<Counting>()
    const nodes = Array.from({ length: 10_000 }, (_, i) => new Counting(i + (i % 1000)))
    for (const each of nodes) heap.push(each.key, each)
    for (const each of nodes) each.moves = 0
    for (const each of nodes) heap.remove(each)
    expect(nodes.reduce((all, { moves }) => all + moves, 0)).toBeLessThan(20_000)
  })

  it('keeps no memory for those that have left', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const bytes = (): number => {
      // Array buffers are let go in the background: a second collection waits for that of the first.
      for (const _ of [1, 2]) collect()
      return process.memoryUsage().arrayBuffers
    }
    const before = bytes()
    const heap = new Heap<Node>()
    const nodes = Array.from({ length: 100_000 }, (_, key) => node(key))
    for (const pass of ['remove', 'pop']) {
      for (const each of nodes) heap.push(each.key, each)
      expect(bytes() - before).toBeGreaterThan(1e6)
      if (pass === 'remove') for (const each of nodes.slice(100, -1)) heap.remove(each)
      else drain(heap)
      expect(bytes() - before).toBeLessThan(5e5)
      drain(heap)
    }
    const parked = [0, 1, 2].map(node)
    for (const each of parked) heap.push(each.key, each)
    for (let i = 0; i < 100_000; i++) {
      const gone = parked[i % 3]!
      heap.remove(gone)
      heap.push(i, gone)
    }
    expect(bytes() - before).toBeLessThan(5e5)
  })

  it('takes Infinity for a key', () => {
    const heap = new Heap<Node>()
    heap.push(Infinity, node(Infinity))
    heap.push(5, node(5))
    expect(drain(heap).map(({ key }) => key)).toEqual([5, Infinity])
  })

  it('does as a sorted list would, whatever is pushed, popped and removed', () => {
    const action = fc.oneof(
      fc.record({ do: fc.constant('push' as const), key: fc.integer({ min: 0, max: 20 }) }),
      fc.record({ do: fc.constant('pop' as const) }),
      fc.record({ do: fc.constant('remove' as const), which: fc.nat() }),
      fc.record({ do: fc.constant('thin' as const), keep: fc.integer({ min: 2, max: 9 }) }),
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
        const heap = new Heap<Node>()
        let model: Node[] = []
        for (const step of actions) {
          if (step.do === 'push') {
            const added = node(step.key)
            heap.push(step.key, added)
            model.push(added)
            model.sort((a, b) => a.key - b.key || a.id - b.id)
          } else if (step.do === 'pop') {
            expect(heap.pop()).toBe(model.shift())
          } else if (step.do === 'thin') {
            for (const [index, each] of model.entries()) {
              if ((index + 1) % step.keep > 0) heap.remove(each)
            }
            model = model.filter((_, index) => (index + 1) % step.keep === 0)
          } else if (model.length > 0) {
            const gone = model[step.which % model.length]!
            heap.remove(gone)
            expect(gone.heapIndex).toBe(-1)
            model = model.filter((each) => each !== gone)
          }
          expect(heap.size).toBe(model.length)
          // So that some leave ahead of the first before anybody looks.
          if (step.do === 'remove') continue
          expect(heap.peek()).toBe(model[0])
          expect(heap.minKey).toBe(model[0]?.key ?? Infinity)
        }
        expect(drain(heap)).toEqual(model)
      }),
      { numRuns: 300 },
    )
  })
})
