import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Governor } from '../../src/download/governor.ts'
import type { Turn } from '../../src/download/turn.ts'
import {
  getcurrent,
  type Greenlet,
  joinall,
  LoopExit,
  type Operation,
  sleep,
  spawn,
  Waiter,
} from '../../src/scheduler/index.ts'
import { runClean, thrownBy, time } from '../scheduler/helpers.ts'

/** Has a turn at `origin` for `ms`, and logs when it began. */
function* visit(
  governor: Governor,
  origin: string,
  { ms = 10, log, word = origin }: { ms?: number; log?: string[]; word?: string } = {},
): Operation<void> {
  const turn = governor.ask(origin)
  try {
    yield* turn.granted()
    log?.push(`${word} at ${time()}`)
    yield* sleep(ms)
  } finally {
    turn.giveBack()
  }
}

/** Has a turn that is already granted, or waits for none. */
function isGranted(turn: Turn): boolean {
  try {
    return turn.granted().next().done === true
  } catch {
    // It would have to park.
    return false
  }
}

describe('a Governor', () => {
  it('grants at once what is free, and does not park for it', () => {
    runClean(function* () {
      const governor = new Governor({ jobs: 3, perHost: 2 })
      const turns = [governor.ask('a'), governor.ask('a'), governor.ask('b')]
      for (const turn of turns) yield* turn.granted()
      expect(time()).toBe(0)
      expect(turns.map(({ origin }) => origin)).toEqual(['a', 'a', 'b'])
    })
  })

  it('has no more at once than its jobs, and at one origin no more than its places', () => {
    runClean(function* () {
      const log: string[] = []
      const governor = new Governor({ jobs: 3, perHost: 2 })
      const visits = ['a', 'a', 'a', 'b', 'b', 'b'].map((origin) =>
        spawn(() => visit(governor, origin, { log })),
      )
      yield* joinall(visits)
      expect(log).toEqual(['a at 0', 'a at 0', 'b at 0', 'b at 10', 'a at 10', 'b at 10'])
    })
  })

  it('does not let one slow origin hold the jobs of others', () => {
    runClean(function* () {
      const log: string[] = []
      const governor = new Governor({ jobs: 4, perHost: 2 })
      const slow = Array.from({ length: 20 }, () =>
        spawn(() => visit(governor, 'slow', { ms: 1000 })),
      )
      const quick = Array.from({ length: 20 }, () =>
        spawn(() => visit(governor, 'quick', { ms: 1, log })),
      )
      yield* joinall(quick)
      expect(time()).toBe(10)
      yield* joinall(slow)
      expect(time()).toBe(10_000)
    })
  })

  it('grants nothing while it is suspended, and goes on when it was resumed as often', () => {
    runClean(function* () {
      const governor = new Governor({ jobs: 2, perHost: 2 })
      const log: string[] = []
      governor.suspend()
      governor.suspend()
      const visitor = spawn(() => visit(governor, 'a', { log }))
      yield* sleep(5)
      governor.resume()
      yield* sleep(5)
      governor.resume()
      yield* visitor.join()
      expect(log).toEqual(['a at 10'])
    })
  })

  it('is first come first served within an origin', () => {
    runClean(function* () {
      const log: string[] = []
      const governor = new Governor({ jobs: 1, perHost: 1 })
      const visits = [1, 2, 3, 4].map((at) =>
        spawn(() => visit(governor, 'a', { log, word: String(at) })),
      )
      yield* joinall(visits)
      expect(log).toEqual(['1 at 0', '2 at 10', '3 at 20', '4 at 30'])
    })
  })

  // With one place, the second of `a` waits for the first; else it is the first who waits at all.
  it.each([
    [1, 'abcabaa'],
    [2, 'aabcaba'],
    [10, 'aabcaba'],
  ])(
    'has origins take turns, however long the queue of one, with %i places each',
    (perHost, order) => {
      runClean(function* () {
        const log: string[] = []
        const governor = new Governor({ jobs: 1, perHost })
        const origins = ['a', 'a', 'a', 'a', 'b', 'b', 'c']
        yield* joinall(origins.map((origin) => spawn(() => visit(governor, origin, { log }))))
        expect(log.map((line) => line[0]).join('')).toBe(order)
      })
    },
  )

  it('lets who had begun go ahead of those that have not', () => {
    runClean(function* () {
      const log: string[] = []
      const governor = new Governor({ jobs: 1, perHost: 1 })
      const first = governor.ask('a')
      const others = [1, 2].map((at) =>
        spawn(() => visit(governor, 'a', { log, word: String(at) })),
      )
      yield* sleep(0)
      const returning = ['x', 'y'].map((word) =>
        spawn(function* () {
          const turn = governor.ask('a', { returning: true })
          yield* turn.granted()
          log.push(`${word} at ${time()}`)
          turn.giveBack()
        }),
      )
      yield* sleep(5)
      first.giveBack()
      yield* joinall([...others, ...returning])
      expect(log).toEqual(['x at 5', 'y at 5', '1 at 5', '2 at 15'])
    })
  })

  it('takes back a turn once', () => {
    runClean(function* () {
      const governor = new Governor({ jobs: 1, perHost: 1 })
      const turn = governor.ask('a')
      yield* turn.granted()
      turn.giveBack()
      turn.giveBack()
      const next = governor.ask('a')
      yield* next.granted()
      expect(isGranted(governor.ask('a'))).toBe(false)
    })
  })

  it('grants nothing to who was killed while waiting', () => {
    runClean(function* () {
      const log: string[] = []
      const governor = new Governor({ jobs: 1, perHost: 1 })
      const visits = [1, 2, 3].map((at) =>
        spawn(() => visit(governor, 'a', { log, word: String(at) })),
      )
      yield* sleep(5)
      yield* visits[1]!.kill()
      yield* joinall(visits)
      expect(log).toEqual(['1 at 0', '3 at 10'])
      yield* visit(governor, 'a', { log, word: 'after' })
      expect(log.at(-1)).toBe('after at 20')
    })
  })

  it.each(['before', 'after'])(
    'passes on what was granted to one that is killed in the very moment (%s the grant)',
    (when) => {
      runClean(function* () {
        const log: string[] = []
        const governor = new Governor({ jobs: 1, perHost: 1 })
        const holder = governor.ask('a')
        const [killed, next] = ['killed', 'next'].map((word) =>
          spawn(() => visit(governor, 'a', { log, word })),
        ) as [Greenlet<void>, Greenlet<void>]
        yield* sleep(0)
        if (when === 'before') killed.killSoon()
        holder.giveBack()
        if (when === 'after') killed.killSoon()
        yield* joinall([killed, next])
        expect(log).toEqual(['next at 0'])
        // Nothing was lost, and nothing was given twice.
        const turn = governor.ask('a')
        yield* turn.granted()
        expect(isGranted(governor.ask('b'))).toBe(false)
      })
    },
  )

  it('changes origins without a dead-lock, though all want to be where another is', () => {
    runClean(function* () {
      const governor = new Governor({ jobs: 2, perHost: 1 })
      const cross = function* (from: string, to: string): Operation<void> {
        const turn = governor.ask(from)
        yield* turn.granted()
        yield* sleep(5)
        turn.giveBack()
        const further = governor.ask(to, { returning: true })
        yield* further.granted()
        yield* sleep(5)
        further.giveBack()
      }
      const crossing = [
        ['a', 'b'],
        ['b', 'a'],
        ['a', 'b'],
        ['b', 'a'],
      ].map(([from, to]) => spawn(cross, from!, to!))
      yield* joinall(crossing)
      expect(crossing.every(({ successful }) => successful)).toBe(true)
    })
  })

  it('keeps its limits and serves everybody, whoever comes, goes and is killed', () => {
    const guest = fc.record({
      path: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }),
      comesAt: fc.nat(20),
      staysMs: fc.nat(10),
      killedAt: fc.option(fc.nat(60), { nil: undefined }),
    })
    const limits = fc.record({
      jobs: fc.integer({ min: 1, max: 4 }),
      perHost: fc.integer({ min: 1, max: 3 }),
    })
    fc.assert(
      fc.property(limits, fc.array(guest, { maxLength: 25 }), (given, guests) => {
        runClean(function* () {
          const governor = new Governor(given)
          const inside = new Map<string, number>()
          let served = 0
          const move = (origin: string, by: number): void => {
            inside.set(origin, (inside.get(origin) ?? 0) + by)
            const all = [...inside.values()]
            expect(Math.max(...all)).toBeLessThanOrEqual(given.perHost)
            expect(all.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(given.jobs)
          }
          const greenlets = guests.map(({ path, comesAt, staysMs, killedAt }) => {
            const greenlet = spawn(function* () {
              yield* sleep(comesAt)
              for (const [at, origin] of path.entries()) {
                const turn = governor.ask(origin, { returning: at > 0 })
                try {
                  yield* turn.granted()
                  move(origin, 1)
                  try {
                    yield* sleep(staysMs)
                  } finally {
                    move(origin, -1)
                  }
                } finally {
                  turn.giveBack()
                }
              }
              served++
            })
            if (killedAt !== undefined) {
              spawn(function* () {
                yield* sleep(killedAt)
                yield* greenlet.kill()
              })
            }
            return { greenlet, killedAt }
          })
          yield* joinall(greenlets.map(({ greenlet }) => greenlet))
          const spared = greenlets.filter(({ killedAt }) => killedAt === undefined).length
          expect(served).toBeGreaterThanOrEqual(spared)
          yield* sleep(100)
          // All is free again: as much as at first, and no more.
          const most = Math.min(given.jobs, given.perHost)
          const turns = Array.from({ length: most }, () => governor.ask('a'))
          for (const turn of turns) yield* turn.granted()
          expect(isGranted(governor.ask('a'))).toBe(false)
          for (let taken = most; taken < given.jobs; taken++) {
            yield* governor.ask(`other ${taken}`).granted()
          }
          expect(isGranted(governor.ask('one more'))).toBe(false)
        })
      }),
    )
  })

  it('serves those who never die in the order of their coming, as a naive queue does', () => {
    const guests = fc.array(fc.nat(5), { maxLength: 30 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), guests, (places, stays) => {
        runClean(function* () {
          const log: number[] = []
          const governor = new Governor({ jobs: 10, perHost: places })
          const all = stays.map((ms, at) =>
            spawn(function* () {
              const turn = governor.ask('a')
              yield* turn.granted()
              log.push(at)
              yield* sleep(ms)
              turn.giveBack()
            }),
          )
          yield* joinall(all)
          expect(log).toEqual(stays.map((_ms, at) => at))
        })
      }),
    )
  })
})

