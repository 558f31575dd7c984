/**
 * The one FIFO of parked greenlets, under every primitive: a doubly linked list, so that a greenlet
 * that is killed or times out leaves from wherever it stands in O(1).
 *
 * A wake-up carries nothing. What was waited for (a unit, an item) is taken by the greenlet itself
 * when it runs, which is at once, since waking is done in the hub: so there is no moment in which a
 * unit is on its way to a greenlet that is then killed, and nothing can be lost.
 *
 * Raw links, by which `wait` and `iwait` look at a primitive, stand in the same line: a callback in
 * place of a greenlet, that is called when its turn comes.
 */
import type { Greenlet } from './greenlet.ts'
import { getHub, type Hub } from './hub.ts'
import type { Loop } from './loop.ts'
import { type Operation, PARK } from './operation.ts'
import { TIMEOUT_PRIORITY } from './waiter.ts'

/** Called in the hub with what was waited for: no parking there. */
export type WaitersLink = (object: never) => unknown

/** Who stands in line. */
interface Waiting {
  readonly hub: Hub
  switch(): void
}

interface Place<P> {
  readonly who: Waiting
  /** Running number of the arrival. */
  readonly number: number
  readonly payload: P | undefined
  woken: boolean
  queued: boolean
  previous: Place<P> | undefined
  next: Place<P> | undefined
}

/** Greenlets that wait for the same thing, first come first woken; each may bring a `P`. */
export class Waiters<P = never> {
  readonly #what: object
  #first: Place<P> | undefined
  #last: Place<P> | undefined
  #links: Map<WaitersLink, Place<P>> | undefined
  #size = 0
  #arrivals = 0

  /** `what` is what they are said to wait for, and what links are called with. */
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

  /** What the first in line has brought. */
  get firstPayload(): P | undefined {
    return this.#first?.payload
  }

  /** Calls `notify` in the hub of those who wait, on a later callback; not at all when nobody does. */
  soon(notify: () => void): void {
    this.#first?.who.hub.loop.runCallback(notify)
  }

  /**
   * Parks until woken (true) or until `timeoutMs` have passed (false). A kill leaves no trace here.
   * O(1), with a timer O(log timers).
   */
  *wait(timeoutMs?: number, payload?: P): Operation<boolean> {
    const hub = getHub()
    const timer = timeoutMs === undefined ? undefined : hub.loop.timer(timeoutMs)
    const me = hub.park(this.#what)
    const place = this.#join(me, payload)
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

  /** Puts `callback` in line, to be called once. One that stands there already keeps its place (S49). */
  link(callback: WaitersLink): void {
    if (typeof callback !== 'function') throw new TypeError('rawlink needs a function')
    const links = (this.#links ??= new Map())
    if (links.has(callback)) return
    const hub = getHub()
    const call = (): void => {
      links.delete(callback)
      try {
        callback(this.#what as never)
      } catch (error) {
        hub.report(callback, error)
      }
    }
    links.set(callback, this.#join({ hub, switch: call }, undefined))
  }

  /** Takes `callback` out of the line, if it stands there. O(1). */
  unlink(callback: WaitersLink): void {
    const place = this.#links?.get(callback)
    if (place === undefined) return
    this.#links?.delete(callback)
    this.#leave(place)
  }

  /**
   * Switches to the first, who leaves the queue. Only in the hub. Says whether there was one, whose
   * number was at most `upTo`.
   */
  wakeOne(upTo: number = Infinity): boolean {
    const place = this.#first
    if (place === undefined || place.number > upTo) return false
    this.#wake(place)
    return true
  }

  /** Takes the first, a greenlet, out of the queue, and lets it go on when its turn comes. */
  release(): void {
    const place = this.#first!
    place.woken = true
    this.#leave(place)
    ;(place.who as Greenlet<unknown>).queue()
  }

  /** `wakeOne` for all whose number is at most `number`: not for those who arrive meanwhile. */
  wakeUpTo(number: number): void {
    const shuffle = this.#first?.who.hub.loop.shuffle
    if (shuffle !== undefined) this.#wakeShuffled(number, shuffle)
    else {
      while (this.wakeOne(number)) {
        // The next, please.
      }
    }
  }

  #wakeShuffled(number: number, shuffle: NonNullable<Loop['shuffle']>): void {
    const places: Place<P>[] = []
    for (let place = this.#first; place !== undefined; place = place.next) places.push(place)
    for (const place of shuffle(places)) {
      if (place.queued && place.number <= number) this.#wake(place)
    }
  }

  #wake(place: Place<P>): void {
    place.woken = true
    this.#leave(place)
    place.who.switch()
  }

  #join(who: Waiting, payload: P | undefined): Place<P> {
    const previous = this.#last
    const place: Place<P> = {
      who,
      number: ++this.#arrivals,
      payload,
      woken: false,
      queued: true,
      previous,
      next: undefined,
    }
    if (previous === undefined) this.#first = place
    else previous.next = place
    this.#last = place
    this.#size++
    return place
  }

  #leave(place: Place<P>): void {
    if (!place.queued) return
    place.queued = false
    if (place.previous === undefined) this.#first = place.next
    else place.previous.next = place.next
    if (place.next === undefined) this.#last = place.previous
    else place.next.previous = place.previous
    this.#size--
  }
}
