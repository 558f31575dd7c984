import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Callback,
  type Clock,
  Loop,
  type Priority,
  type Watcher,
} from '../../src/scheduler/index.ts'
import { SimulatedClock } from '../../src/scheduler/testing.ts'
import { bareLoop, errorOf } from './helpers.ts'

/** Starts `watcher` at `priority`, to log `word`, once. */
function once(log: string[], word: string, watcher: Watcher, priority: Priority = 0): void {
  watcher.priority = priority
  watcher.start(() => {
    log.push(word)
    watcher.stop()
  })
}

/** Writes down which turns it is asked for; gives none but by `turn`. */
class AskedClock implements Clock {
  asked: string[] = []
  turn: () => void = () => {}

  now(): number {
    return 0
  }

  attach(turn: () => void): void {
    this.turn = turn
  }

  kick(): void {}

  arm(deadline: number, ref: boolean): void {
    this.asked.push(`${deadline}${ref ? ' ref' : ''}`)
  }

  disarm(): void {
    this.asked.push('none')
  }
}

describe('what a loop asks of its clock', () => {
  const startTimer = (loop: Loop, ms: number, ref = true): Watcher => {
    const timer = loop.timer(ms)
    timer.ref = ref
    timer.start(() => {})
    return timer
  }

  it('is a turn at the nearest deadline, asked for when that comes nearer', () => {
    const clock = new AskedClock()
    const loop = new Loop(clock)
    for (const ms of [20, 30, 20, 10, 15]) startTimer(loop, ms)
    expect(clock.asked).toEqual(['20 ref', '10 ref'])
    clock.turn()
    expect(clock.asked).toEqual(['20 ref', '10 ref', '10 ref'])
  })

  it('S12: is held by a timer with ref alone', () => {
    const clock = new AskedClock()
    const loop = new Loop(clock)
    startTimer(loop, 30, false)
    const held = startTimer(loop, 20)
    startTimer(loop, 10, false)
    held.stop()
    startTimer(loop, 5, false)
    clock.turn()
    expect(clock.asked).toEqual(['30', '20 ref', '10 ref', '5', '5'])
  })

  it('is asked for once at the end of a turn, whatever was started in it', () => {
    const clock = new AskedClock()
    const loop = new Loop(clock)
    loop.runCallback(() => {
      for (const ms of [30, 20, 10]) startTimer(loop, ms)
    })
    clock.turn()
    expect(clock.asked).toEqual(['10 ref'])
  })

  it('is nothing without timers, nor while it is stopped', () => {
    const clock = new AskedClock()
    const loop = new Loop(clock)
    clock.turn()
    expect(clock.asked).toEqual(['none'])
    loop.stop()
    startTimer(loop, 10)
    loop.run({ nowait: true })
    expect(clock.asked).toEqual(['none', 'none', 'none'])
  })
})

