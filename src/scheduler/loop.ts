/**
 * The loop: libev's machine on Node's. It knows watchers and callbacks, and no greenlets.
 *
 * Node's event loop is our poll. Between two turns the host's callbacks only feed watchers; a turn,
 * called from `setImmediate` or from the one host timer that is armed, is one iteration:
 *
 *   1. the clock is read, once; `now()` is that reading until the next
 *   2. timers that are due leave the heap, all of them, and become pending
 *   3. pending watchers are called from priority +2 down to -2, first come first served inside one;
 *      check watchers are ahead of the others of their priority
 *   4. if nothing of its priority or above was pending, an idle watcher is called
 *   5. the next iteration begins: prepare watchers, then the FIFO of one-shot callbacks, drained with
 *      whatever is added meanwhile, for as long as the budget lasts
 *   6. the way out: if work is left, another turn is asked for right after the host has polled; else
 *      the host timer is armed for the nearest deadline; if nothing holds the loop, it has run dry
 *
 * So what is woken by data may spawn and wake others, and all that runs before the next poll, while
 * endless ready work can delay timers and io by the budget and no more: the clock is read after each
 * 50 callbacks, since reading it each time would halve the rate.
 *
 * No step costs more than O(due log timers): nothing here looks at all watchers or all greenlets.
 */
import { Callback, type Runnable } from './callback.ts'
import { type Clock, NodeClock } from './clock.ts'
import type { HeapNode } from './heap.ts'
import { type LoopHooks, SILENT } from './loop-hooks.ts'
import { type LoopRunOptions, Runs } from './loop-runs.ts'
import { type Invocable, Pending } from './pending.ts'
import { type Fifo, Ring } from './ring.ts'
import { Timers } from './timers.ts'
import { tracer } from './trace.ts'
import { AsyncWatcher, IoWatcher, PhaseWatcher, SignalWatcher, TimerWatcher } from './watcher.ts'

const CALLBACKS_BETWEEN_CLOCK_READS = 50

/** An event loop of timers, io and callbacks, driven by its clock. */
export class Loop {
  /** How long ready work may keep the host from polling, in milliseconds; gevent's is 5. */
  budgetMs = 1
  /** @internal How many callbacks may run in one turn before that is an error; for simulated time. */
  mostCallbacks = Infinity
  /** @internal Gives who is woken at the same time another order; for simulated time. */
  shuffle: (<T extends { readonly who: object }>(woken: T[]) => T[]) | undefined
  /** @internal */
  hooks: LoopHooks = SILENT
  /** @internal */
  readonly timers: Timers = new Timers()
  readonly #clock: Clock
  readonly #ready: Fifo<Runnable>
  readonly #pending: Pending
  readonly #prepare = new Set<PhaseWatcher>()
  readonly #check = new Set<PhaseWatcher>()
  readonly #idle = new Set<PhaseWatcher>()
  #holds = 0
  #now: number
  #iteration = 0
  #phase: 'polling' | 'watchers' | 'callbacks' = 'polling'
  #stopped = false
  #stopsAfterOnce = false
  readonly #runs = new Runs()

