/**
 * The hub: who runs. It switches to a greenlet when what that waited for has come, and gets control
 * back when the greenlet parks or ends. Callbacks of its loop run "in the hub": they may switch, and
 * must not park.
 *
 * To park, a leaf operation calls `park(what)`, yields PARK, and calls `resumed()` on the greenlet it
 * got, which throws if somebody wanted that (a kill, a Timeout). Everything it had set up it undoes
 * between the two, so that no way out is forgotten. To wake, somebody calls `wake(greenlet)`.
 *
 * A hub never switches inside a host's callback: undici calls back synchronously from `abort()`, and
 * a switch there would re-enter a generator that is running. There, `wake` queues.
 */
import {
  BlockingSwitchOutError,
  ConcurrentObjectUseError,
  GreenletExit,
  Interrupted,
  LoopExit,
} from './errors.ts'
import type { Greenlet } from './greenlet.ts'
import { Loop } from './loop.ts'
import { type Operation, PARK } from './operation.ts'
import { Roll } from './roll.ts'
import { tracer } from './trace.ts'
import type { Watcher } from './watcher.ts'

/** How many parked greenlets a LoopExit lists. */
const LISTED = 10

let active: Hub | undefined
let standard: Hub | undefined

/** The hub that runs now, or else the thread's own, made when first asked for. */
export function getHub(): Hub {
  return active ?? (standard ??= new Hub())
}

/** The greenlet that runs now; undefined in the hub and outside of the scheduler. */
export function getcurrent(): Greenlet<unknown> | undefined {
  return active?.current
}

/** Switches between the greenlets of one loop. */
export class Hub {
  /** What wakes its greenlets. */
  readonly loop: Loop
  /** What it is called where greenlets are called by their names. */
  readonly name = 'hub'
  /** The greenlet that runs now. */
  current: Greenlet<unknown> | undefined
  /** @internal The greenlet of `run`: it gets LoopExit and Interrupted. */
  main: Greenlet<unknown> | undefined
  /** @internal All greenlets that were started and have not ended, in that order. */
  readonly live: Roll<Greenlet<unknown>> = new Roll()
  /** Where `handleError` prints: standard error; null silences it. */
  exceptionStream: { write(text: string): unknown } | null = {
    write: (text) => process.stderr.write(text),
  }
  /** Who is parked in `join`. */
  readonly #joiners = new Set<Greenlet<unknown>>()
  /** Who waits on a watcher, for `cancelWait`. */
  readonly #waiting = new Map<Watcher, Greenlet<unknown>>()

  constructor(loop: Loop = new Loop()) {
    this.loop = loop
    loop.hooks = {
      turn: (turn) => this.within(turn),
      dry: () => this.#onDry(),
      error: (context, error) => this.report(context, error),
    }
  }

  /** @internal Calls `action` with this as the active hub: a simulated run may be inside of another. */
  within<T>(action: () => T): T {
    const outer = active
    active = this
    try {
      return action()
    } finally {
      active = outer
    }
  }

  /**
   * Starts `watcher` and parks until it calls; gives the event that was fed to it. Whatever the way
   * out, the watcher is stopped. Another greenlet that waits on it: ConcurrentObjectUseError.
   */
  *wait(watcher: Watcher): Operation<unknown> {
    if (watcher.active || watcher.pending) {
      throw new ConcurrentObjectUseError('this watcher is already being waited on')
    }
    const me = this.park(watcher)
    let event: unknown
    watcher.start((fed?: unknown) => {
      event = fed
      me.switch()
    })
    this.#waiting.set(watcher, me)
    yield PARK
    this.#waiting.delete(watcher)
    watcher.stop()
    me.resumed()
    return event
  }

  /** Throws `error`, on a later callback, into the greenlet that waits on `watcher`, if one does. */
  cancelWait(watcher: Watcher, error: unknown): void {
    this.loop.runCallback(() => {
      const greenlet = this.#waiting.get(watcher)
      greenlet?.throw(error)
    })
  }

