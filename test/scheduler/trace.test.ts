import { afterEach, describe, expect, it } from 'vitest'
import {
  addTracer,
  describe as nameOf,
  Event,
  type Greenlet,
  getHub,
  Group,
  joinall,
  setTrace,
  sleep,
  spawn,
  spawnLater,
  type Tracer,
} from '../../src/scheduler/index.ts'
import { runSimulated } from '../../src/scheduler/testing.ts'
import { keepErrors } from './helpers.ts'

afterEach(() => setTrace(null))

/** Keeps what a tracer is told, as lines. */
function recorder(): { lines: string[]; tracer: Tracer } {
  const lines: string[] = []
  return {
    lines,
    tracer: {
      spawn: (greenlet, by) => lines.push(`spawn ${greenlet.name} by ${by?.name}`),
      switch: (event, from, to) => lines.push(`${event} ${from.name} > ${to.name}`),
      park: (greenlet, what) => lines.push(`park ${greenlet.name} on ${nameOf(what)}`),
      wake: (greenlet) => lines.push(`wake ${greenlet.name}`),
      end: (greenlet) => lines.push(`end ${greenlet.name} ${greenlet.successful}`),
      iteration: (phase, loop) => lines.push(`${phase} ${loop.iteration}`),
      timer: () => lines.push('timer'),
    },
  }
}

function named<T>(name: string, greenlet: Greenlet<T>): Greenlet<T> {
  greenlet.name = name
  return greenlet
}

describe('setTrace', () => {
  it('S66: is told of each switch, from whom and to whom, and of each throw', () => {
    const seen: unknown[] = []
    runSimulated(function* () {
      const hub = getHub()
      const sleeper = spawn(() => sleep(100))
      yield* sleep(0)
      setTrace((...told) => seen.push(told))
      yield* sleeper.kill()
      setTrace(null)
      yield* sleep(0)
      const main = hub.current
      expect(seen).toEqual([
        ['switch', main, hub],
        ['throw', hub, sleeper],
        ['switch', sleeper, hub],
        ['switch', hub, main],
      ])
    })
  })

  it('has one callback at a time: the next takes the place of the one before', () => {
    const calls = [0, 0]
    runSimulated(function* () {
      setTrace(() => void calls[0]!++)
      setTrace(() => void calls[1]!++)
      yield* sleep(0)
      setTrace(null)
    })
    expect(calls).toEqual([0, 2])
  })

  it('reports a callback that throws, once, and the program goes on', () => {
    runSimulated(function* () {
      const errors = keepErrors()
      const failure = new Error('mine')
      setTrace(() => {
        throw failure
      })
      yield* sleep(1)
      yield* sleep(1)
      expect(errors).toEqual([failure])
      setTrace((_event, from) => {
        if (from === getHub()) throw failure
      })
      yield* sleep(1)
      expect(errors).toEqual([failure, failure])
    })
  })

  it('takes a callback that tries to park for one that throws', () => {
    runSimulated(function* () {
      const errors = keepErrors()
      setTrace(() => void sleep(1).next())
      yield* sleep(1)
      expect(errors).toMatchObject([{ name: 'BlockingSwitchOutError' }])
    })
  })
})

describe('a tracer', () => {
  it('is told the whole life of a greenlet, and of iterations and timers', () => {
    const { lines, tracer } = recorder()
    runSimulated(function* () {
      const remove = addTracer(tracer)
      named(
        'child',
        spawn(function* () {
          yield* sleep(0)
          yield* sleep(5)
        }),
      )
      yield* sleep(9)
      remove()
      yield* sleep(0)
    })
    expect(lines).toEqual([
      expect.stringMatching(/^spawn greenlet#\d+ by main$/),
      'park main on sleep',
      'switch main > hub',
      'switch hub > child',
      'park child on sleep',
      'wake child',
      'switch child > hub',
      'switch hub > child',
      'park child on sleep',
      'switch child > hub',
      'end 1',
      'begin 2',
      'timer',
      'switch hub > child',
      'end child true',
      'switch child > hub',
      'end 2',
      'begin 3',
      'timer',
      'switch hub > main',
    ])
  })

  it('is told what is waited for, of kills, failures, and starts that come later', () => {
    const { lines, tracer } = recorder()
    runSimulated(function* () {
      keepErrors()
      const remove = addTracer(tracer)
      const later = named(
        'later',
        spawnLater(3, function* () {
          yield* new Event().wait()
        }),
      )
      const failing = named(
        'failing',
        // oxlint-disable-next-line require-yield
        spawn(function* () {
          throw new Error('mine')
        }),
      )
      const group = new Group()
      group.add(later)
      yield* joinall([later, failing], { timeout: 4 })
      later.killSoon()
      yield* group.join()
      remove()
    })
    const words = lines.filter((line) => !/^(begin|end) \d|^switch/.test(line))
    expect(words).toEqual([
      expect.stringMatching(/^spawn \S+ by main/),
      expect.stringMatching(/^spawn \S+ by main/),
      'park main on 2 greenlets',
      'end failing false',
      'timer',
      'park later on an Event',
      'timer',
      'wake later',
      'park main on a Group',
      'throw hub > later',
      'end later true',
    ])
  })

  it('is told of nothing once it was removed, while others still are', () => {
    const one = recorder()
    const two = recorder()
    runSimulated(function* () {
      const removeOne = addTracer(one.tracer)
      const removeTwo = addTracer(two.tracer)
      const removeDeaf = addTracer({})
      yield* sleep(0)
      removeOne()
      yield* sleep(0)
      removeTwo()
      removeDeaf()
      yield* sleep(0)
    })
    expect([one.lines.length, two.lines.length]).toEqual([4, 8])
  })
})
