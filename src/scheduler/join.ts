/**
 * Waiting for several greenlets, and ending several.
 */
import { traced } from './errors.ts'
import type { Greenlet } from './greenlet.ts'
import { getHub } from './hub.ts'
import type { Operation } from './operation.ts'
import { Timeout } from './timeout.ts'
import { made } from './trace.ts'
import { Waiter } from './waiter.ts'

/** How long, and for how many. */
export interface JoinOptions {
  /** In milliseconds; 0 looks without parking. Default: for ever. */
  timeout?: number | undefined
  /** Come back when so many have ended. Default: all. */
  count?: number | undefined
  /** Throw the first failure, in the order of completion, and leave the others running. */
  raiseError?: boolean | undefined
}

/**
 * Parks until all of `greenlets` have ended, or `count` of them, or the time is over; gives those that
 * have, in the order in which they ended. One that is listed twice counts twice. Those that had ended
 * before come first, in the order of the list, and do not park. O(greenlets).
 */
export function joinall<G extends Greenlet<unknown>>(
  greenlets: Iterable<G>,
  options: JoinOptions = {},
): Operation<G[]> {
  return made(joining(greenlets, options))
}

function* joining<G extends Greenlet<unknown>>(
  greenlets: Iterable<G>,
  { timeout, count = Infinity, raiseError = false }: JoinOptions,
): Operation<G[]> {
  const all = [...greenlets]
  const wanted = Math.min(count, all.length)
  const ended: G[] = []
  const waiter = new Waiter<void>(getHub(), all)
  const onEnd = (greenlet: Greenlet<unknown>): void => {
    ended.push(greenlet as G)
    if (ended.length >= wanted || (raiseError && !greenlet.successful)) waiter.switch()
  }
  const running = all.filter((greenlet) => {
    if (!greenlet.ready) return true
    if (ended.length < wanted) onEnd(greenlet)
    return false
  })
  const failed = (): G | undefined =>
    raiseError ? ended.find(({ successful }) => !successful) : undefined
  if (ended.length < wanted && failed() === undefined && !(timeout !== undefined && timeout <= 0)) {
    for (const greenlet of running) greenlet.rawlink(onEnd)
    try {
      yield* waiter.getWithin(timeout, undefined)
    } finally {
      for (const greenlet of running) greenlet.unlink(onEnd)
    }
  }
  const failure = failed()
  if (failure !== undefined) throw failure.exception
  return ended
}

/**
 * Kills all of `greenlets`, in their order, and parks until they have ended, those that resist
 * included. Those that have not begun never run. With `timeout`, in milliseconds: a Timeout is thrown
 * if some still live then. Without `block` it does not park.
 */
export function killall(
  greenlets: Iterable<Greenlet<unknown>>,
  error?: unknown,
  options: { block?: boolean; timeout?: number } = {},
): Operation<void> {
  return made(killing(greenlets, error, options))
}

function* killing(
  greenlets: Iterable<Greenlet<unknown>>,
  error: unknown,
  { block = true, timeout }: { block?: boolean; timeout?: number },
): Operation<void> {
  const all = [...greenlets]
  const me = getHub().current
  for (const greenlet of all) if (greenlet !== me) greenlet.killSoon(error)
  if (block) {
    const others = all.filter((greenlet) => greenlet !== me)
    const ended = yield* joinall(others, { timeout })
    if (ended.length < others.length) throw traced(new Timeout(timeout))
  }
  if (me !== undefined && all.includes(me)) yield* me.kill(error)
}