describe('a spare turn', () => {
  it('is a place without a job, where one is free', () => {
    runClean(function* () {
      const governor = new Governor({ jobs: 1, perHost: 3 })
      const turn = governor.ask('a')
      yield* turn.granted()
      const spares = [governor.spare('a'), governor.spare('a')]
      yield* spares[0]!.granted()
      expect(spares.map((spare) => spare?.isSpare)).toEqual([true, true])
      expect(governor.spare('a')).toBeUndefined()
      spares[0]!.giveBack()
      spares[0]!.giveBack()
      expect(governor.spare('a')).toBeDefined()
      expect(governor.spare('a')).toBeUndefined()
      // The job is still the only one.
      const waiting = governor.ask('b')
      expect(isGranted(waiting)).toBe(false)
      waiting.giveBack()
      turn.giveBack()
      expect(isGranted(governor.ask('b'))).toBe(true)
    })
  })

  it('is not to be had where another waits for the place, but where it waits for a job', () => {
    runClean(function* () {
      const governor = new Governor({ jobs: 2, perHost: 2 })
      const spare = governor.spare('a')!
      const [first, second] = [governor.ask('a'), governor.ask('a')]
      yield* first.granted()
      spare.giveBack()
      yield* second.granted()
      const third = governor.ask('b')
      expect([isGranted(third), governor.spare('a')]).toEqual([false, undefined])
      expect(governor.spare('b')).toBeDefined()
    })
  })

  it('is told of by a callback in the hub, to one after the other while there is room', () => {
    runClean(function* () {
      const governor = new Governor({ jobs: 4, perHost: 1 })
      const log: string[] = []
      let taken: Turn | undefined
      const seek = (word: string): (() => void) =>
        governor.onSpare('a', () => {
          expect(getcurrent()).toBeUndefined()
          taken = governor.spare('a')
          log.push(word)
        })
      const ends = ['x', 'y', 'z'].map(seek)
      let holder: Turn | undefined = governor.spare('a')
      for (let round = 0; round < 4; round++) {
        if (round === 2) ends[2]!()
        holder!.giveBack()
        expect(log.length).toBe(round)
        yield* sleep(1)
        holder = taken
      }
      expect(log.join('')).toBe('xyxy')
    })
  })
})

