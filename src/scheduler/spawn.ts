/**
 * Starting greenlets. Plain calls, from anywhere: nothing parks, and nothing runs at once.
 */
import { Greenlet } from './greenlet.ts'
import type { Body } from './operation.ts'

/** Makes a greenlet of `body(...args)` and starts it: it runs when its turn comes. */
export function spawn<T, A extends readonly unknown[]>(body: Body<T, A>, ...args: A): Greenlet<T> {
  const greenlet = new Greenlet<T>(body as Body<T, readonly unknown[]>, ...args)
  greenlet.start()
  return greenlet
}

/** `spawn` that starts it in `ms` milliseconds. */
export function spawnLater<T, A extends readonly unknown[]>(
  ms: number,
  body: Body<T, A>,
  ...args: A
): Greenlet<T> {
  const greenlet = new Greenlet<T>(body as Body<T, readonly unknown[]>, ...args)
  greenlet.startLater(ms)
  return greenlet
}
