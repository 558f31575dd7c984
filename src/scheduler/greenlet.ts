/**
 * A greenlet: a generator that the hub runs from park to park, its result, and who wants to know.
 *
 *                 start()            its turn                 returns or throws
 *      created ──────────> starting ──────────> running ─────────────────────────> ended
 *         │                    │                 │   ^                               ^
 *         │                    │            park │   │ switch                        │
 *         │                    │                 v   │                               │
 *         │                    │                parked ── a kill throws here ──> its finally blocks
 *         └────────────────────┴── kill: it never runs ──────────────────────────────┘
 *
 * A kill is an error that is thrown where the greenlet is parked, never the generator's `return()`:
 * after `return()`, a delegated operation whose `finally` parks comes back as a normal completion, and
 * its caller runs on past the kill. The error is thrown by the leaf that had parked (`resumed`), so
 * that its stack shows the whole chain of `yield*`.
 *
 * A switch allocates nothing but the generator's own result object.
 */
import { GreenletExit, InvalidSwitchError, LateError, toError, traced } from './errors.ts'
import { type Body, type Operation, PARK } from './operation.ts'
import type { Link } from './outcome.ts'
import { Scheduled } from './scheduled.ts'
import { Timeout } from './timeout.ts'
import { tracer } from './trace.ts'
import { Waiter } from './waiter.ts'

const NOTHING = Symbol('nothing')

let made = 0

/** A lightweight task. */
export class Greenlet<T> extends Scheduled<T> {
  /** @internal When it parked last: whole milliseconds on the loop's clock, of which 32 bits are kept. */
  parkedAtMs = 0
  /** @internal Its neighbours on the hub's roll. */
  earlier: Greenlet<unknown> | undefined
  /** @internal */
  later: Greenlet<unknown> | undefined
  /** @internal Whether its failure is somebody else's to report. */
  quiet = false
  /** @internal The `id` of the greenlet that made it, 0 when that was none: a reference would keep it alive. */
  readonly madeBy: number
  /** Negative once a name was written. */
  #number = ++made
  #name: string | undefined
  /** The body; once it has begun, its generator. */
  #code: Body<T, unknown[]> | Operation<T> | undefined
  /** What the next switch brings it: its arguments when it begins, later an error to be thrown. */
  #input: unknown = NOTHING

  /** Made, not started. TypeError for what is not a function; the body itself runs later (S24). */
  constructor(body: Body<T>)
  constructor(body: Body<T, readonly unknown[]>, ...args: unknown[])
  constructor(body: Body<T, unknown[]>, ...args: unknown[]) {
    if (typeof body !== 'function') {
      throw new TypeError(`a greenlet's body is a function*, not ${typeof body}`)
    }
    super()
    this.madeBy = this.hub.current?.id ?? 0
    this.#name = body.name || undefined
    this.#code = body
    if (args.length > 0) this.#input = args
  }

