/**
 * The timers of a loop: the heap of all that has a deadline, watchers and sleeping greenlets.
 */
import { Heap, type HeapNode } from './heap.ts'
import { tracer } from './trace.ts'

/** What has a deadline: told when that has come, and it has left the heap, which kept the deadline for it. */
interface Timed extends HeapNode {
  expire(nowMs: number, deadlineMs: number): void
}

/** Timers, the nearest deadline first, and first come first served among equal ones. */
export class Timers extends Heap<Timed> {
  /** Takes all out that are due at `nowMs`, and only then tells them. */
  expire(nowMs: number): void {
    // Those that repeat go back into the heap, perhaps due again: that is for the next turn.
    const due: Timed[] = []
    const deadlines: number[] = []
    while (this.minKey <= nowMs) {
      deadlines.push(this.minKey)
      due.push(this.pop()!)
    }
    for (let index = 0; index < due.length; index++) {
      const timer = due[index]!
      if (tracer !== undefined) tracer.timer(timer)
      timer.expire(nowMs, deadlines[index]!)
    }
  }
}