describe('a held origin', () => {
  it('grants nothing until the time, while others go on', () => {
    runClean(function* () {
      const log: string[] = []
      const governor = new Governor({ jobs: 10, perHost: 4 })
      governor.hold('a', 500)
      governor.hold('a', 100)
      expect([governor.places('a'), governor.spare('a')]).toEqual([0, undefined])
      const visits = ['a', 'b'].map((origin) => spawn(() => visit(governor, origin, { log })))
      yield* joinall(visits)
      expect(log).toEqual(['b at 0', 'a at 500'])
    })
  })

  it('may be held for longer while it is held', () => {
    runClean(function* () {
      const log: string[] = []
      const governor = new Governor({ jobs: 10, perHost: 4 })
      governor.hold('a', 100)
      const waiting = spawn(() => visit(governor, 'a', { log }))
      yield* sleep(50)
      governor.hold('a', 300)
      yield* joinall([waiting])
      expect(log).toEqual(['a at 300'])
    })
  })

  it('does not keep a run alive for which nobody waits', () => {
    runClean(function* () {
      const governor = new Governor({ jobs: 10, perHost: 4 })
      governor.hold('a', 60_000)
      const turn = governor.ask('a')
      turn.giveBack()
      const error = yield* thrownBy(new Waiter<void>().get())
      expect([error, time()]).toEqual([expect.any(LoopExit), 0])
      yield* sleep(60_000)
    })
  })

  it('goes on with one, and one more for each answer', () => {
    runClean(function* () {
      const log: string[] = []
      const governor = new Governor({ jobs: 10, perHost: 4 })
      governor.hold('a', 100)
      const visits = Array.from({ length: 8 }, () =>
        spawn(function* () {
          const turn = governor.ask('a')
          yield* turn.granted()
          log.push(`${time()}`)
          yield* sleep(10)
          turn.answered(10)
          turn.giveBack()
        }),
      )
      yield* joinall(visits)
      expect(log.join(' ')).toBe('100 110 110 120 120 120 120 130')
      expect(governor.places('a')).toBe(4)
    })
  })

  it('goes on beside what has lasted through the hold', () => {
    runClean(function* () {
      const log: string[] = []
      const governor = new Governor({ jobs: 10, perHost: 3 })
      const lasting = governor.ask('a')
      yield* lasting.granted()
      governor.hold('a', 100)
      yield* joinall([1, 2].map(() => spawn(() => visit(governor, 'a', { log }))))
      expect(log).toEqual(['a at 100', 'a at 110'])
    })
  })
})

