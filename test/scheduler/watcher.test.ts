import { describe, expect, it } from 'vitest'
import { bareLoop, errorOf } from './helpers.ts'

describe('a watcher', () => {
  it('is stopped, active, pending, and stopped again', () => {
    const { loop, turn } = bareLoop()
    const timer = loop.timer(5)
    const states = [[timer.active, timer.pending]]
    loop.timer(5).start(() => states.push([timer.active, timer.pending]))
    timer.start(() => states.push([timer.active, timer.pending]))
    states.push([timer.active, timer.pending])
    turn()
    expect(states).toEqual([
      [false, false],
      [true, false],
      [false, true],
      [false, false],
    ])
  })

  it('gives its callback the arguments of start, then the event that was fed', () => {
    const { loop, turn } = bareLoop()
    const calls: unknown[][] = []
    const io = loop.io()
    io.start((...args: unknown[]) => calls.push(args), 1, 2)
    io.feed('data')
    turn(1)
    io.feed()
    turn(1)
    expect(calls).toEqual([
      [1, 2, 'data'],
      [1, 2],
    ])
  })

  it('is called once for several feeds, with the last event', () => {
    const { loop, turn } = bareLoop()
    const calls: unknown[] = []
    const io = loop.io()
    io.start((event?: unknown) => calls.push(event))
    io.feed(1)
    io.feed(2)
    turn(3)
    expect(calls).toEqual([2])
  })

  it('3d: runs nothing in the feed itself', () => {
    const { loop, turn } = bareLoop()
    let called = false
    const io = loop.io()
    io.start(() => (called = true))
    io.feed()
    expect([called, io.pending]).toEqual([false, true])
    turn(1)
    expect([called, io.pending]).toEqual([true, false])
  })

  it('does nothing when it is fed while stopped', () => {
    const { loop, turn } = bareLoop()
    const io = loop.io()
    io.feed()
    expect(io.pending).toBe(false)
    let called = false
    io.start(() => (called = true))
    turn(2)
    expect(called).toBe(false)
  })

  it('S13: takes another callback when it is started again', () => {
    const { clock, loop, turn } = bareLoop()
    const log: string[] = []
    const timer = loop.timer(10)
    timer.start(() => log.push('old'))
    clock.advance(5)
    timer.start(() => log.push(`new@${clock.now()}`))
    turn()
    // Restarting an active timer keeps its deadline.
    expect(log).toEqual(['new@10'])
  })

  it('S13: forgets its callback and a pending call when it is stopped', () => {
    const { loop, turn } = bareLoop()
    const log: string[] = []
    const first = loop.timer(5)
    const second = loop.timer(5)
    first.start(() => second.stop())
    second.start(() => log.push('never'))
    turn()
    expect([log, second.pending]).toEqual([[], false])
  })

  it('S13: keeps its priority while it is active or pending', () => {
    const { loop, turn } = bareLoop()
    const timer = loop.timer(5)
    timer.priority = 1
    timer.start(() => {})
    expect(errorOf(() => (timer.priority = 2))).toBeInstanceOf(Error)
    loop.timer(5).start(() => {
      throw new Error('not reached before the other')
    })
    expect(timer.priority).toBe(1)
    timer.stop()
    timer.priority = -1
    expect(timer.priority).toBe(-1)
    turn()
  })

  it('is not called for a turn that was meant for it before it was stopped and started again', () => {
    const { loop, turn } = bareLoop()
    const log: string[] = []
    const io = loop.io()
    io.start(() => log.push('old'))
    io.feed()
    io.stop()
    io.start(() => log.push('new'))
    turn(2)
    expect(log).toEqual([])
    io.feed()
    turn(1)
    expect(log).toEqual(['new'])
  })

  it('that was stopped, started and fed again is called once, at its new place', () => {
    const { loop, turn } = bareLoop()
    const log: string[] = []
    const [io, other] = [loop.io(), loop.io()]
    io.start(() => log.push('io'))
    other.start(() => log.push('other'))
    io.feed()
    other.feed()
    io.stop()
    io.start(() => log.push('io again'))
    io.feed()
    turn(3)
    expect(log).toEqual(['other', 'io again'])
  })

  it('holds the loop once, however often it is told to', () => {
    const { loop, dried, turn } = bareLoop()
    const io = loop.io()
    io.start(() => {})
    io.ref = true
    turn()
    expect(dried()).toBe(0)
    io.ref = false
    io.ref = false
    turn()
    expect(dried()).toBe(1)
    io.ref = true
    io.stop()
    turn()
    expect(dried()).toBe(2)
  })

  it('needs a function', () => {
    const { loop } = bareLoop()
    expect(() => loop.io().start(undefined as never)).toThrow(
      new TypeError('a watcher needs a function to call'),
    )
  })

  it('is not started again after close', () => {
    const { loop } = bareLoop()
    const io = loop.io()
    io.close()
    io.close()
    expect(() => io.start(() => {})).toThrow('closed')
  })

  it('may stop itself, or close, in its callback', () => {
    const { loop, turn } = bareLoop()
    let calls = 0
    const prepare = loop.prepare()
    prepare.start(() => {
      calls++
      prepare.close()
    })
    turn(5)
    expect([calls, prepare.active]).toEqual([1, false])
  })
})