  /** Its number: unique in this thread. */
  get id(): number {
    return Math.abs(this.#number)
  }

  /** For people: the body's name and a number, unless another is written. */
  get name(): string {
    const name = this.#name ?? 'greenlet'
    return this.#number < 0 ? name : `${name}#${this.#number}`
  }

  set name(name: string) {
    this.#name = name
    this.#number = -this.id
  }

  /** Whether it was started, be it for later, and has not ended. */
  get started(): boolean {
    return this.state !== 'created' && !this.ready
  }

  /** Lets it run when its turn comes, behind all that is ready now. Once only: else nothing. */
  start(): void {
    if (this.state === 'created') this.#enter()
    else if (this.state !== 'later') return
    this.unqueue()
    this.state = 'starting'
    this.queue()
  }

  /** `start` in `ms` milliseconds; a kill before that means it never runs. RangeError for NaN. */
  startLater(ms: number): void {
    if (Number.isNaN(ms)) throw new RangeError('nothing can start in NaN ms')
    if (this.state !== 'created') return
    this.#enter()
    this.state = 'later'
    this.wakeAt(this.hub.loop.timeForStart() + Math.max(0, ms))
  }

  /**
   * Parks until it has ended, or `timeoutMs` have passed (Timeout); gives what it returned or throws
   * what it threw, the same error to everybody. Does not park when it has ended already.
   */
  *get(timeoutMs?: number): Operation<T> {
    if (!(yield* this.join(timeoutMs))) throw traced(new Timeout(timeoutMs))
    if (this.state === 'failed') throw this.result
    return this.result as T
  }

  /** Parks until it has ended, or `timeoutMs` have passed; says whether it has. Never throws its error. */
  *join(timeoutMs?: number): Operation<boolean> {
    if (this.ready) return true
    if (timeoutMs !== undefined && timeoutMs <= 0) return false
    const waiter = new Waiter<boolean>(undefined, this)
    const unhook = (): void => waiter.switch(true)
    this.rawlink(unhook)
    try {
      // It may have ended in the very turn of the timeout, and not have told yet.
      return (yield* waiter.getWithin(timeoutMs, false)) || this.ready
    } finally {
      // Once it has ended, a link that is left goes with the others, and does nothing.
      if (!this.ready) this.unlink(unhook)
    }
  }

  /**
   * Throws `error` (a GreenletExit) where it is parked, on a later callback, and parks until it has
   * ended, its cleanup included, or `timeout` milliseconds have passed. One that has not begun never
   * runs. Only the first kill throws; later ones wait, unless they `force`. A greenlet that kills
   * itself unwinds right here. Never throws because of the target.
   */
  *kill(
    error?: unknown,
    { timeout, force = false }: { timeout?: number; force?: boolean } = {},
  ): Operation<void> {
    if (this.hub.current === this) {
      this.state = 'dying'
      throw toError(error)
    }
    this.#doom(error, force)
    yield* this.join(timeout)
  }

  /** `kill`, without waiting for the end. */
  killSoon(error?: unknown): void {
    this.#doom(error, false)
  }

  /** @internal `killSoon` that throws again into one that was killed before. */
  forceKillSoon(error?: unknown): void {
    this.#doom(error, true)
  }

  /** @internal What it is doing, once it was started and before it has ended; for people. */
  get doing(): 'starting' | 'running' | 'ready' | 'parked' {
    if (!this.#hasBegun) return 'starting'
    if (this.parkedOn === undefined) return 'running'
    return this.isQueued ? 'ready' : 'parked'
  }

  /**
   * Throws `error` into it: at once in the hub, elsewhere when its turn comes. One that has not begun
   * never runs, and ends with it. Nothing for one that runs or has ended. A kill that is under way wins.
   */
  throw(error?: unknown): void {
    if (!this.#hasBegun && !this.ready) this.#cancel(error)
    if (this.parkedOn === undefined) return
    if (this.#input === NOTHING) this.#input = toError(error)
    this.hub.wake(this)
  }

  /** @internal Runs it until it parks or ends. Only in the hub. */
  override switch(): void {
    const { hub } = this
    const begins = this.state === 'starting'
    this.unqueue()
    this.parkedOn = undefined
    if (tracer !== undefined) {
      tracer.switch(begins || this.#input === NOTHING ? 'switch' : 'throw', hub, this)
    }
    hub.current = this
    try {
      const generator = begins ? this.#open() : (this.#code as Operation<T>)
      let step = generator.next()
      while (step.done !== true && step.value !== PARK) {
        step = generator.throw(
          new InvalidSwitchError('a greenlet yielded something: use yield* on an operation'),
        )
      }
      hub.current = undefined
      if (step.done === true) this.#finish('returned', step.value)
    } catch (error) {
      hub.current = undefined
      if (error instanceof GreenletExit) this.#finish('returned', error)
      else this.#fail(error)
    }
    if (tracer !== undefined) tracer.switch('switch', this, hub)
  }

  /** @internal Second half of parking: throws what somebody wanted thrown. */
  resumed(): void {
    const error = this.#input
    if (error === NOTHING) return
    this.#input = NOTHING
    if (error instanceof LateError && !(error instanceof GreenletExit)) {
      traced(error)
    }
    throw error
  }

  /** It is one of the hub's from here to its end. */
  #enter(): void {
    this.hub.live.add(this)
    if (tracer !== undefined) tracer.spawn(this, this.hub.current)
  }

  get #hasBegun(): boolean {
    return this.state === 'running' || this.state === 'dying'
  }

  #open(): Operation<T> {
    const body = this.#code as Body<T, unknown[]>
    const args = this.#input
    this.#input = NOTHING
    this.state = 'running'
    const operation = args === NOTHING ? body() : body(...(args as unknown[]))
    if (typeof operation?.next !== 'function') {
      throw new TypeError(`the body of ${this.name} is no function*: it gave no operation`)
    }
    this.#code = operation
    return operation
  }

  #doom(error: unknown, force: boolean): void {
    if (this.ready) return
    if (!this.#hasBegun) {
      this.#cancel(error)
      return
    }
    if (this.state === 'dying' && !force) return
    this.state = 'dying'
    this.#input = toError(error)
    this.queue()
  }

  /** Ends one that has not begun. */
  #cancel(error: unknown): void {
    const reason = toError(error)
    if (reason instanceof GreenletExit) this.#finish('returned', reason)
    else this.#fail(reason)
  }

  #fail(error: unknown): void {
    this.#finish('failed', error)
    if (!this.quiet) this.hub.report(this, error)
  }

  #finish(state: 'returned' | 'failed', result: unknown): void {
    this.state = state
    this.result = result
    this.#code = undefined
    this.#input = NOTHING
    this.unqueue()
    this.hub.live.delete(this)
    if (tracer !== undefined) tracer.end(this)
    if (this.isLinked) this.queue()
  }

  protected override tell(link: Link): void {
    try {
      this.#follow(link)
    } catch (error) {
      this.hub.report(link, error)
    }
  }

  #follow(link: Link): void {
    if (typeof link === 'function') link(this as never)
    else if (link.wants(this)) {
      const told = new Greenlet(() => link.tell(this, this.result))
      told.name = 'link'
      told.start()
      // At once, so that all links are told in their order.
      told.switch()
    }
  }
}
