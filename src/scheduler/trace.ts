/**
 * Hooks into the scheduler, for whoever wants to see inside: `setTrace`, the monitor, a writer of
 * timelines.
 *
 * There is one variable, `tracer`, that is undefined while nobody listens: then a hook costs a read and
 * a comparison, too little to be measured (docs/scheduler.md, "Costs"). When there are listeners it is
 * an object that tells them all, in the order in which they came. An array that is always walked, and
 * events as objects, were rejected: they cost something when nobody listens.
 *
 * A listener is called in the middle of a switch. It must not park, spawn or throw.
 */
import type { Greenlet } from './greenlet.ts'
import type { Hub } from './hub.ts'
import type { Loop } from './loop.ts'
import type { Operation } from './operation.ts'

/** What `setTrace` calls: control goes from `from` to `to`, and one of the two is the hub. */
export type TraceCallback = (
  event: 'switch' | 'throw',
  from: Greenlet<unknown> | Hub,
  to: Greenlet<unknown> | Hub,
) => void

/**
 * What can be listened to. A greenlet's life is `spawn`, then turns of `switch` to it, `park` and
 * `switch` back, at last `end` and `switch` back. The loop's is iterations, and timers that fire.
 */
export interface Tracer {
  /** `greenlet` was started, or is to start later, by the greenlet `by`; undefined: by the hub or from outside. */
  spawn?(greenlet: Greenlet<unknown>, by: Greenlet<unknown> | undefined): void
  /** Control changes hands; `throw` if something is thrown into `to`. */
  switch?: TraceCallback
  /** `greenlet` is about to park; `describe(what)` says what for. */
  park?(greenlet: Greenlet<unknown>, what: object): void
  /** `greenlet`, parked, was put into the FIFO. Who is switched to by a timer or a primitive never was. */
  wake?(greenlet: Greenlet<unknown>): void
  /** `greenlet` has ended; it knows how. */
  end?(greenlet: Greenlet<unknown>): void
  /** One of the scheduler's functions has made `operation`, which nobody has begun yet. */
  made?(operation: Operation<unknown>): void
  /** A turn of `loop` begins, or is over: then the host polls. */
  iteration?(phase: 'begin' | 'end', loop: Loop): void
  /** A timer has come to its deadline. */
  timer?(timer: object): void
}

/** @internal Whom to tell; undefined when nobody listens. */
export let tracer: Required<Tracer> | undefined

let listeners: readonly Tracer[] = []

/** Has `listener` told of all that happens in this thread from now on, until the function that it gives is called. */
export function addTracer(listener: Tracer): () => void {
  listeners = [...listeners, listener]
  tracer = tracerOfAll()
  return () => {
    listeners = listeners.filter((other) => other !== listener)
    tracer = listeners.length === 0 ? undefined : tracerOfAll()
  }
}

function tracerOfAll(): Required<Tracer> {
  return {
    spawn: hookOfAll('spawn'),
    switch: hookOfAll('switch'),
    park: hookOfAll('park'),
    wake: hookOfAll('wake'),
    end: hookOfAll('end'),
    made: hookOfAll('made'),
    iteration: hookOfAll('iteration'),
    timer: hookOfAll('timer'),
  }
}

/**
 * None or one listener is told without a loop, which V8 compiles into each switch: 2 % of the CPU time of
 * 3,000 small downloads.
 */
function hookOfAll<Hook extends keyof Tracer>(hook: Hook): Required<Tracer>[Hook] {
  type Tell = (...told: readonly unknown[]) => void
  const tells = listeners.flatMap((listener) => {
    const tell = listener[hook] as Tell | undefined
    return tell === undefined ? [] : [tell.bind(listener)]
  })
  const tellAll: Tell = (...told) => {
    for (const tell of tells) tell(...told)
  }
  const [tell = nothing] = tells
  return tells.length > 1 ? tellAll : tell
}

function nothing(): void {}

/** @internal Gives `operation` back, once the listeners know of it. */
export function made<T>(operation: Operation<T>): Operation<T> {
  if (tracer !== undefined) tracer.made(operation)
  return operation
}

let removeTrace = (): void => {}

/**
 * Calls `callback` at each switch of this thread, in place of the one that was set before; null: calls
 * nobody (S66). It may not park. If it throws, it is not called again, and its error is reported
 * through `hub.handleError`.
 */
export function setTrace(callback: TraceCallback | null): void {
  removeTrace()
  removeTrace = () => {}
  if (callback === null) return
  const remove = addTracer({
    switch(event, from, to) {
      try {
        callback(event, from, to)
      } catch (error) {
        remove()
        const hub = 'hub' in from ? from.hub : from
        hub.report(callback, error)
      }
    },
  })
  removeTrace = remove
}
