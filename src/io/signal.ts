/**
 * Signals as greenlets (gevent's `signal_handler`): what is to be done may park.
 */
import { type Body, getHub, type SignalWatcher, spawn } from '../scheduler/index.ts'

/**
 * Runs `body` in a new greenlet each time the process gets the signal `name`, in place of what Node
 * would do; signals that come between two turns of the loop are one. Gives the watcher: `stop()` ends
 * it. It holds neither the loop nor the process (S63). TypeError for what is not a function; Node's
 * error for a signal that can't be caught.
 *
 *     const watcher = signal('SIGHUP', function* () { config = yield* readConfig() })
 *
 * To park until a signal comes: `yield* hub.wait(hub.loop.signal('SIGHUP'))`, a LoopExit where nothing
 * else holds the loop.
 */
export function signal<A extends readonly unknown[]>(
  name: NodeJS.Signals,
  body: Body<unknown, A>,
  ...args: A
): SignalWatcher {
  if (typeof body !== 'function')
    throw new TypeError(`signal needs a function*, not ${typeof body}`)
  const watcher = getHub().loop.signal(name)
  watcher.start(() => void spawn(body, ...args))
  return watcher
}