describe('a Governor of auto', () => {
  it('begins with 16 jobs and 8 places, and gets more where that is faster', () => {
    runClean(function* () {
      const governor = new Governor({ jobs: 'auto', perHost: 'auto' })
      expect([governor.jobs, governor.places('a')]).toEqual([16, 8])
      yield* joinall(
        Array.from({ length: 1000 }, () =>
          spawn(function* () {
            const turn = governor.ask('a')
            yield* turn.granted()
            yield* sleep(100)
            turn.answered(100)
            turn.received(1000)
            turn.giveBack()
          }),
        ),
      )
      expect([governor.jobs, governor.places('a')]).toEqual([64, 64])
    })
  })

  it('halves the places of an origin in trouble, once a round, and no others', () => {
    runClean(function* () {
      const governor = new Governor({ jobs: 'auto', perHost: 'auto' })
      const turns = Array.from({ length: 8 }, () => governor.ask('a'))
      for (const turn of turns) yield* turn.granted()
      for (const turn of turns) turn.trouble({ isRefusal: true })
      expect([governor.places('a'), governor.places('b'), governor.jobs]).toEqual([4, 8, 16])
    })
  })

  it('leaves a number that was given alone', () => {
    runClean(function* () {
      const governor = new Governor({ jobs: 2, perHost: 2 })
      const turn = governor.ask('a')
      yield* turn.granted()
      turn.trouble({ isRefusal: true })
      turn.answered(1e6)
      expect([governor.jobs, governor.places('a')]).toEqual([2, 2])
    })
  })
})
