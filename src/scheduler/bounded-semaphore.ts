/**
 * BoundedSemaphore: a Semaphore that notices when somebody gives back what was never taken, which is
 * nearly always a mistake in the cleanup of a program.
 */
import { Semaphore } from './semaphore.ts'

/** A Semaphore that never has more units than it began with. */
export class BoundedSemaphore extends Semaphore {
  readonly #most: number

  /** RangeError for a negative or broken number. */
  constructor(units = 1) {
    super(units)
    this.#most = units
  }

  /** Gives a unit back. RangeError, and no change, when all are there. */
  override release(): void {
    if (this.counter >= this.#most) {
      throw new RangeError(`released more often than acquired: all ${this.#most} units are free`)
    }
    super.release()
  }
}
