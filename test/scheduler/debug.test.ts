import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import {
  assertSwitches,
  Event,
  getHub,
  Group,
  idle,
  iwait,
  joinall,
  killall,
  nursery,
  type Operation,
  run,
  setDebug,
  sleep,
  spawn,
  wait,
  withTimeout,
} from '../../src/scheduler/index.ts'
import { runSimulated } from '../../src/scheduler/testing.ts'
import { errorOf, keepErrors } from './helpers.ts'

afterEach(() => setDebug(false))

/** What is reported while `body` runs in a greenlet of its own. */
function reportedOf(body: () => Operation<unknown>): Error[] {
  return runSimulated(function* () {
    const errors = keepErrors()
    yield* spawn(body).join()
    return errors as Error[]
  })
}

const forgetful = {
  sleep: () => void sleep(1),
  idle: () => void idle(),
  joinall: () => void joinall([]),
  killall: () => void killall([]),
  wait: () => void wait([]),
  nursery: () => void nursery(() => idle()),
  withTimeout: () => void withTimeout(1, idle),
  assertSwitches: () => void assertSwitches({}, idle),
  'a method': () => void new Event().wait(),
  'an inherited method': () => void new Group().join(),
  'a step': () => void iwait([]).next(),
}

describe('debug mode', () => {
  it.each(Object.entries(forgetful))('finds a forgotten star before %s', (_, forget) => {
    const body = function* (): Operation<void> {
      forget()
      yield* sleep(1)
    }
    expect(reportedOf(body)).toEqual([])
    setDebug(true)
    const errors = reportedOf(body)
    expect(errors.map(({ name }) => name)).toEqual(['ForgottenStar'])
    expect(errors[0]!.stack).toMatch(/never begun.*\n.*debug\.test\.ts:\d+/)
    setDebug(false)
    expect(reportedOf(body)).toEqual([])
  })

  it('says nothing of operations that were begun, be it later or by force', () => {
    setDebug(true)
    const errors = reportedOf(function* () {
      const event = new Event()
      const kept = sleep(5)
      const killed = spawn(() => event.wait())
      spawn(function* () {})
      yield* sleep(1)
      yield* kept
      yield* killall([killed])
      expect(yield* event.wait(1)).toBe(false)
    })
    expect(errors).toEqual([])
  })

  it('finds one that was made in no greenlet, or in one that lives on, when it is collected', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    setDebug(true)
    sleep(1)
    const errors: unknown[] = []
    await run(function* () {
      getHub().handleError = (_context, error) => void errors.push(error)
      ;(() => void sleep(2))()
      const deadline = performance.now() + 10_000
      while (errors.length < 2 && performance.now() < deadline) {
        yield* sleep(5)
        collect()
      }
      expect(errors).toHaveLength(2)
    })
    Reflect.deleteProperty(getHub(), 'handleError')
  })

  it('leaves the methods as they were', () => {
    const before = Object.getOwnPropertyDescriptors(Event.prototype)
    setDebug(true)
    expect(Event.prototype.wait).not.toBe(before.wait.value)
    setDebug(true)
    setDebug(false)
    expect(Object.getOwnPropertyDescriptors(Event.prototype)).toEqual(before)
    expect(errorOf(() => new Event().wait().next())).toMatchObject({
      name: 'BlockingSwitchOutError',
    })
  })
})
