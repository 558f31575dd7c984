/**
 * The outcome of a greenlet: whether and how it has ended, and who wants to know.
 *
 * Links are told on a later callback, behind what was ready before the end, in the order in which they
 * were made, joiners among them; each once, also those that are made after the end.
 */
import type { Greenlet } from './greenlet.ts'
import { type RawLink, type ResultTarget, TargetLink } from './links.ts'
import type { GreenletExit } from './errors.ts'

type LinkCallback<T> = (greenlet: Greenlet<T>) => unknown

/** What a greenlet has come to. */
export abstract class Outcome<T> {
  protected state: 'created' | 'starting' | 'running' | 'returned' | 'failed' = 'created'
  /** The value that was returned, or the error that was thrown. */
  protected result: unknown
  /** Undefined while nobody wants to know; and so is each link that was told. */
  protected links: (RawLink | TargetLink | undefined)[] | undefined

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
    this.#addLink(callback)
  }

  /** Calls back in a greenlet of its own when it has ended; a `function*` may park there. */
  link(target: LinkCallback<T> | ResultTarget<T>): void {
    this.#addLink(new TargetLink(target, 'always'))
  }

  /** `link`, if it ends well. */
  linkValue(target: LinkCallback<T> | ResultTarget<T>): void {
    this.#addLink(new TargetLink(target, 'value'))
  }

  /** `link`, if it fails. */
  linkException(target: LinkCallback<T> | ResultTarget<T>): void {
    this.#addLink(new TargetLink(target, 'exception'))
  }

  /** Takes one link to `target` back. O(links). */
  unlink(target: LinkCallback<T> | ResultTarget<T>): void {
    const { links } = this
    if (links === undefined) return
    const isTarget = (link: RawLink | TargetLink | undefined): boolean =>
      link === target || (link instanceof TargetLink && link.target === target)
    const index = links.findIndex(isTarget)
    if (index >= 0) links.splice(index, 1)
  }

  /** Has the links told when its turn comes: it has ended, and there is a new one. */
  protected abstract tellLinks(): void

  #addLink(link: RawLink | TargetLink): void {
    if (this.links === undefined) this.links = [link]
    else this.links.push(link)
    if (this.ready) this.tellLinks()
  }
}
