import { afterEach, describe, expect, it } from 'vitest'
import {
  Event,
  formatRunInfo,
  type Greenlet,
  joinall,
  type Operation,
  setDebug,
  sleep,
  spawn,
  spawnLater,
} from '../../src/scheduler/index.ts'
import { runSimulated } from '../../src/scheduler/testing.ts'

afterEach(() => setDebug(false))

function named(name: string, greenlet: Greenlet<unknown>): Greenlet<unknown> {
  greenlet.name = name
  return greenlet
}

describe('formatRunInfo', () => {
  it('S66: is the tree of greenlets: what each does, what it waits for, and for how long', () => {
    const info = runSimulated(function* () {
      const event = new Event()
      named(
        'parent',
        spawn(function* () {
          named('first', spawn(event.wait.bind(event)))
          named(
            'second',
            spawn(() => sleep(500)),
          )
          yield* sleep(1000)
        }),
      )
      named(
        'early',
        spawnLater(900, () => sleep(1)),
      )
      yield* sleep(200)
      named(
        'late',
        spawn(() => sleep(1)),
      )
      const woken = named(
        'woken',
        spawn(() => event.wait()),
      )
      yield* sleep(0)
      yield* sleep(30)
      woken.killSoon()
      named(
        'fresh',
        spawn(() => sleep(1)),
      )
      return formatRunInfo()
    })
    expect(info.split('\n')).toEqual([
      expect.stringMatching(/^7 greenlets, iteration \d+ of the loop$/),
      'main: running',
      '  parent: parked on sleep for 230 ms',
      '    first: parked on an Event for 230 ms',
      '    second: parked on sleep for 230 ms',
      '  early: starting',
      '  woken: ready on an Event for 30 ms',
      '  fresh: starting',
    ])
  })

  it('puts those whose maker has ended at the root, and keeps no maker alive', () => {
    const info = runSimulated(function* () {
      const maker = spawn(function* () {
        named(
          'orphan',
          spawn(() => sleep(50)),
        )
        yield* sleep(1)
      })
      yield* joinall([maker])
      yield* sleep(4)
      return formatRunInfo()
    })
    expect(info.split('\n').slice(1)).toEqual(['main: running', 'orphan: parked on sleep for 5 ms'])
  })

  it('says where each was spawned, in debug mode', () => {
    setDebug(true)
    const info = runSimulated(function* () {
      named(
        'child',
        spawn(() => sleep(50)),
      )
      yield* sleep(1)
      return formatRunInfo()
    })
    expect(info).toMatch(
      /^ {2}child: parked on sleep for 1 ms, spawned at .*run-info\.test\.ts:\d+/m,
    )
  })

  it('lists a thousand, however deep the family', () => {
    const info = runSimulated(function* () {
      function* generation(left: number): Operation<void> {
        if (left > 0) spawn(generation, left - 1)
        yield* sleep(10)
      }
      spawn(generation, 2000)
      yield* sleep(1)
      return formatRunInfo()
    })
    const lines = info.split('\n')
    expect([lines.length, lines[0]!.slice(0, 14), lines.at(-1)]).toEqual([
      1002,
      '2002 greenlets',
      '... and others',
    ])
  })

  it('counts one as one', () => {
    // oxlint-disable-next-line require-yield
    const info = runSimulated(function* () {
      return formatRunInfo()
    })
    expect(info).toBe('1 greenlet, iteration 1 of the loop\nmain: running')
  })

  it('is empty where nothing runs', () => {
    expect(formatRunInfo()).toMatch(/^0 greenlets, iteration \d+ of the loop$/)
  })
})
