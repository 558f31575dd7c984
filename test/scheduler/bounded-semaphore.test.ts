import { expect, it } from 'vitest'
import { BoundedSemaphore, sleep, spawn } from '../../src/scheduler/index.ts'
import { runClean } from './helpers.ts'

it('S51: a BoundedSemaphore refuses to be released more often than it was acquired', () => {
  runClean(function* () {
    const semaphore = new BoundedSemaphore(2)
    expect(() => semaphore.release()).toThrow(RangeError)
    expect(semaphore.counter).toBe(2)
    yield* semaphore.acquire()
    yield* semaphore.acquire()
    const waiting = spawn(() => semaphore.acquire())
    yield* sleep(1)
    semaphore.release()
    expect(yield* waiting.get()).toBe(true)
    semaphore.release()
    semaphore.release()
    expect(() => semaphore.release()).toThrow('released more often')
    expect(new BoundedSemaphore().counter).toBe(1)
    expect(() => new BoundedSemaphore(-1)).toThrow(RangeError)
  })
})
