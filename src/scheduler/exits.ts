/**
 * Which errors are the scheduler's way of ending things, and none of a program's own.
 */
import { GreenletExit, Interrupted, LoopExit } from './errors.ts'
import { Timeout } from './timeout.ts'

/**
 * Throws `error` on if it is a kill, a Timeout, a LoopExit or an interruption: the first line of every
 * `catch` around a park that is not meant for those.
 */
export function rethrowExit(error: unknown): void {
  if (
    error instanceof GreenletExit ||
    error instanceof Timeout ||
    error instanceof LoopExit ||
    error instanceof Interrupted
  ) {
    throw error
  }
}
