/**
 * The outcome of a greenlet: whether and how it has ended, and who wants to know.
 *
 * Links are told on a later callback, behind what was ready before the end, in the order in which they
 * were made, joiners among them; each once, also those that are made after the end.
 */
import type { Greenlet } from './greenlet.ts'
import { type RawLink, type ResultTarget, TargetLink } from './links.ts'
import type { GreenletExit } from './errors.ts'

/** One who wants to know. */
export type Link = RawLink | TargetLink
type LinkCallback<T> = (greenlet: Greenlet<T>) => unknown

/**
 * What a greenlet has come to. Greenlets are made by the hundred thousand, and each field of this class
 * and of those below it is 8 bytes of each; so is the mark that V8 gives to each object of a class with
 * private methods, of which there are none here.
 */
export abstract class Outcome<T> {
  /** `later`: to be started by a timer; `dying`: killed, and running still. */
  protected state: 'created' | 'later' | 'starting' | 'running' | 'dying' | 'returned' | 'failed' =
    'created'
  /** The value that was returned, or the error that was thrown. */
  protected result: unknown
  /**
   * Undefined while nobody wants to know. One link needs no array, and nearly all greenlets have one.
   * In an array, a link that was told is undefined.
   */
  #links: Link | (Link | undefined)[] | undefined

  /** Whether it has ended. */
  get ready(): boolean {
    return this.state === 'returned' || this.state === 'failed'
  }

  /** The same as `ready`, under greenlet's name. */
  get dead(): boolean {
    return this.ready
  }

  /** Whether it has ended without an error; a GreenletExit is none. */
  get successful(): boolean {
    return this.state === 'returned'
  }

  /** What it returned, or the GreenletExit that ended it; undefined before, and when it failed. */
  get value(): T | GreenletExit | undefined {
    return this.state === 'returned' ? (this.result as T | GreenletExit) : undefined
  }

  /** The error that it failed with. */
  get exception(): unknown {
    return this.state === 'failed' ? this.result : undefined
  }

  /** Calls back in the hub when it has ended: no parking there. Fires once, also when it has ended already. */
  rawlink(callback: LinkCallback<T>): void {
    if (typeof callback !== 'function') throw new TypeError('rawlink needs a function')
    this.addLink(callback)
  }

  /** Calls back in a greenlet of its own when it has ended; a `function*` may park there. */
  link(target: LinkCallback<T> | ResultTarget<T>): void {
    this.addLink(new TargetLink(target, 'always'))
  }

  /** `link`, if it ends well. */
  linkValue(target: LinkCallback<T> | ResultTarget<T>): void {
    this.addLink(new TargetLink(target, 'value'))
  }

  /** `link`, if it fails. */
  linkException(target: LinkCallback<T> | ResultTarget<T>): void {
    this.addLink(new TargetLink(target, 'exception'))
  }

  /** Takes one link to `target` back. O(links). */
  unlink(target: LinkCallback<T> | ResultTarget<T>): void {
    const links = this.#links
    if (!Array.isArray(links)) {
      if (leadsTo(links, target)) this.#links = undefined
      return
    }
    const index = links.findIndex((link) => leadsTo(link, target))
    if (index >= 0) links.splice(index, 1)
  }

  protected get isLinked(): boolean {
    return this.#links !== undefined
  }

  /** Has the links told when its turn comes: it has ended, and there is a new one. */
  protected abstract tellSoon(): void

  /** Tells one of the end. */
  protected abstract tell(link: Link): void

  /** Tells all, those too that come meanwhile, and not those that are taken back before their turn. */
  protected tellLinks(): void {
    for (let links = this.#links; links !== undefined; links = this.#links) {
      if (!Array.isArray(links)) {
        this.#links = undefined
        this.tell(links)
        continue
      }
      for (let i = 0; i < links.length; i++) {
        const link = links[i]!
        links[i] = undefined
        this.tell(link)
      }
      this.#links = undefined
    }
  }

  protected addLink(link: Link): void {
    if (this.#links === undefined) this.#links = link
    else if (Array.isArray(this.#links)) this.#links.push(link)
    else this.#links = [this.#links, link]
    if (this.ready) this.tellSoon()
  }
}

function leadsTo(link: Link | undefined, target: unknown): boolean {
  return link === target || (link instanceof TargetLink && link.target === target)
}
