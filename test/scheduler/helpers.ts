/**
 * What the scheduler's tests share: simulated loops without greenlets, errors that are kept instead of
 * printed, and small bodies.
 */
import {
  BlockingSwitchOutError,
  getcurrent,
  getHub,
  Loop,
  type Operation,
  runSimulated,
  sleep,
  SimulatedClock,
} from './exports.ts'

/** A loop in simulated time, with no hub over it. */
export interface BareLoop {
  readonly clock: SimulatedClock
  readonly loop: Loop
  /** What callbacks threw. */
  readonly errors: unknown[]
  /** How often the loop found itself dry. */
  readonly dried: () => number
  /** Turns until none is asked for any more, or `turns` of them. */
  readonly turn: (turns?: number) => void
}

export function bareLoop(): BareLoop {
  const clock = new SimulatedClock()
  const loop = new Loop(clock)
  const errors: unknown[] = []
  let dried = 0
  loop.hooks = {
    turn: (turn) => turn(),
    dry: () => void dried++,
    error: (_context, error) => void errors.push(error),
  }
  const turn = (turns = 1000): void => {
    for (let i = 0; i < turns; i++) if (!clock.step()) return
  }
  return { clock, loop, errors, dried: () => dried, turn }
}

/** Keeps what the running hub would print. */
export function keepErrors(): unknown[] {
  const errors: unknown[] = []
  getHub().handleError = (_context, error) => void errors.push(error)
  return errors
}

/** The time of the running hub's loop, read afresh. */
export function time(): number {
  const { loop } = getHub()
  loop.update()
  return loop.now()
}

/** What an operation throws. */
export function* thrownBy(operation: Operation<unknown>): Operation<unknown> {
  try {
    yield* operation
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** What a function throws. */
export function errorOf(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** The first step of an operation that is taken where nothing can park. */
export function expectNoParking(operation: Operation<unknown>): void {
  const error = errorOf(() => operation.next())
  if (!(error instanceof BlockingSwitchOutError)) throw error
}

/** A body that logs, and goes to the end of the FIFO, `rounds` times. */
export function* talker(log: string[], word: string, rounds = 1): Operation<string> {
  for (let round = 0; round < rounds; round++) {
    log.push(word)
    yield* sleep(0)
  }
  return word
}

/** An operation that does `action` and never parks. */
// oxlint-disable-next-line eslint/require-yield
export function* atOnce<T>(action: () => T): Operation<T> {
  return action()
}

/**
 * Runs in simulated time and checks that nothing was left behind, no greenlet, no timer, and that no
 * error was reported but where `keepErrors` was called.
 */
export function runClean<T>(main: () => Operation<T>): T {
  return runSimulated(function* () {
    const reported = keepErrors()
    const result = yield* main()
    const { live, loop } = getHub()
    if (reported.length > 0) throw new AggregateError(reported, 'errors were reported')
    const left = [...live].filter((greenlet) => greenlet !== getcurrent()).map(({ name }) => name)
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`)
    if (loop.timers.size > 0) throw new Error(`${loop.timers.size} timers left behind`)
    return result
  })
}
