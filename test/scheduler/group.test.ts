import { describe, expect, it } from 'vitest'
import { Group, GreenletExit, type Operation, sleep, spawn } from '../../src/scheduler/index.ts'
import { atOnce, keepErrors, runClean, thrownBy, time } from './helpers.ts'

function* after(ms: number, error?: Error): Operation<number> {
  yield* sleep(ms)
  if (error !== undefined) throw error
  return ms
}

describe('a Group', () => {
  it('S57: keeps track of its members until they end', () => {
    runClean(function* () {
      const group = new Group()
      const one = group.spawn(after, 5)
      const two = spawn(after, 10)
      group.add(two)
      group.add(two)
      expect([group.size, group.has(one), [...group]]).toEqual([2, true, [one, two]])
      yield* sleep(7)
      expect([group.size, group.has(one)]).toEqual([1, false])
      yield* sleep(7)
      expect(group.size).toBe(0)
    })
  })

  it('S57: discards one that lives on', () => {
    runClean(function* () {
      const group = new Group()
      const one = group.spawn(after, 5)
      group.discard(one)
      group.discard(one)
      expect(yield* group.join()).toBe(true)
      expect([one.ready, yield* one.get()]).toEqual([false, 5])
    })
  })

  it('S57: join waits until it was empty once, or the time is over', () => {
    runClean(function* () {
      const group = new Group()
      expect(group.join().next()).toEqual({ done: true, value: true })
      group.spawn(after, 5)
      group.spawn(after, 20)
      expect(group.join(0).next()).toEqual({ done: true, value: false })
      expect([yield* group.join(10), time()]).toEqual([false, 10])
      expect([yield* group.join(), time()]).toEqual([true, 20])
    })
  })

  it('S57: join comes back also when a member was added right after it was empty', () => {
    runClean(function* () {
      const group = new Group()
      const first = group.spawn(after, 5)
      first.rawlink(() => group.spawn(after, 50))
      yield* group.join()
      expect(time()).toBe(5)
      // Who comes when it is not empty any more waits for the next time.
      yield* group.join()
      expect(time()).toBe(55)
    })
  })

  it('S57: join with raiseError throws the first error once all have ended', () => {
    runClean(function* () {
      keepErrors()
      const group = new Group()
      const failures = [new Error('late'), new Error('early')]
      group.spawn(after, 10, failures[0])
      group.spawn(after, 5, failures[1])
      group.spawn(after, 20)
      expect(yield* thrownBy(group.join(undefined, { raiseError: true }))).toBe(failures[1])
      expect(time()).toBe(20)
      expect(yield* group.join(undefined, { raiseError: true })).toBe(true)
    })
  })

  it('S57: kill goes on until it is empty, those included that are added meanwhile', () => {
    runClean(function* () {
      const group = new Group()
      const log: string[] = []
      const spawner = function* (depth: number): Operation<void> {
        try {
          yield* sleep(1000)
        } finally {
          log.push(`killed ${depth}`)
          if (depth > 0) {
            group.spawn(spawner, depth - 1)
            yield* sleep(1)
          }
        }
      }
      group.spawn(spawner, 2)
      yield* sleep(1)
      yield* group.kill()
      expect([log, group.size]).toEqual([['killed 2', 'killed 1', 'killed 0'], 0])
    })
  })

  it('S57: kill shoots each once', () => {
    runClean(function* () {
      const group = new Group()
      let shots = 0
      group.spawn(function* () {
        while (shots < 1 || time() < 20) {
          try {
            yield* sleep(20)
          } catch {
            shots++
          }
        }
      })
      yield* sleep(1)
      spawn(() => group.kill())
      yield* sleep(1)
      yield* group.kill()
      expect([shots, group.size]).toEqual([1, 0])
    })
  })

  it('S57: kill comes back although a member has ended and not told yet', () => {
    runClean(function* () {
      const group = new Group()
      const failure = new Error('mine')
      const errors = keepErrors()
      const quick = group.spawn(atOnce, () => 'done')
      group.spawn(atOnce, () => {
        throw failure
      })
      const killer = spawn(function* () {
        // Both have ended in this very drain; their links are behind us in the FIFO.
        expect([quick.ready, group.size]).toEqual([true, 2])
        yield* group.kill()
        return group.size
      })
      expect(yield* killer.get()).toBe(0)
      expect(yield* thrownBy(group.join(0, { raiseError: true }))).toBe(failure)
      yield* sleep(1)
      expect(yield* group.join(0, { raiseError: true })).toBe(true)
      expect(errors).toEqual([failure])
    })
  })

  it('S57: kill without block does not park', () => {
    runClean(function* () {
      const group = new Group()
      const one = group.spawn(after, 100)
      yield* sleep(1)
      expect(group.kill(undefined, { block: false }).next().done).toBe(true)
      yield* group.join()
      expect([one.value, time()]).toEqual([expect.any(GreenletExit), 1])
    })
  })

  it('S57: kill by a member unwinds that one last', () => {
    runClean(function* () {
      const group = new Group()
      const other = group.spawn(after, 100)
      const killer = group.spawn(function* () {
        yield* sleep(1)
        yield* group.kill()
        return 'on'
      })
      yield* group.join()
      expect([other.ready, killer.value, time()]).toEqual([true, expect.any(GreenletExit), 1])
    })
  })
})