describe('a timer', () => {
  it('S7: that repeats and fell behind fires once more at once, and makes no burst', () => {
    const { clock, loop } = bareLoop()
    const fired: number[] = []
    const timer = loop.timer(10, 10)
    timer.start(() => fired.push(clock.now()))
    clock.advance(55)
    for (let i = 0; i < 5; i++) clock.step()
    expect(fired).toEqual([55, 55, 65, 75, 85])
    timer.stop()
  })

  it('of again counts from now, by its repeat or else its first wait', () => {
    const { clock, loop, turn } = bareLoop()
    const fired: string[] = []
    const single = loop.timer(10)
    const repeating = loop.timer(10, 20)
    single.start(() => fired.push(`single@${clock.now()}`))
    repeating.start(() => {
      fired.push(`repeating@${clock.now()}`)
      repeating.stop()
    })
    clock.advance(5)
    single.again()
    repeating.again()
    turn()
    expect(fired).toEqual(['single@15', 'repeating@25'])
  })

  it('of again does nothing on a stopped timer, and takes a pending call back on an active one', () => {
    const { clock, loop, turn } = bareLoop()
    const fired: string[] = []
    const stopped = loop.timer(1)
    stopped.again()
    expect([stopped.active, loop.timers.size]).toEqual([false, 0])
    const first = loop.timer(10)
    const repeating = loop.timer(10, 7)
    first.start(() => repeating.again())
    repeating.start(() => {
      fired.push(`repeating@${clock.now()}`)
      repeating.stop()
    })
    turn()
    expect(fired).toEqual(['repeating@17'])
  })

  it('of 0, or of less, fires in the next turn', () => {
    const { clock, loop, turn } = bareLoop()
    let calls = 0
    loop.timer(0).start(() => calls++)
    loop.timer(-5).start(() => calls++)
    loop.timer(-Infinity).start(() => calls++)
    turn()
    expect([calls, clock.now()]).toEqual([3, 0])
  })

  it('refuses what is no time', () => {
    const { loop } = bareLoop()
    expect(() => loop.timer(Number.NaN)).toThrow(new RangeError("a timer can't wait NaN ms"))
    const broken = (ms: number): RangeError => new RangeError(`a timer can't repeat each ${ms} ms`)
    for (const ms of [-1, Number.NaN]) expect(() => loop.timer(1, ms)).toThrow(broken(ms))
  })
})

describe('the kinds of watchers', () => {
  it('call prepare once an iteration before the FIFO, check once after the poll', () => {
    const { loop, turn } = bareLoop()
    const log: string[] = []
    loop.prepare().start(() => log.push('prepare'))
    loop.check().start(() => log.push('check'))
    const tick = (): void => void log.push('callback')
    loop.runCallback(tick)
    turn(1)
    loop.runCallback(tick)
    turn(1)
    expect(log).toEqual(['prepare', 'callback', 'check', 'prepare', 'callback'])
  })

  it('tell of an async watcher that was sent to, in the next turn', () => {
    const { loop, turn } = bareLoop()
    let calls = 0
    const async = loop.async()
    async.start(() => calls++)
    async.send()
    async.send()
    turn(3)
    expect(calls).toBe(1)
  })

  it('tell of a signal, and listen to the process only while active', () => {
    const { loop, turn } = bareLoop()
    const before = process.listenerCount('SIGUSR2')
    let calls = 0
    const signal = loop.signal('SIGUSR2')
    signal.start(() => calls++)
    expect(process.listenerCount('SIGUSR2')).toBe(before + 1)
    process.emit('SIGUSR2')
    turn(2)
    signal.stop()
    expect([calls, process.listenerCount('SIGUSR2')]).toEqual([1, before])
  })
})
