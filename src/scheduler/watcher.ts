/**
 * libev's watchers: what a loop can be asked to look out for.
 *
 * A watcher is stopped or active. An active one that has something to tell is pending, and its
 * callback is called once in the next turn's step 3. The host's callbacks (a socket has data, a file
 * call is over) may only `feed` one: that marks it pending and runs no code of the user.
 *
 * An active watcher holds the loop, and with it the process, unless its `ref` is false.
 */
import type { Loop } from './loop.ts'

// The callback takes what was given to `start`, then the event that was fed, if one was.
type WatcherCallback<A extends readonly unknown[]> = (...args: A) => void

/** From +2, called first, to -2. */
export type Priority = -2 | -1 | 0 | 1 | 2

/**
 * The callback with its arguments, which then need no field in each watcher: two fewer make arming a
 * million timers 27 ns cheaper each. In a function of its own, or each `start` makes a scope for the
 * closure: 22 ns more.
 */
function bound<A extends readonly unknown[]>(
  callback: WatcherCallback<A>,
  args: A,
): (...event: [] | [event: unknown]) => void {
  const call = callback as (...given: readonly unknown[]) => void
  return (...event) => call(...args, ...event)
}

/** What all watchers have. */
export abstract class Watcher {
  /** That calls it. */
  readonly loop: Loop
  /** With the arguments that it was started with. */
  #callback: ((...event: [] | [event: unknown]) => void) | undefined
  #event: unknown
  /** The ticket in the ring of pending watchers; 0 while not pending. */
  #ticket = 0
  #state: 'stopped' | 'active' | 'closed' = 'stopped'
  #ref = true
  #priority: Priority = 0

  constructor(loop: Loop) {
    this.loop = loop
  }

  /** Whether it has been started and neither stopped nor, as a timer of one shot, fired. */
  get active(): boolean {
    return this.#state === 'active'
  }

  /** Whether its callback is about to be called. */
  get pending(): boolean {
    return this.#ticket !== 0
  }

  /** Whether it holds the loop while active. Default true; signal watchers: false. */
  get ref(): boolean {
    return this.#ref
  }

