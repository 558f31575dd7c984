/**
 * Where a queue's items lie, and in which order they leave. First in first out is `ring.ts`.
 */

/** What a Queue needs of the place where its items lie. `shift` and `peek` only when there is one. */
export interface Storage<T> {
  readonly size: number
  push(item: T): unknown
  shift(): T | undefined
  peek(): T | undefined
}

/** Which of two items is to leave first: below 0 the first, above 0 the second, 0 the one that came first. */
export type Compare<T> = (a: T, b: T) => number

/** Last in, first out. */
export class Stack<T> implements Storage<T> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    return this.#items.pop()
  }

  peek(): T | undefined {
    return this.#items.at(-1)
  }
}

interface Numbered<T> {
  readonly item: T
  readonly number: number
}

/** Lowest first, and first come first served among equals: a binary heap. O(log items). */
export class Sorted<T> implements Storage<T> {
  readonly #heap: Numbered<T>[] = []
  readonly #compare: Compare<T>
  #pushes = 0

  constructor(compare: Compare<T>) {
    this.#compare = compare
  }

  get size(): number {
    return this.#heap.length
  }

  push(item: T): void {
    const entry = { item, number: this.#pushes++ }
    let index = this.#heap.length
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#isBefore(entry, this.#heap[parent]!)) break
      this.#heap[index] = this.#heap[parent]!
      index = parent
    }
    this.#heap[index] = entry
  }

  shift(): T | undefined {
    const first = this.#heap[0]?.item
    const last = this.#heap.pop()
    if (last !== undefined && this.#heap.length > 0) this.#sink(last)
    return first
  }

  peek(): T | undefined {
    return this.#heap[0]?.item
  }

  /** Puts `entry` where it belongs, from the free place at the top. */
  #sink(entry: Numbered<T>): void {
    const heap = this.#heap
    let index = 0
    for (let child = 1; child < heap.length; child = index * 2 + 1) {
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!this.#isBefore(heap[child]!, entry)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = entry
  }

  #isBefore(a: Numbered<T>, b: Numbered<T>): boolean {
    const order = this.#compare(a.item, b.item)
    return order < 0 || (order === 0 && a.number < b.number)
  }
}

/** The natural order: `<`, and of arrays the first place in which they differ, so that `[priority, item]` works. */
export function naturalOrder(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = naturalOrder(a[i], b[i])
      if (order !== 0) return order
    }
    return a.length - b.length
  }
  const [left, right] = [a as number, b as number]
  return left < right ? -1 : left > right ? 1 : 0
}