  /**
   * Parks until the loop has run dry (true): nothing is left that could happen, but that main goes on;
   * or until `timeoutMs` have passed (false). Those that are stuck for ever don't count. It throws no
   * LoopExit. With 0 it gives what is ready its turn, and then tells.
   */
  *join(timeoutMs?: number): Operation<boolean> {
    const timer = timeoutMs === undefined ? undefined : this.loop.timer(timeoutMs)
    const me = this.park(this.loop)
    this.#joiners.add(me)
    if (timer !== undefined) {
      this.loop.update()
      timer.ref = false
      timer.start(() => me.switch())
    }
    yield PARK
    timer?.stop()
    const isDry = !this.#joiners.delete(me)
    me.resumed()
    return isDry
  }

  /**
   * Told of every error that leaves a greenlet, joined or not, and of those of callbacks: prints the
   * stack, the time in UTC and who failed to `exceptionStream`. A GreenletExit is none; an Interrupted
   * is thrown into main besides. Replace it to do something else; the program goes on either way.
   */
  handleError(context: unknown, error: unknown): void {
    if (error instanceof GreenletExit) return
    this.#print(context, error)
    if (error instanceof Interrupted) this.main?.forceKillSoon(error)
  }

  /** @internal `handleError`, which may be the user's: its own error must not end the turn. */
  report(context: unknown, error: unknown): void {
    try {
      this.handleError(context, error)
    } catch (failure) {
      this.#print(context, error)
      this.#print('handleError', failure)
    }
  }

  #print(context: unknown, error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? String(error)) : String(error)
    const time = new Date().toISOString()
    this.exceptionStream?.write(
      `${stack}\n${time} ${describe(context)} failed with ${nameOf(error)}\n`,
    )
  }

  /**
   * @internal First half of parking: notes that the current greenlet waits for `what`.
   * BlockingSwitchOutError where no greenlet runs.
   */
  park(what: object): Greenlet<unknown> {
    const me = this.current
    if (me === undefined) {
      throw new BlockingSwitchOutError(
        `only a greenlet can wait for ${describe(what)}: spawn one, and wait inside of it`,
      )
    }
    me.parkedOn = what
    me.parkedAtMs = this.loop.now() | 0
    if (tracer !== undefined) tracer.park(me, what)
    return me
  }

  /** @internal Switches to a parked greenlet: at once in the hub, else when its turn comes. */
  wake(greenlet: Greenlet<unknown>): void {
    if (active === this && this.current === undefined) greenlet.switch()
    else greenlet.queue()
  }

  /** @internal What the parked greenlets wait for, for people. */
  describeParked(): string {
    const lines: string[] = []
    for (const greenlet of this.live) {
      if (greenlet.parkedOn === undefined) continue
      lines.push(`  ${greenlet.name} waits for ${describe(greenlet.parkedOn)}`)
      if (lines.length > LISTED) {
        lines[LISTED] = `  and others, ${this.live.size} in all`
        break
      }
    }
    return lines.join('\n')
  }

  /** Nothing will ever happen: wakes those who wait for that, or throws LoopExit into main. */
  #onDry(): void {
    if (this.#joiners.size > 0) {
      const joiners = [...this.#joiners]
      this.#joiners.clear()
      for (const joiner of joiners) joiner.queue()
    } else this.#exitLoop()
  }

  #exitLoop(): void {
    const { main } = this
    if (main?.parkedOn === undefined) return
    main.throw(new LoopExit(`this operation would block forever:\n${this.describeParked()}`))
    // If it caught that and has parked again, one more turn finds out whether that is better.
    if (main.parkedOn !== undefined) this.loop.runCallback(() => {})
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}

/** What something that is waited for, or that failed, is called: by its name, or else by its kind. */
export function describe(thing: unknown): string {
  if (typeof thing === 'function') return thing.name || 'a function'
  if (typeof thing !== 'object' || thing === null) return String(thing)
  if (Array.isArray(thing)) return `${thing.length} greenlets`
  const { name } = thing as { name?: unknown }
  if (typeof name === 'string') return name
  const kind = thing.constructor?.name ?? 'object'
  return /^(?:[aeiou]|RLock)/i.test(kind) ? `an ${kind}` : `a ${kind}`
}
