import { describe, expect, it } from 'vitest'
import { BlockingSwitchOutError, RLock, sleep, spawn } from '../../src/scheduler/index.ts'
import { errorOf, runClean, time } from './helpers.ts'

describe('an RLock', () => {
  it('S52: counts for its owner, who never waits for itself', () => {
    runClean(function* () {
      const lock = new RLock()
      expect([lock.locked, lock.counter]).toEqual([false, 0])
      expect([yield* lock.acquire(), lock.tryAcquire()]).toEqual([true, true])
      expect([lock.locked, lock.counter, time()]).toEqual([true, 2, 0])
      const other = spawn(function* () {
        yield* lock.acquire()
        const at = time()
        lock.release()
        return at
      })
      yield* sleep(5)
      lock.release()
      yield* sleep(5)
      expect([lock.locked, other.ready]).toEqual([true, false])
      lock.release()
      expect([yield* other.get(), lock.locked]).toEqual([10, false])
    })
  })

  it('S52: is released by nobody but its owner', () => {
    runClean(function* () {
      const lock = new RLock()
      expect(() => lock.release()).toThrow('does not own')
      yield* lock.acquire()
      const other = spawn(function* () {
        yield* sleep(0)
        return [errorOf(() => lock.release()), lock.tryAcquire()]
      })
      expect(yield* other.get()).toEqual([expect.any(Error), false])
      lock.release()
      expect(() => lock.release()).toThrow(Error)
    })
  })

  it('S52: gives false when the time is over', () => {
    runClean(function* () {
      const lock = new RLock()
      yield* lock.acquire()
      const other = spawn(() => lock.acquire({ timeout: 10 }))
      expect([yield* other.get(), time(), lock.counter]).toEqual([false, 10, 1])
      lock.release()
    })
  })

  it('S15: can be owned by greenlets only', () => {
    const lock = new RLock()
    expect(() => lock.acquire().next()).toThrow(BlockingSwitchOutError)
    expect(() => lock.tryAcquire()).toThrow(BlockingSwitchOutError)
    expect(() => lock.release()).toThrow('does not own')
  })
})
