/**
 * Group: any number of greenlets that are joined and killed together.
 */
import type { Greenlet } from './greenlet.ts'
import { Members } from './members.ts'
import type { Body, Operation } from './operation.ts'
import { spawn } from './spawn.ts'

/** A set of greenlets that forgets those that have ended. */
export class Group extends Members {
  /** Starts a member. */
  spawn<T, A extends readonly unknown[]>(body: Body<T, A>, ...args: A): Greenlet<T> {
    const greenlet = spawn(body, ...args)
    this.add(greenlet)
    return greenlet
  }

  /** Keeps track of `greenlet` until it ends. Twice is once. */
  add(greenlet: Greenlet<unknown>): void {
    this.track(greenlet)
  }

  // oxlint-disable-next-line eslint/require-yield
  protected override *launch<T, A extends readonly unknown[]>(
    body: Body<T, A>,
    ...args: A
  ): Operation<Greenlet<T>> {
    return this.spawn(body, ...args)
  }
}
