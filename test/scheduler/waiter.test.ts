import { describe, expect, it } from 'vitest'
import { getHub, sleep, spawn, Timeout, Waiter } from '../../src/scheduler/index.ts'
import { runClean, thrownBy, time } from './helpers.ts'

describe('a Waiter', () => {
  it('gives the value or throws the error that arrives while it is waited on', () => {
    runClean(function* () {
      const failure = new Error('mine')
      const good = new Waiter<number>()
      const bad = new Waiter<number>()
      const one = spawn(() => good.get())
      const other = spawn(() => thrownBy(bad.get()))
      yield* sleep(1)
      good.switch(7)
      bad.throw(failure)
      expect([yield* one.get(), yield* other.get()]).toEqual([7, failure])
    })
  })

  it('S20: keeps what arrives before get', () => {
    runClean(function* () {
      const good = new Waiter<number>()
      good.switch(7)
      expect(good.get().next()).toEqual({ done: true, value: 7 })
      const bad = new Waiter<number>()
      const failure = new Error('mine')
      bad.throw(failure)
      expect(yield* thrownBy(bad.get())).toBe(failure)
    })
  })

  it('drops what arrives second', () => {
    runClean(function* () {
      const waiter = new Waiter<number>()
      waiter.switch(1)
      waiter.switch(2)
      waiter.throw(new Error('third'))
      expect(yield* waiter.get()).toBe(1)
    })
  })

  it('switches at once in the hub, later from a greenlet', () => {
    runClean(function* () {
      const log: string[] = []
      const waiters = [new Waiter<string>(), new Waiter<string>()]
      for (const waiter of waiters) {
        spawn(function* () {
          log.push(yield* waiter.get())
        })
      }
      yield* sleep(1)
      getHub().loop.runCallback(() => {
        waiters[0]!.switch('from the hub')
        log.push('after the hub')
      })
      yield* sleep(1)
      waiters[1]!.switch('from a greenlet')
      log.push('after the greenlet')
      yield* sleep(1)
      expect(log).toEqual([
        'from the hub',
        'after the hub',
        'after the greenlet',
        'from a greenlet',
      ])
    })
  })

  it('is for one greenlet at a time', () => {
    runClean(function* () {
      const waiter = new Waiter<number>()
      const first = spawn(() => waiter.get())
      yield* sleep(1)
      expect((yield* thrownBy(waiter.get())) as Error).toHaveProperty(
        'message',
        expect.stringContaining('another greenlet'),
      )
      waiter.switch(1)
      expect(yield* first.get()).toBe(1)
    })
  })

  it('can be waited on again after a kill or a foreign Timeout (3h)', () => {
    runClean(function* () {
      const waiter = new Waiter<number>()
      const victim = spawn(() => waiter.get())
      yield* sleep(1)
      yield* victim.kill()
      const timeout = Timeout.start(5)
      expect(yield* thrownBy(waiter.get())).toBe(timeout)
      waiter.switch(3)
      expect(yield* waiter.get()).toBe(3)
    })
  })

  it('lets a kill win over a value that is on its way, and keeps the value', () => {
    runClean(function* () {
      const waiter = new Waiter<number>()
      const victim = spawn(() => waiter.get())
      yield* sleep(1)
      waiter.switch(5)
      yield* victim.kill()
      expect(victim.value).not.toBe(5)
      expect(yield* waiter.get()).toBe(5)
    })
  })

  it('with a time comes back with the late value, counting from when it parks', () => {
    runClean(function* () {
      const waiter = new Waiter<string>()
      expect([yield* waiter.getWithin(10, 'late'), time()]).toEqual(['late', 10])
    })
  })
})
