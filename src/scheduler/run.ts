/**
 * run: the root of a program of greenlets, and where signals, dead ends and leftovers come to rest.
 */
import { Interrupted, LateError, LoopExit } from './errors.ts'
import { Greenlet } from './greenlet.ts'
import { getHub, type Hub } from './hub.ts'
import { joinall, killall } from './join.ts'
import type { Operation } from './operation.ts'

/** How `run` runs. */
export interface RunOptions {
  /** Default: the thread's own. */
  hub?: Hub
  /** Whether SIGINT and SIGTERM throw Interrupted into main. Default true. */
  signals?: boolean
  /** How long leftovers may clean up once main has ended, in milliseconds. Default 1000. */
  graceMs?: number
}

/**
 * Runs `main` as the root greenlet, and settles with its outcome. When it has ended, all greenlets
 * that are left are killed and joined: their `finally` blocks run. LoopExit is thrown into it when
 * nothing can ever wake it. An Error when the hub has a main already.
 */
export function run<T>(main: () => Operation<T>, options: RunOptions = {}): Promise<T> {
  const { hub = getHub(), signals = true } = options
  return new Promise((resolve, reject) => {
    const root = startMain(hub, main, options)
    const stopSignals = signals ? raiseSignals(hub, root) : () => {}
    // A host operation that never calls back holds the loop, but not the process: Node tells of that.
    const onBeforeExit = (): void => {
      hub.loop.continue()
      root.forceKillSoon(
        new LoopExit(`the host has nothing left to wait for:\n${hub.describeParked()}`),
      )
    }
    process.on('beforeExit', onBeforeExit)
    root.rawlink(() => {
      stopSignals()
      process.off('beforeExit', onBeforeExit)
      const error = root.exception as Error
      if (root.successful) resolve(root.value as T)
      else reject(error)
    })
  })
}

/** @internal Starts the root greenlet of `hub`, which cleans up behind `main`. */
export function startMain<T>(
  hub: Hub,
  main: () => Operation<T>,
  { graceMs = 1000 }: RunOptions,
): Greenlet<T> {
  if (typeof main !== 'function') throw new TypeError('run needs a function* to run')
  if (hub.main !== undefined)
    throw new Error('this hub runs a main already: give `run` its own hub')
  const root = hub.within(
    () =>
      new Greenlet<T>(function* () {
        try {
          return yield* main()
        } finally {
          yield* reap(hub, graceMs)
        }
      }),
  )
  root.name = 'main'
  root.quiet = true
  root.rawlink(() => {
    hub.main = undefined
  })
  hub.main = root
  root.start()
  hub.loop.continue()
  return root
}

/**
 * Kills and joins whoever is left; by force after `graceMs`, or when main is thrown at meanwhile (a
 * second Ctrl-C); abandons those that live on even so.
 */
function* reap(hub: Hub, graceMs: number): Operation<void> {
  const leftovers = (): Greenlet<unknown>[] => [...hub.live].filter((left) => left !== hub.main)
  try {
    hub.loop.update()
    const deadline = hub.loop.now() + graceMs
    for (let left = leftovers(); left.length > 0; left = leftovers()) {
      const timeout = deadline - hub.loop.now()
      if (timeout <= 0) break
      yield* killall(left, undefined, { block: false })
      yield* joinall(left, { timeout })
    }
  } finally {
    try {
      for (const greenlet of leftovers()) greenlet.forceKillSoon()
      yield* joinall(leftovers(), { timeout: 1 })
    } finally {
      for (const greenlet of leftovers()) abandon(hub, greenlet)
    }
  }
}

function abandon(hub: Hub, greenlet: Greenlet<unknown>): void {
  hub.live.delete(greenlet)
  hub.report(greenlet, new LateError(`${greenlet.name} would not end, and was abandoned`))
}

function raiseSignals(hub: Hub, root: Greenlet<unknown>): () => void {
  const watchers = (['SIGINT', 'SIGTERM'] as const).map((name) => {
    const watcher = hub.loop.signal(name)
    watcher.start(() => root.forceKillSoon(new Interrupted(name)))
    return watcher
  })
  return () => {
    for (const watcher of watchers) watcher.close()
  }
}
