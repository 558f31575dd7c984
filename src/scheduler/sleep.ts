/**
 * Parking for a time, or for no reason but to let others run.
 */
import { getHub } from './hub.ts'
import { type Operation, PARK } from './operation.ts'
import { made } from './trace.ts'
import type { Priority } from './watcher.ts'

/**
 * Parks for at least `ms` milliseconds. 0 or less goes to the end of the ready FIFO, without a poll in
 * between. RangeError for NaN. A kill leaves nothing behind. O(log timers), or O(1) for 0.
 */
export function sleep(ms: number): Operation<void> {
  return made(sleeping(ms))
}

function* sleeping(ms: number): Operation<void> {
  if (Number.isNaN(ms)) throw new RangeError('nobody can sleep for NaN ms')
  const me = getHub().park(sleep)
  if (ms > 0) me.sleep(ms)
  else me.queue()
  yield PARK
  me.resumed()
}

/** Parks until an iteration in which nothing of `priority` or above is pending, behind all that is ready. */
export function idle(priority: Priority = 0): Operation<void> {
  return made(idling(priority))
}

function* idling(priority: Priority): Operation<void> {
  const hub = getHub()
  const watcher = hub.loop.idle()
  watcher.priority = priority
  yield* hub.wait(watcher)
}
