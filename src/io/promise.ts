/**
 * until: any promise, or any function that calls back, as something that a greenlet can wait for.
 *
 * The host's callback only notes the outcome and feeds an io watcher; the loop switches back. While it
 * waits, the watcher holds the loop, so that LoopExit does not come too early.
 */
import { getHub, type Operation } from '../scheduler/index.ts'

/** Node's convention: an error, or null and a value. */
export type Done<T> = (error: unknown, value?: T) => void

type Outcome<T> = { readonly error: unknown } | { readonly value: T }

/**
 * Parks until `source` settles, and gives its value or throws its error. `source` is a promise, or a
 * function that gets `done` and may give a function that cancels. A kill here calls `cancel`, if there
 * is one, and drops what comes later, or has come in that very moment; a promise goes on by itself.
 * `name` is what the run info and the trace call it.
 */
export function* until<T>(
  source: PromiseLike<T> | ((done: Done<T>) => (() => void) | void),
  name?: string,
): Operation<T> {
  const hub = getHub()
  hub.loop.requireHost('until')
  const watcher = hub.loop.io(name)
  let outcome: Outcome<T> | undefined
  const settle = (settled: Outcome<T>): void => {
    outcome ??= settled
    watcher.feed()
  }
  let cancel: (() => void) | void = undefined
  if (typeof source === 'function') {
    cancel = source((error, value) => {
      settle(error === null || error === undefined ? { value: value as T } : { error })
    })
  } else {
    source.then(
      (value) => settle({ value }),
      (error: unknown) => settle({ error }),
    )
  }
  let isTaken = false
  try {
    if (outcome === undefined) yield* hub.wait(watcher)
    isTaken = true
  } finally {
    // Killed, perhaps when the outcome had just come: nobody takes it.
    if (!isTaken) cancel?.()
  }
  const settled = outcome as unknown as Outcome<T>
  if ('error' in settled) throw settled.error
  return settled.value
}
