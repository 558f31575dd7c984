/**
 * A session from its first entry to its end: what the command and the library have in common.
 */
import { type Operation, sleep, spawn } from '../scheduler/index.ts'
import type { Session } from './session.ts'

/** Between two looks of those who show progress. */
const TICK_MS = 100

/**
 * Runs `feed`, which gives `session` its entries, and parks until all downloads have ended. Calls `tick`
 * with `performance.now()` about ten times a second meanwhile. A kill, or an error of `feed`, stops the
 * downloads, waits until each has cleaned up, and is thrown on.
 */
export function* conduct(
  session: Session,
  feed: () => Operation<void>,
  tick: (nowMs: number) => void,
): Operation<void> {
  const ticker = spawn(function* ticker() {
    for (;;) {
      tick(performance.now())
      yield* sleep(TICK_MS)
    }
  })
  let isDone = false
  try {
    yield* feed()
    yield* session.join()
    isDone = true
  } finally {
    if (!isDone) yield* session.stop()
    ticker.killSoon()
  }
}
