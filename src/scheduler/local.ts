/**
 * Local: a value that each greenlet has for itself.
 *
 * It is not inherited by children, and it goes with its greenlet. Callbacks of a loop, and code
 * outside of all greenlets, share the one of their hub.
 */
import { getcurrent, getHub } from './hub.ts'

/** A variable of each greenlet. */
export class Local<T> {
  readonly #values = new WeakMap<object, T>()

  /** The value of the current greenlet; undefined when it has set none. */
  get(): T | undefined {
    return this.#values.get(owner())
  }

  /** Sets it for the current greenlet, and for no other. */
  set(value: T): void {
    this.#values.set(owner(), value)
  }
}

function owner(): object {
  return getcurrent() ?? getHub()
}
