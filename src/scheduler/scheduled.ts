/**
 * What a loop sees of a greenlet: an entry in its FIFO, or while the greenlet sleeps or is to start
 * later, a timer in its heap that becomes pending.
 *
 * A greenlet that sleeps is its own timer: a watcher and the closure that it calls would be 200 bytes
 * more for each. It is in one of the three at most; so one ticket says which entry counts, in a FIFO
 * that nothing can be taken out of.
 */
import type { Greenlet } from './greenlet.ts'
import { getHub, type Hub } from './hub.ts'
import { Outcome } from './outcome.ts'
import { tracer } from './trace.ts'
import type { Priority } from './watcher.ts'

/** The heap index of one that has left the heap, and is pending. */
const DUE = -2

/** Something that a hub switches to when its turn comes, or its time. */
export abstract class Scheduled<T> extends Outcome<T> {
  readonly hub: Hub = getHub()
  /** @internal What it waits for; undefined while it runs, and before and after. */
  parkedOn: object | undefined
  /** @internal Its place in the loop's heap, while it sleeps or is to start later. */
  heapIndex = -1
  /** Of its entry in the FIFO or among the pending, 0 when there is none that counts. */
  #ticket = 0

  /** @internal */
  abstract start(): void

  /** @internal Runs it until it parks or ends. Only in the hub. */
  abstract switch(): void

  /** @internal Puts it at the end of the FIFO. One that is pending is about to run as it is. */
  queue(): void {
    if (this.pending) return
    if (tracer !== undefined && this.parkedOn !== undefined) {
      tracer.wake(this as unknown as Greenlet<unknown>)
    }
    this.#ticket = this.hub.loop.enqueue(this)
  }

  /** @internal Its turn in the FIFO has come. */
  run(ticket: number): void {
    if (ticket !== this.#ticket) return
    this.#ticket = 0
    if (this.ready) this.tellLinks()
    else this.switch()
  }

  /**
   * @internal Lets it be switched to in `ms` milliseconds, counted from a fresh reading of the clock,
   * unless somebody switches to it before that. Only once it has parked.
   */
  sleep(ms: number): void {
    const { loop } = this.hub
    loop.update()
    this.wakeAt(loop.now() + ms)
  }

  /** Puts it into the loop's heap. */
  protected wakeAt(deadline: number): void {
    const { loop } = this.hub
    loop.timers.push(deadline, this)
    loop.hold(1)
    loop.timerAdded(this)
  }

  /** @internal The loop has taken it from the heap. */
  expire(): void {
    this.heapIndex = DUE
    this.hub.loop.hold(-1)
    this.#ticket = this.hub.loop.queuePending(this)
  }

  /** @internal A sleeper is called as plain timers are. */
  get priority(): Priority {
    return 0
  }

  /** @internal Whether it has slept long enough, and is about to be switched to. */
  get pending(): boolean {
    return this.heapIndex === DUE
  }

  /** @internal Its turn among the pending has come. */
  invoke(ticket: number): void {
    if (ticket !== this.#ticket || !this.pending) return
    if (this.state === 'later') this.start()
    else this.switch()
  }

  /** Whether its turn is to come. */
  protected get isQueued(): boolean {
    return this.#ticket !== 0
  }

  /** Takes back its entry in the FIFO, its timer, or its call if that is pending. */
  protected unqueue(): void {
    this.#ticket = 0
    if (this.heapIndex === -1) return
    const { loop } = this.hub
    if (this.pending) {
      this.heapIndex = -1
      loop.forgetPending()
    } else {
      loop.timers.remove(this)
      loop.hold(-1)
    }
  }

  protected override tellSoon(): void {
    if (!this.isQueued) this.queue()
  }
}
