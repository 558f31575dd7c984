/**
 * Parking for a time, or for no reason but to let others run.
 */
import type { Greenlet } from './greenlet.ts'
import { getHub } from './hub.ts'
import { type Operation, PARK } from './operation.ts'
import type { Priority } from './watcher.ts'

/**
 * Parks for at least `ms` milliseconds. 0 or less goes to the end of the ready FIFO, without a poll in
 * between. RangeError for NaN. A kill leaves nothing behind. O(log timers), or O(1) for 0.
 */
export function* sleep(ms: number): Operation<void> {
  const hub = getHub()
  if (ms <= 0) {
    const me = hub.park(sleep)
    me.queue()
    yield PARK
    me.resumed()
    return
  }
  hub.loop.update()
  const timer = hub.loop.timer(ms)
  const me = hub.park(timer)
  timer.start(switchTo, me)
  yield PARK
  timer.stop()
  me.resumed()
}

/** Parks until an iteration in which nothing of `priority` or above is pending, behind all that is ready. */
export function* idle(priority: Priority = 0): Operation<void> {
  const hub = getHub()
  const watcher = hub.loop.idle()
  watcher.priority = priority
  yield* hub.wait(watcher)
}

function switchTo(greenlet: Greenlet<unknown>): void {
  greenlet.switch()
}
