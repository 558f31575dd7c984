/**
 * Queues whose items leave in another order.
 */
import { Queue } from './queue.ts'
import { type Compare, naturalOrder, Sorted, Stack } from './storage.ts'

/**
 * A Queue whose lowest item leaves first, and of equals the one that came first. Without `compare` the
 * order is that of `<`; arrays are compared place by place, so that items may be `[priority, item]`.
 */
export class PriorityQueue<T> extends Queue<T> {
  constructor(maxsize = 0, compare: Compare<T> = naturalOrder) {
    super(maxsize, new Sorted(compare))
  }
}

/** A Queue whose last item leaves first. */
export class LifoQueue<T> extends Queue<T> {
  constructor(maxsize = 0) {
    super(maxsize, new Stack<T>())
  }
}
