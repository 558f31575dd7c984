/**
 * Debug mode: what is too dear to be known always.
 *
 * - Where each greenlet was spawned, for `formatRunInfo`: a stack costs more than the greenlet.
 * - Forgotten stars. `sleep(1)` without its `yield*` makes an operation that nobody ever begins; the
 *   types can't see it, since an expression may be thrown away, and no linter has a rule for it. Here
 *   each operation that the scheduler makes is watched, and one that was not begun when the greenlet
 *   that made it ended, or that was collected as garbage, is reported with the stack of where it was
 *   made.
 *
 * Functions tell of their operations by a hook; the methods of the primitives are wrapped while the
 * mode is on, so that they cost nothing while it is off. Operations of the user's own generator
 * functions are not seen: nothing tells of a generator's birth.
 */
import { AsyncResult } from './async-result.ts'
import { Channel } from './channel.ts'
import { Event } from './event.ts'
import { Greenlet } from './greenlet.ts'
import { getcurrent, getHub, Hub } from './hub.ts'
import { ImapSteps } from './imap.ts'
import { JoinableQueue } from './joinable-queue.ts'
import { Members } from './members.ts'
import type { Operation } from './operation.ts'
import { Pool } from './pool.ts'
import { Queue } from './queue.ts'
import { RLock } from './rlock.ts'
import { Semaphore } from './semaphore.ts'
import { addTracer } from './trace.ts'
import { ReadinessSteps } from './wait.ts'
import { Waiter } from './waiter.ts'

/** Whose methods are watched. */
const WATCHED = [
  AsyncResult,
  Channel,
  Event,
  Greenlet,
  Hub,
  ImapSteps,
  JoinableQueue,
  Members,
  Pool,
  Queue,
  RLock,
  ReadinessSteps,
  Semaphore,
  Waiter,
]

/** An operation that somebody made, and perhaps forgot. */
interface Made {
  readonly stack: { stack?: string }
  readonly hub: Hub
  readonly by: Greenlet<unknown> | undefined
}

const spawnSites = new WeakMap<Greenlet<unknown>, { stack?: string }>()
/** By whom made: nobody has begun them yet. */
const waiting = new Map<Greenlet<unknown> | undefined, Set<Made>>()
const collected = new FinalizationRegistry<Made>((made) => {
  if (waiting.get(made.by)?.delete(made) === true) report(made)
})
let leave: (() => void) | undefined

/** Turns debug mode on or off, for this thread. What was made before is not known. */
export function setDebug(on: boolean): void {
  leave?.()
  leave = undefined
  if (!on) return
  const unwrap = WATCHED.flatMap(({ prototype }) => wrapOperations(prototype))
  const removeTracer = addTracer({
    spawn: (greenlet) => spawnSites.set(greenlet, stackHere()),
    made: watch,
    end(greenlet) {
      for (const made of waiting.get(greenlet) ?? []) report(made)
      waiting.delete(greenlet)
    },
  })
  leave = () => {
    removeTracer()
    for (const restore of unwrap) restore()
    waiting.clear()
  }
}

/** @internal The line of the stack where `greenlet` was spawned, if debug mode was on. */
export function spawnSite(greenlet: Greenlet<unknown>): string | undefined {
  return callers(spawnSites.get(greenlet))[0]
}

/** Wraps the generator methods of `prototype`, and gives what undoes it. */
function wrapOperations(prototype: object): (() => void)[] {
  return Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, method]) => {
    const original = method.value as unknown
    if (Object.prototype.toString.call(original) !== '[object GeneratorFunction]') return []
    const make = original as (...args: unknown[]) => Operation<unknown>
    const value = function (this: unknown, ...args: unknown[]): Operation<unknown> {
      const operation = make.apply(this, args)
      watch(operation)
      return operation
    }
    Object.defineProperty(prototype, name, { ...method, value })
    return [() => void Object.defineProperty(prototype, name, method)]
  })
}

function watch(operation: Operation<unknown>): void {
  const by = getcurrent()
  const made: Made = { stack: stackHere(), hub: getHub(), by }
  const others = waiting.get(by) ?? new Set()
  waiting.set(by, others.add(made))
  collected.register(operation, made)
  const next = operation.next.bind(operation)
  // Until it is begun it has a `next` of its own.
  operation.next = (...value) => {
    others.delete(made)
    return next(...value)
  }
}

function report({ stack, hub, by }: Made): void {
  const error = new Error('an operation was made and never begun: is its yield* forgotten?')
  error.name = 'ForgottenStar'
  error.stack = [`${error.name}: ${error.message}`, ...callers(stack)].join('\n')
  hub.report(by ?? hub, error)
}

function stackHere(): { stack?: string } {
  const here: { stack?: string } = {}
  Error.captureStackTrace(here)
  return here
}

/** The lines of a stack without those inside the scheduler, unless there are no others. */
function callers(here: { stack?: string } | undefined): string[] {
  const lines = here?.stack?.split('\n').slice(1) ?? []
  const outside = lines.filter((line) => !line.includes(import.meta.dirname))
  return outside.length === 0 ? lines : outside
}
