/**
 * Links: who wants to know that a greenlet has ended, and how it is told.
 *
 * A raw link is a function alone, since each join and each group makes one. The others are told in a
 * greenlet of their own, so that they may park.
 */
import type { Operation } from './operation.ts'

/** What a link takes besides a function: something that a result can be given to. */
export interface ResultTarget<T> {
  /** Told of what a greenlet has returned, or of the GreenletExit that ended it. */
  set(value: T): void
  /** Told of the error that it failed with. */
  setException(error: unknown): void
}

/** Called in the hub: no parking there. */
export type RawLink = (ended: never) => unknown

/** What a greenlet has come to. */
interface Ended {
  readonly successful: boolean
}

/** A link whose target is called, or given the result, in a greenlet of its own. */
export class TargetLink {
  readonly target: ((ended: never) => unknown) | ResultTarget<never>
  readonly #when: 'always' | 'value' | 'exception'

  /** TypeError for what is no target. */
  constructor(target: TargetLink['target'], when: 'always' | 'value' | 'exception') {
    if (typeof target !== 'function' && typeof target?.setException !== 'function') {
      throw new TypeError('a link needs a function, or something with set and setException')
    }
    this.target = target
    this.#when = when
  }

  /** Whether it is for an end of this kind. */
  wants({ successful }: Ended): boolean {
    return this.#when === 'always' || (this.#when === 'value') === successful
  }

  /** The body of the greenlet that tells `target` of `ended`. */
  *tell(ended: Ended, result: unknown): Operation<void> {
    const { target } = this
    if (typeof target === 'function') {
      const given = target(ended as never)
      if (isOperation(given)) yield* given
    } else if (ended.successful) target.set(result as never)
    else target.setException(result)
  }
}

function isOperation(value: unknown): value is Operation<unknown> {
  return Object.prototype.toString.call(value) === '[object Generator]'
}