describe('one iteration', () => {
  it('S1: calls check and timers, then idle, then prepare, then the FIFO', () => {
    const { clock, loop, turn } = bareLoop()
    const log: string[] = []
    const late: Watcher[] = []
    for (const [word, watcher] of [
      ['prepare', loop.prepare()],
      ['check', loop.check()],
    ] as const) {
      watcher.start(() => log.push(word))
      late.push(watcher)
    }
    turn(1)
    log.length = 0
    once(log, 'idle', loop.idle(), 1)
    loop.runCallback(() => log.push('callback'))
    once(log, 'timer', loop.timer(0))
    clock.step()
    expect(log).toEqual(['check', 'timer', 'idle', 'prepare', 'callback'])
    for (const watcher of late) watcher.stop()
  })

  it('S2: does not wait while an idle watcher is active', () => {
    const { clock, loop } = bareLoop()
    let calls = 0
    const idle = loop.idle()
    idle.start(() => calls++)
    loop.timer(100).start(() => {})
    for (let i = 0; i < 5; i++) clock.step()
    expect([calls, clock.now()]).toEqual([5, 0])
    idle.stop()
    clock.step()
    expect(clock.now()).toBe(0)
    clock.step()
    expect(clock.now()).toBe(100)
  })

  it('S2: waits for the earliest timer', () => {
    const { clock, loop } = bareLoop()
    const fired: number[] = []
    // Started outside of a turn: the host is told of the nearest, not of the last.
    for (const ms of [30, 10, 20]) loop.timer(ms).start(() => fired.push(clock.now()))
    clock.step()
    while (clock.step());
    expect(fired).toEqual([10, 20, 30])
  })

  it('tells its clock of the nearest deadline, also when one ahead of it was stopped', () => {
    const { clock, loop, turn } = bareLoop()
    const fired: number[] = []
    const stopped = loop.timer(10)
    stopped.start(() => fired.push(clock.now()))
    loop.timer(30).start(() => fired.push(clock.now()))
    turn(1)
    stopped.stop()
    loop.timer(20).start(() => fired.push(clock.now()))
    const before = loop.iteration
    turn()
    expect(fired).toEqual([20, 30])
    expect(loop.iteration - before).toBe(2)
  })

  it('S3: calls pending watchers from priority +2 to -2, inside one first come first served (3a), check first', () => {
    const { loop, turn } = bareLoop()
    const log: string[] = []
    const check = loop.check()
    check.start(() => log.push('check'))
    turn(1)
    log.length = 0
    once(log, 'timer-2', loop.timer(0), -2)
    once(log, 'timer a', loop.timer(0))
    once(log, 'timer b', loop.timer(0))
    once(log, 'timer+2', loop.timer(0), 2)
    const io = loop.io()
    once(log, 'io', io)
    io.feed()
    turn(1)
    expect(log).toEqual(['timer+2', 'check', 'io', 'timer a', 'timer b', 'timer-2'])
    check.stop()
  })

  it('S4: lets what became pending at a higher priority go before the rest of the level', () => {
    const { loop, turn } = bareLoop()
    const log: string[] = []
    const urgent = loop.async()
    once(log, 'urgent', urgent, 1)
    loop.timer(0).start(() => {
      log.push('first')
      urgent.send()
    })
    once(log, 'second', loop.timer(0))
    turn(1)
    expect(log).toEqual(['first', 'urgent', 'second'])
  })

  it('S5: calls an idle watcher only when nothing of its priority or above is pending', () => {
    const { loop, turn } = bareLoop()
    const log: string[] = []
    for (const priority of [-1, 0, 1] as const) once(log, `idle${priority}`, loop.idle(), priority)
    const io = loop.io()
    once(log, 'io', io)
    io.feed()
    turn(1)
    // One level of idle watchers in an iteration, the highest.
    expect(log).toEqual(['io', 'idle1'])
    turn(1)
    expect(log).toEqual(['io', 'idle1', 'idle0'])
    turn(1)
    expect(log).toEqual(['io', 'idle1', 'idle0', 'idle-1'])
  })

  it('S5: calls no idle watcher behind what was pending at its priority', () => {
    const { loop, turn } = bareLoop()
    const log: string[] = []
    once(log, 'idle', loop.idle())
    once(log, 'timer', loop.timer(0))
    turn(1)
    expect(log).toEqual(['timer'])
    turn(1)
    expect(log).toEqual(['timer', 'idle'])
  })

  it('S5: does not count check and prepare watchers, nor watchers that were stopped, as pending', () => {
    const { loop, turn } = bareLoop()
    const log: string[] = []
    loop.check().start(() => {})
    loop.prepare().start(() => {})
    const io = loop.io()
    turn(2)
    once(log, 'idle', loop.idle())
    io.start(() => log.push('io'))
    io.feed()
    io.stop()
    turn(1)
    expect(log).toEqual(['idle'])
  })

  it('S5: calls 200,000 idle watchers in one iteration', () => {
    const { loop, turn } = bareLoop()
    let calls = 0
    for (let i = 0; i < 200_000; i++) {
      const idle = loop.idle()
      idle.start(() => {
        calls++
        idle.stop()
      })
    }
    turn(1)
    expect(calls).toBe(200_000)
  })

  it('S8: keeps its time for a whole iteration, and a timer of a watcher counts from it', () => {
    const { clock, loop, turn } = bareLoop()
    const fired: number[] = []
    loop.timer(10).start(() => {
      clock.advance(15)
      expect(loop.now()).toBe(10)
      loop.timer(20).start(() => fired.push(clock.now()))
    })
    turn()
    expect(fired).toEqual([30])
  })

  it('S8: reads the clock for a timer that a one-shot callback starts', () => {
    const { clock, loop, turn } = bareLoop()
    const fired: number[] = []
    loop.runCallback(() => {
      clock.advance(15)
      loop.timer(20).start(() => fired.push(clock.now()))
    })
    turn()
    expect(fired).toEqual([35])
  })

  it('counts its iterations', () => {
    const { loop, turn } = bareLoop()
    loop.timer(1, 1).start(() => {})
    turn(7)
    expect(loop.iteration).toBe(7)
  })
})

