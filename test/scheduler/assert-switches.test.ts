import { describe, expect, it } from 'vitest'
import {
  assertSwitches,
  joinall,
  type Operation,
  sleep,
  spawn,
  type SwitchLimits,
} from '../../src/scheduler/index.ts'
import { runSimulated, SimulatedClock } from '../../src/scheduler/testing.ts'

/** Runs `body`, to which time can be made to pass, under assertSwitches. */
function check<T>(limits: SwitchLimits, body: (compute: (ms: number) => void) => Operation<T>): T {
  const clock = new SimulatedClock()
  const compute = (ms: number): void => clock.advance(ms)
  return runSimulated(
    function* () {
      yield* sleep(1)
      compute(1000)
      const result = yield* assertSwitches(limits, () => body(compute))
      compute(1000)
      yield* sleep(1)
      return result
    },
    { clock },
  )
}

describe('assertSwitches', () => {
  it('S66: gives what the body gives, if that has let others run', () => {
    const result = check({}, function* () {
      yield* sleep(0)
      return 5
    })
    expect(result).toBe(5)
  })

  it('S66: fails code that does not switch', () => {
    const computing = function* (): Operation<void> {}
    expect(() => check({}, computing)).toThrow('main did not switch')
    expect(() => check({}, computing)).toThrow(expect.objectContaining({ name: 'AssertionError' }))
  })

  it.each([
    ['before its first switch', [50, 0, 0]],
    ['between two', [0, 50, 0]],
    ['after its last', [0, 0, 50]],
  ] as const)('S66: fails code that blocks longer than allowed %s', (_, [first, second, third]) => {
    const body = function* (compute: (ms: number) => void): Operation<void> {
      compute(first)
      yield* sleep(10)
      compute(second)
      yield* sleep(100)
      compute(third)
    }
    expect(() => check({ maxBlockingMs: 49 }, body)).toThrow(
      'main ran for 50 ms without a switch; 49 are allowed',
    )
    expect(check({ maxBlockingMs: 50 }, body)).toBe(undefined)
  })

  it('S66: counts what other greenlets of the hub do meanwhile, and says which', () => {
    const body = function* (compute: (ms: number) => void): Operation<void> {
      // oxlint-disable-next-line require-yield
      const blocker = spawn(function* () {
        compute(30)
      })
      blocker.name = 'blocker'
      yield* joinall([blocker])
    }
    expect(() => check({ maxBlockingMs: 20 }, body)).toThrow('blocker ran for 30 ms')
  })

  it('does not count the switches of another hub', () => {
    // oxlint-disable-next-line require-yield
    const body = function* (): Operation<void> {
      runSimulated(() => sleep(1))
    }
    expect(() => check({}, body)).toThrow('main did not switch')
  })

  it('lets an error of the body go before', () => {
    const failure = new Error('mine')
    expect(() =>
      // oxlint-disable-next-line require-yield
      check({ maxBlockingMs: 1 }, function* (compute) {
        compute(5)
        throw failure
      }),
    ).toThrow(failure)
  })

  it('is for greenlets', () => {
    expect(() => assertSwitches({}, () => sleep(1)).next()).toThrow('only a greenlet')
  })
})
