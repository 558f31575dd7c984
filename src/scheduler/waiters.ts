/**
 * The one FIFO of parked greenlets, under every primitive: a doubly linked list, so that a greenlet
 * that is killed or times out leaves from wherever it stands in O(1).
 *
 * A wake-up carries nothing. What was waited for (a unit, an item) is taken by the greenlet itself
 * when it runs, which is at once, since waking is done in the hub: so there is no moment in which a
 * unit is on its way to a greenlet that is then killed, and nothing can be lost.
 */
import type { Greenlet } from './greenlet.ts'
import { getHub } from './hub.ts'
import { type Operation, PARK } from './operation.ts'
import { TIMEOUT_PRIORITY } from './waiter.ts'

interface Place {
  readonly greenlet: Greenlet<unknown>
  /** Running number of the arrival. */
  readonly number: number
  woken: boolean
  queued: boolean
  previous: Place | undefined
  next: Place | undefined
}

/** Greenlets that wait for the same thing, first come first woken. */
export class Waiters {
  readonly #what: object
  #first: Place | undefined
  #last: Place | undefined
  #size = 0
  #arrivals = 0

  /** `what` is what they are said to wait for. */
  constructor(what: object) {
    this.#what = what
  }

  get size(): number {
    return this.#size
  }

  /** How many have arrived, ever: the number of the newest. */
  get arrivals(): number {
    return this.#arrivals
  }

  /** Calls `notify` in the hub of those who wait, on a later callback; not at all when nobody does. */
  soon(notify: () => void): void {
    this.#first?.greenlet.hub.loop.runCallback(notify)
  }

  /**
   * Parks until woken (true) or until `timeoutMs` have passed (false). A kill leaves no trace here.
   * O(1), with a timer O(log timers).
   */
  *wait(timeoutMs?: number): Operation<boolean> {
    const hub = getHub()
    const timer = timeoutMs === undefined ? undefined : hub.loop.timer(timeoutMs)
    const me = hub.park(this.#what)
    const place = this.#join(me)
    if (timer !== undefined) {
      hub.loop.update()
      timer.priority = TIMEOUT_PRIORITY
      timer.start(() => me.switch())
    }
    yield PARK
    timer?.stop()
    this.#leave(place)
    me.resumed()
    return place.woken
  }

  /** Switches to the first, who leaves the queue. Only in the hub. Says whether there was one. */
  wakeOne(): boolean {
    const place = this.#first
    if (place === undefined) return false
    place.woken = true
    this.#leave(place)
    place.greenlet.switch()
    return true
  }

  /** `wakeOne` for all whose number is at most `number`: not for those who arrive meanwhile. */
  wakeUpTo(number: number): void {
    while (this.#first !== undefined && this.#first.number <= number) this.wakeOne()
  }

  #join(greenlet: Greenlet<unknown>): Place {
    const number = ++this.#arrivals
    const previous = this.#last
    const place: Place = { greenlet, number, woken: false, queued: true, previous, next: undefined }
    if (previous === undefined) this.#first = place
    else previous.next = place
    this.#last = place
    this.#size++
    return place
  }

  #leave(place: Place): void {
    if (!place.queued) return
    place.queued = false
    if (place.previous === undefined) this.#first = place.next
    else place.previous.next = place.next
    if (place.next === undefined) this.#last = place.previous
    else place.next.previous = place.previous
    this.#size--
  }
}
