/**
 * The timers of a loop: the heap of all that has a deadline, watchers and sleeping greenlets.
 */
import { Heap, type HeapNode } from './heap.ts'
import { tracer } from './trace.ts'

/** What has a deadline: told when that has come, and it has left the heap. */
interface Timed extends HeapNode {
  expire(nowMs: number): void
}

/** Timers, the nearest deadline first, and first come first served among equal ones. */
export class Timers extends Heap<Timed> {
  /** Takes all out that are due at `nowMs`, and only then tells them. */
  expire(nowMs: number): void {
    // Those that repeat go back into the heap, perhaps due again: that is for the next turn.
    const due: Timed[] = []
    while (this.minKey <= nowMs) due.push(this.pop()!)
    for (const timer of due) {
      if (tracer !== undefined) tracer.timer(timer)
      timer.expire(nowMs)
    }
  }
}