  /** `makeRing` is for simulated time, which may give another order. */
  constructor(
    clock: Clock = new NodeClock(),
    makeRing: <T extends object>() => Fifo<T> = () => new Ring(),
  ) {
    this.#clock = clock
    this.#ready = makeRing()
    this.#pending = new Pending(makeRing, (entry, error) => this.hooks.error(entry, error))
    this.#now = clock.now()
    clock.attach(() => {
      if (!this.#stopped) this.hooks.turn(this.#turn)
    })
  }

  /**
   * A loop turns by itself as long as it has something to do. `run` lets one go on that was stopped,
   * and gives a promise: of its end (it has run dry, or was stopped), or with `once` of the next
   * iteration that calls something, behind which a loop that was stopped is so again. With `nowait` it
   * does an iteration here and now, without a poll, stopped or not; an Error inside of a turn.
   */
  run(options: { nowait: true }): undefined
  run(options?: LoopRunOptions): Promise<void>
  run({ once = false, nowait = false }: LoopRunOptions = {}): Promise<void> | undefined {
    if (nowait) {
      if (this.#phase !== 'polling') throw new Error('the loop runs: this is inside of a turn')
      this.hooks.turn(this.#turn)
      return undefined
    }
    const stopsAfterOnce = once && this.#stopped
    this.continue()
    this.#stopsAfterOnce = stopsAfterOnce
    return this.#runs.add(once)
  }

  /** Makes this iteration, or the last one, the last; what is pending in it is still called. `run` undoes it. */
  stop(): void {
    this.#stopped = true
    if (this.#phase !== 'polling') return
    this.#clock.disarm()
    this.#runs.settle(true, false)
  }

  /** @internal Undoes `stop`. */
  continue(): void {
    this.#stopped = false
    this.#stopsAfterOnce = false
    this.wake()
  }

  /** The time of this iteration, in milliseconds on the loop's clock. */
  now(): number {
    return this.#now
  }

  /** Reads the clock anew. Costs 50 ns, half a switch. */
  update(): void {
    this.#now = this.#clock.now()
  }

  /** How many turns have begun. */
  get iteration(): number {
    return this.#iteration
  }

  /** Calls `callback` once, in the FIFO of step 5. Until then it holds the loop. O(1). */
  runCallback<A extends readonly unknown[]>(callback: (...args: A) => void, ...args: A): Callback {
    if (typeof callback !== 'function') throw new TypeError('runCallback needs a function to call')
    const entry = new Callback(() => callback(...args))
    this.enqueue(entry)
    return entry
  }

  /** A timer that calls after `afterMs`, then each `repeatMs` if that is over 0. */
  timer(afterMs: number, repeatMs = 0): TimerWatcher {
    return new TimerWatcher(this, afterMs, repeatMs)
  }

  /** A watcher for something that the host tells of, which people are told of as `name`. */
  io(name?: string): IoWatcher {
    return new IoWatcher(this, name)
  }

  /** A watcher that is called in each iteration, before the poll. */
  prepare(): PhaseWatcher {
    return new PhaseWatcher(this, this.#prepare)
  }

  /** A watcher that is called in each iteration, right after the poll. */
  check(): PhaseWatcher {
    return new PhaseWatcher(this, this.#check)
  }

  /** A watcher that is called in each iteration in which nothing of its priority is pending. */
  idle(): PhaseWatcher {
    return new PhaseWatcher(this, this.#idle)
  }

  /** A watcher that other code of this thread makes pending with `send()`. */
  async(): AsyncWatcher {
    return new AsyncWatcher(this)
  }

  /** A watcher of a signal of the process. */
  signal(name: NodeJS.Signals): SignalWatcher {
    return new SignalWatcher(this, name)
  }

  /** @internal Puts `entry` into the FIFO: `runCallback` without a handle, and without its cost. */
  enqueue(entry: Runnable): number {
    this.wake()
    return this.#ready.push(entry)
  }

  /** @internal Throws where there is no host that could do `what`: in simulated time. */
  requireHost(what: string): void {
    if (this.#clock.isSimulated === true) {
      throw new Error(`a host operation in simulated time: ${what}`)
    }
  }

  /** @internal A watcher that holds the loop became active (1) or inactive (-1). */
  hold(change: 1 | -1): void {
    this.#holds += change
    // The last hold was let go, or the first one taken, outside of a turn: only a turn finds out that
    // the loop is dry, or lets the host timer hold the process.
    if (this.#holds === 0 || this.#holds === change) this.wake()
  }

  /** @internal */
  queuePending(entry: Invocable): number {
    this.wake()
    return this.#pending.push(entry)
  }

  /** @internal */
  forgetPending(): void {
    this.#pending.forget()
  }

  /** @internal Asks for a turn after the next poll. */
  wake(): void {
    if (this.#phase === 'polling') this.#clock.kick()
  }

  /** @internal What a timer that is started now counts from: fresh, except in a watcher's callback (S8). */
  timeForStart(): number {
    if (this.#phase !== 'watchers') this.update()
    return this.#now
  }

  /** @internal Outside of a turn, the host must be told of a nearer deadline. */
  timerAdded(timer: HeapNode): void {
    if (this.#phase === 'polling' && !this.#stopped && timer === this.timers.peek()) {
      this.#clock.arm(this.timers.minKey, this.#holds > 0)
    }
  }

  readonly #turn = (): void => {
    let isEventful = false
    try {
      this.#iteration++
      this.#phase = 'watchers'
      this.update() // 1
      if (tracer !== undefined) tracer.iteration('begin', this)
      this.timers.expire(this.#now) // 2
      const highestCalled = this.#pending.call() // 3
      const isIdle = this.#callIdle(highestCalled) // 4
      for (const watcher of this.#prepare) watcher.markPending(undefined) // 5
      this.#pending.call()
      this.#phase = 'callbacks'
      isEventful = highestCalled > -Infinity || isIdle || this.#ready.size > 0
      this.#drain()
      if (this.#isDry()) this.hooks.dry()
    } finally {
      if (this.#stopsAfterOnce && (isEventful || this.#isDry())) this.#stopped = true
      this.#goToPoll() // 6
      this.#phase = 'polling'
      if (this.#runs.size > 0) this.#runs.settle(this.#stopped || this.#isDry(), isEventful)
      if (tracer !== undefined) tracer.iteration('end', this)
    }
  }

  /** Whether it called any. */
  #callIdle(highestCalled: number): boolean {
    let first = -Infinity
    for (const { priority } of this.#idle) first = Math.max(first, priority)
    if (first <= highestCalled) return false
    for (const watcher of this.#idle) if (watcher.priority === first) watcher.markPending(undefined)
    this.#pending.call()
    return true
  }

  #drain(): void {
    const ready = this.#ready
    const end = this.#now + this.budgetMs
    for (let called = 1; ; called++) {
      const entry = ready.shift()
      if (entry === undefined) return
      try {
        entry.run(ready.taken)
      } catch (error) {
        this.hooks.error(entry, error)
      }
      if (called % CALLBACKS_BETWEEN_CLOCK_READS !== 0) continue
      this.update()
      if (this.#now >= end) return
      if (called >= this.mostCallbacks) {
        throw new Error(
          `${called} switches without time moving: some greenlets wake each other for ever`,
        )
      }
    }
  }

  get #hasWork(): boolean {
    return (
      this.#ready.size > 0 || this.#pending.count > 0 || (this.#idle.size > 0 && this.#holds > 0)
    )
  }

  #isDry(): boolean {
    return this.#holds === 0 && !this.#hasWork
  }

  #goToPoll(): void {
    const busy = this.#hasWork
    // Queued ahead of what the poll will feed, so that they are called first after it.
    for (const watcher of this.#check) watcher.markPending(undefined)
    if (busy && !this.#stopped) this.#clock.kick()
    else if (this.timers.size > 0 && !this.#stopped) {
      this.#clock.arm(this.timers.minKey, this.#holds > 0)
    } else this.#clock.disarm()
  }
}