  set ref(value: boolean) {
    if (this.active && value !== this.#ref) this.loop.hold(value ? 1 : -1)
    this.#ref = value
  }

  /** Who is called first among the pending; default 0. Can't change while active (an Error). */
  get priority(): Priority {
    return this.#priority
  }

  set priority(value: Priority) {
    if (this.active || this.pending) throw new Error('the priority of an active watcher is fixed')
    this.#priority = value
  }

  /** Starts looking out. On an active watcher: replaces the callback, and nothing else (S13). */
  start<A extends readonly unknown[]>(callback: WatcherCallback<A>, ...args: A): void {
    if (typeof callback !== 'function') throw new TypeError('a watcher needs a function to call')
    if (this.#state === 'closed') throw new Error('this watcher was closed')
    this.#callback = args.length === 0 ? (callback as () => void) : bound(callback, args)
    if (this.active) return
    this.#state = 'active'
    if (this.#ref) this.loop.hold(1)
    this.onStart()
  }

  /** Stops looking out, and takes back a call that is pending. On a stopped watcher: nothing. */
  stop(): void {
    this.forget()
    this.#callback = undefined
    this.deactivate()
  }

  /** Stops for good: to start it again is an Error. Twice is once. */
  close(): void {
    this.stop()
    this.#state = 'closed'
  }

  /** Makes an active watcher pending, with `event` for its callback; a stopped one stays so. O(1). */
  feed(event?: unknown): void {
    if (this.active) this.markPending(event)
  }

  /** @internal The loop calls the callback of ticket `ticket`, if that is still wanted. */
  invoke(ticket: number): void {
    if (ticket !== this.#ticket) return
    const callback = this.#callback!
    const event = this.#event
    this.forget()
    if (!this.active) this.#callback = undefined
    if (event === undefined) callback()
    else callback(event)
  }

  /** @internal */
  markPending(event: unknown): void {
    this.#event = event
    if (this.#ticket === 0) this.#ticket = this.loop.queuePending(this)
  }

  protected onStart(): void {}

  protected onStop(): void {}

  protected deactivate(): void {
    if (!this.active) return
    this.#state = 'stopped'
    if (this.#ref) this.loop.hold(-1)
    this.onStop()
  }

  /** Takes back a call that is pending. */
  protected forget(): void {
    if (this.#ticket === 0) return
    this.#ticket = 0
    this.#event = undefined
    this.loop.forgetPending()
  }
}

/** Something that the host tells of: the host's callback calls `feed`. */
export class IoWatcher extends Watcher {
  /** For people, who want to know what is waited for. */
  readonly name: string | undefined

  constructor(loop: Loop, name?: string) {
    super(loop)
    this.name = name
  }
}

/** Calls once in each turn: before the poll (prepare), after it (check), or when nothing else does (idle). */
export class PhaseWatcher extends Watcher {
  readonly #peers: Set<PhaseWatcher>

  constructor(loop: Loop, peers: Set<PhaseWatcher>) {
    super(loop)
    this.#peers = peers
  }

  protected override onStart(): void {
    this.#peers.add(this)
    this.loop.wake()
  }

  protected override onStop(): void {
    this.#peers.delete(this)
  }
}

/** Something that other code, of this thread, may make pending at any time. */
export class AsyncWatcher extends Watcher {
  /** The same as `feed`, under libev's name. */
  send(): void {
    this.feed()
  }
}

/** A signal of the process. It does not hold the loop. */
export class SignalWatcher extends Watcher {
  readonly #signal: NodeJS.Signals
  readonly #onSignal = (): void => this.feed()

  constructor(loop: Loop, signal: NodeJS.Signals) {
    super(loop)
    this.#signal = signal
    this.ref = false
  }

  protected override onStart(): void {
    process.on(this.#signal, this.#onSignal)
  }

  protected override onStop(): void {
    process.off(this.#signal, this.#onSignal)
  }
}

/** A call after a time, and then again and again if it repeats. */
export class TimerWatcher extends Watcher {
  /** @internal */
  heapIndex = -1
  readonly #afterMs: number
  readonly #repeatMs: number

  constructor(loop: Loop, afterMs: number, repeatMs: number) {
    super(loop)
    // The comparisons are so that NaN fails them.
    if (!(afterMs >= -Infinity)) throw new RangeError(`a timer can't wait ${afterMs} ms`)
    if (!(repeatMs >= 0)) throw new RangeError(`a timer can't repeat each ${repeatMs} ms`)
    this.#afterMs = afterMs
    this.#repeatMs = repeatMs
  }

  /**
   * Counts again from now, `repeatMs` where it repeats, else `afterMs`, and takes back a call that is
   * pending. Only on an active timer.
   */
  again(): void {
    if (!this.active) return
    this.forget()
    this.loop.timers.remove(this)
    this.arm(this.#repeatMs > 0 ? this.#repeatMs : this.#afterMs)
  }

  protected override onStart(): void {
    this.arm(this.#afterMs)
  }

  protected override onStop(): void {
    this.loop.timers.remove(this)
  }

  /** @internal The deadline has come; the loop has taken the timer from the heap. */
  expire(nowMs: number, deadlineMs: number): void {
    this.markPending(undefined)
    if (this.#repeatMs === 0) {
      this.deactivate()
      return
    }
    // One that fell behind is set to now, not to the past: no burst (S7).
    this.loop.timers.push(Math.max(deadlineMs + this.#repeatMs, nowMs), this)
  }

  /** No private method: those cost each object 8 bytes. */
  protected arm(waitMs: number): void {
    this.loop.timers.push(this.loop.timeForStart() + Math.max(0, waitMs), this)
    this.loop.timerAdded(this)
  }
}
