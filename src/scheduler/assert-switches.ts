/**
 * assertSwitches: a test's way to say that a piece of code lets others run.
 */
import { AssertionError } from 'node:assert'
import type { Greenlet } from './greenlet.ts'
import { BlockingSwitchOutError } from './errors.ts'
import { getHub, type Hub } from './hub.ts'
import type { Operation } from './operation.ts'
import { addTracer, made } from './trace.ts'

/** What is allowed. */
export interface SwitchLimits {
  /** How long a greenlet may run without a switch, in milliseconds on the loop's clock. Default: for ever. */
  readonly maxBlockingMs?: number
}

/**
 * Runs `body` in the current greenlet and gives its result; an AssertionError if it has not parked
 * once, or if it, or any other greenlet of its hub meanwhile, ran for more than `maxBlockingMs` at a
 * stretch (S66). An error of the body goes before. A kill leaves nothing behind.
 */
export function assertSwitches<T>(limits: SwitchLimits, body: () => Operation<T>): Operation<T> {
  return made(watching(limits, body))
}

function* watching<T>(
  { maxBlockingMs = Infinity }: SwitchLimits,
  body: () => Operation<T>,
): Operation<T> {
  const hub = getHub()
  const me = hub.current
  if (me === undefined) throw new BlockingSwitchOutError('only a greenlet can assertSwitches')
  let switches = 0
  let longest: { readonly greenlet: Greenlet<unknown>; readonly ms: number } | undefined
  let since = freshNow(hub)
  const ran = (greenlet: Greenlet<unknown>): void => {
    const ms = freshNow(hub) - since
    if (longest === undefined || ms > longest.ms) longest = { greenlet, ms }
  }
  const remove = addTracer({
    switch(_event, from, to) {
      if (to === hub) ran(from as Greenlet<unknown>)
      else if (from === hub) since = freshNow(hub)
      if (to === me) switches++
    },
  })
  try {
    const result = yield* body()
    ran(me)
    if (switches === 0) fail(`${me.name} did not switch`)
    const { greenlet, ms } = longest!
    if (ms > maxBlockingMs) {
      fail(`${greenlet.name} ran for ${ms} ms without a switch; ${maxBlockingMs} are allowed`)
    }
    return result
  } finally {
    remove()
  }
}

function freshNow({ loop }: Hub): number {
  loop.update()
  return loop.now()
}

function fail(message: string): never {
  throw new AssertionError({ message })
}