describe('one-shot callbacks', () => {
  it('S9: run in the order of their coming, with their arguments', () => {
    const { loop, turn } = bareLoop()
    const log: string[] = []
    loop.runCallback((a, b) => log.push(a + b), 'a', 'b')
    loop.runCallback(() => log.push('c'))
    turn()
    expect(log).toEqual(['ab', 'c'])
  })

  it('S9: give a handle that is pending until the call has returned', () => {
    const { loop, turn } = bareLoop()
    const seen: boolean[] = []
    const handle: Callback = loop.runCallback(() => seen.push(handle.pending))
    expect(handle.pending).toBe(true)
    turn()
    expect([...seen, handle.pending]).toEqual([true, false])
  })

  it('S9: are prevented by stop', () => {
    const { loop, turn } = bareLoop()
    const log: string[] = []
    const handle = loop.runCallback(() => log.push('never'))
    loop.runCallback(() => log.push('next'))
    handle.stop()
    expect(handle.pending).toBe(false)
    turn()
    expect(log).toEqual(['next'])
  })

  it('S9: must be functions', () => {
    const { loop } = bareLoop()
    expect(() => loop.runCallback('no' as never)).toThrow(
      new TypeError('runCallback needs a function to call'),
    )
  })

  it('S10: that are added by one run in the same iteration, before the poll', () => {
    const { loop, turn } = bareLoop()
    const iterations: number[] = []
    const chain = (left: number): void => {
      iterations.push(loop.iteration)
      if (left > 0) loop.runCallback(chain, left - 1)
    }
    loop.runCallback(chain, 5)
    turn()
    expect(iterations).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('S11: without end keep the loop from the poll by 50 of them or the budget, whichever is more', () => {
    const { clock, loop } = bareLoop()
    const perTurn: number[] = []
    let calls = 0
    const again = (costMs: number): void => {
      calls++
      clock.advance(costMs)
      loop.runCallback(again, costMs)
    }
    const count = (): number => {
      const before = calls
      clock.step()
      return calls - before
    }
    loop.runCallback(again, 1)
    perTurn.push(count(), count())
    expect(perTurn).toEqual([50, 50])
    const cheap = new SimulatedClock()
    const other = new Loop(cheap)
    other.budgetMs = 5
    let cheapCalls = 0
    const more = (): void => {
      cheapCalls++
      cheap.advance(1 / 64)
      other.runCallback(more)
    }
    other.runCallback(more)
    cheap.step()
    // 320 of them take 5 ms; the clock is read after each 50.
    expect(cheapCalls).toBe(350)
  })

  it('S11: are 50 an iteration where the budget is 0', () => {
    const { loop, turn } = bareLoop()
    loop.budgetMs = 0
    let calls = 0
    const again = (): void => void (++calls < 120 && loop.runCallback(again))
    loop.runCallback(again)
    turn(1)
    expect(calls).toBe(50)
    turn(1)
    expect(calls).toBe(100)
    turn()
    expect(calls).toBe(120)
  })

  it('S11: do not make a timer late by more than the budget', () => {
    const { clock, loop } = bareLoop()
    const again = (): void => {
      clock.advance(1 / 128)
      loop.runCallback(again)
    }
    loop.runCallback(again)
    let firedAt = 0
    loop.timer(20).start(() => (firedAt = clock.now()))
    for (let i = 0; i < 100; i++) clock.step()
    expect(firedAt).toBeGreaterThanOrEqual(20)
    expect(firedAt).toBeLessThanOrEqual(20 + loop.budgetMs + 50 / 128)
  })
})

describe('what holds the loop', () => {
  it('S12: is each active watcher with ref, each one-shot callback, and nothing else', () => {
    const { loop, dried, turn } = bareLoop()
    const io = loop.io()
    io.start(() => {})
    turn(1)
    expect(dried()).toBe(0)
    io.ref = false
    turn(1)
    expect(dried()).toBe(1)
    loop.runCallback(() => {
      io.ref = true
    })
    turn(1)
    expect(dried()).toBe(1)
    io.stop()
    turn(1)
    expect(dried()).toBe(2)
  })

  it('S12: is not a signal watcher', () => {
    const { loop, dried, turn } = bareLoop()
    const signal = loop.signal('SIGUSR2')
    signal.start(() => {})
    loop.runCallback(() => {})
    turn()
    expect([signal.ref, dried()]).toEqual([false, 1])
    signal.close()
  })

  it('S12: is not an idle watcher without ref, which then does not spin either', () => {
    const { loop, dried, turn } = bareLoop()
    const idle = loop.idle()
    idle.ref = false
    idle.start(() => {})
    turn(100)
    expect(dried()).toBeGreaterThan(0)
    expect(loop.iteration).toBeLessThan(5)
    idle.stop()
  })

  it('is let go by a one-shot timer when it fires, by a repeating one when it is stopped', () => {
    const { clock, loop, dried, turn } = bareLoop()
    loop.timer(5).start(() => {})
    const repeating = loop.timer(5, 5)
    let calls = 0
    repeating.start(() => {
      if (++calls === 3) repeating.stop()
    })
    turn()
    expect([clock.now(), dried(), loop.timers.size]).toEqual([15, 1, 0])
  })
})

describe('errors of callbacks', () => {
  it('S14: are reported, and the loop goes on in the middle of its turn', () => {
    const { loop, errors, turn } = bareLoop()
    const log: string[] = []
    const fail = (word: string) => (): never => {
      throw new Error(word)
    }
    loop.runCallback(fail('callback'))
    loop.runCallback(() => log.push('callback'))
    loop.timer(0).start(fail('timer'))
    loop.timer(0).start(() => log.push('timer'))
    const prepare = loop.prepare()
    prepare.start(() => {
      prepare.stop()
      fail('prepare')()
    })
    turn()
    expect(log).toEqual(['timer', 'callback'])
    expect(errors.map((error) => (error as Error).message)).toEqual([
      'timer',
      'prepare',
      'callback',
    ])
  })

  it('S14: leave a turn where no hub takes them, and the rest follows in the next', () => {
    const clock = new SimulatedClock()
    const loop = new Loop(clock)
    const log: string[] = []
    const failure = new Error('mine')
    loop.runCallback(() => {
      throw failure
    })
    loop.runCallback(() => log.push('next'))
    expect(errorOf(() => clock.step())).toBe(failure)
    while (clock.step());
    expect(log).toEqual(['next'])
  })
})

describe('timers', () => {
  it('S6: of equal deadlines fire in the order of their start (3a), at the deadline', () => {
    const { clock, loop, turn } = bareLoop()
    const log: string[] = []
    for (let i = 0; i < 6; i++) loop.timer(10).start(() => log.push(`${i}@${clock.now()}`))
    turn()
    expect(log).toEqual(['0@10', '1@10', '2@10', '3@10', '4@10', '5@10'])
  })

  it('3a: that are due leave the heap, all of them, before any is called', () => {
    const { loop, turn } = bareLoop()
    const left: number[] = []
    for (let i = 0; i < 3; i++) loop.timer(10).start(() => left.push(loop.timers.size))
    turn()
    expect(left).toEqual([0, 0, 0])
  })

  it('fire as a stable sort by deadline would have it, whatever is stopped', () => {
    const plan = fc.array(fc.record({ ms: fc.nat(20), stopped: fc.boolean() }), { maxLength: 60 })
    fc.assert(
      fc.property(plan, (timers) => {
        const { clock, loop, turn } = bareLoop()
        const fired: number[] = []
        const watchers = timers.map(({ ms }, index) => {
          const timer = loop.timer(ms)
          timer.start(() => {
            fired.push(index)
            expect(clock.now()).toBe(ms)
          })
          return timer
        })
        for (const [index, { stopped }] of timers.entries()) if (stopped) watchers[index]!.stop()
        turn()
        const expected = timers
          .map(({ ms, stopped }, index) => ({ ms, stopped, index }))
          .filter(({ stopped }) => !stopped)
          .sort((a, b) => a.ms - b.ms || a.index - b.index)
        expect(fired).toEqual(expected.map(({ index }) => index))
        expect(loop.timers.size).toBe(0)
      }),
    )
  })
})

describe('run', () => {
  it('settles when nothing holds the loop any more', async () => {
    const loop = new Loop()
    const fired: number[] = []
    for (const ms of [1, 3]) loop.timer(ms).start(() => fired.push(ms))
    await loop.run()
    expect(fired).toEqual([1, 3])
    await loop.run()
  })

  it('settles when the loop is stopped, which then turns no more until it is run again', async () => {
    const loop = new Loop()
    let calls = 0
    const timer = loop.timer(1, 1)
    timer.start(() => {
      if (++calls === 3) loop.stop()
    })
    await loop.run()
    expect(calls).toBe(3)
    loop.timer(1).start(() => calls++)
    loop.runCallback(() => calls++)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(calls).toBe(3)
    const running = loop.run()
    loop.stop()
    await running
    timer.stop()
    await loop.run()
    expect(calls).toBe(5)
  })

  it('S1: calls all that is pending in the iteration in which it is stopped', () => {
    const { loop, turn } = bareLoop()
    const log: string[] = []
    loop.timer(0).start(() => {
      log.push('first')
      loop.stop()
    })
    loop.timer(0).start(() => log.push('second'))
    loop.runCallback(() => log.push('callback'))
    loop.timer(5).start(() => log.push('never'))
    turn()
    expect(log).toEqual(['first', 'second', 'callback'])
  })

  it('without once lets a stopped loop go on for good', () => {
    const { loop, turn } = bareLoop()
    let calls = 0
    const timer = loop.timer(1, 1)
    timer.start(() => {
      if (++calls === 5) timer.stop()
    })
    loop.stop()
    turn()
    expect(calls).toBe(0)
    void loop.run()
    turn()
    expect(calls).toBe(5)
  })

  it.each<[string, (loop: Loop, called: () => void) => void]>([
    ['a callback', (loop, called) => void loop.runCallback(called)],
    ['a timer', (loop, called) => loop.timer(0, 1).start(called)],
    [
      'an idle watcher',
      (loop, called) => {
        const idle = loop.idle()
        idle.start(() => {
          called()
          idle.stop()
        })
      },
    ],
  ])('with once lets a stopped loop turn until it has called %s', (_what, ask) => {
    const { loop, turn } = bareLoop()
    let calls = 0
    const called = (): void => void calls++
    loop.timer(1000, 1000).start(called)
    loop.stop()
    void loop.run({ once: true })
    ask(loop, called)
    turn(5)
    expect(calls).toBe(1)
  })

  it('with once settles after the next iteration that calls something', async () => {
    const loop = new Loop()
    const log: string[] = []
    loop.timer(2).start(() => log.push('timer'))
    await loop.run({ once: true })
    expect(log).toEqual(['timer'])
    loop.runCallback(() => log.push('callback'))
    await loop.run({ once: true })
    expect(log).toEqual(['timer', 'callback'])
    await loop.run({ once: true })
  })

  it('with once lets a stopped loop do that one iteration', async () => {
    const loop = new Loop()
    let calls = 0
    const timer = loop.timer(1, 1)
    loop.stop()
    timer.start(() => calls++)
    for (let i = 1; i <= 3; i++) {
      await loop.run({ once: true })
      expect(calls).toBe(i)
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(calls).toBe(3)
    timer.stop()
    await loop.run({ once: true })
  })

  it('S2: with nowait does one iteration at once, and waits for nothing', () => {
    const { clock, loop, errors } = bareLoop()
    const log: string[] = []
    loop.stop()
    loop.runCallback(() => log.push('callback'))
    loop.timer(0).start(() => log.push('timer'))
    loop.timer(5).start(() => log.push('later'))
    expect(loop.run({ nowait: true })).toBeUndefined()
    expect(log).toEqual(['timer', 'callback'])
    loop.run({ nowait: true })
    clock.advance(5)
    loop.run({ nowait: true })
    expect(log).toEqual(['timer', 'callback', 'later'])
    loop.runCallback(() => loop.run({ nowait: true }))
    loop.run({ nowait: true })
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('turn') })])
  })
})
