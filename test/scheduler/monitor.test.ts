import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Blocked, getHub, Monitor, run, sleep, spawn } from '../../src/scheduler/index.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporary-folder.ts'
import { compileScheduler, runProgram } from './child.ts'

let monitor: Monitor | undefined

afterEach(() => monitor?.stop())

/** Computes, and so blocks everybody. */
function spin(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** Runs `block` again and again until the monitor, which takes a moment to be ready, has told of it. */
function untilTold(block: () => void): Promise<Blocked> {
  return run(function* () {
    const told: Blocked[] = []
    monitor = new Monitor({ maxBlockingMs: 20, report: (blocked) => told.push(blocked) })
    monitor.start()
    monitor.start()
    while (told.length === 0) {
      const blocker = spawn(function* () {
        yield* sleep(1)
        block()
      })
      blocker.name = 'blocker'
      yield* blocker.join()
      yield* sleep(5)
    }
    return told[0]!
  })
}

describe('the monitor', () => {
  it('S66: tells who blocks, for how long, and where', async () => {
    const { greenlet, ms, stack } = await untilTold(() => spin(100))
    expect(greenlet).toBe('blocker')
    expect(ms).toBeGreaterThanOrEqual(20)
    expect(stack).toMatch(/^ {4}at spin \(.*monitor\.test\.ts:\d+:\d+\)$/m)
  })

  it('S66: tells of callbacks in the hub, too', async () => {
    const { greenlet, stack } = await untilTold(() => getHub().loop.runCallback(spin, 100))
    expect([greenlet, stack.includes('at spin')]).toEqual([undefined, true])
  })

  it('may be stopped before it was started, and started again', () => {
    monitor = new Monitor()
    monitor.stop()
    monitor.start()
    monitor.stop()
    monitor.start()
  })

  let folder = ''
  beforeAll(() => {
    folder = makeTemporaryFolder()
    compileScheduler(folder)
  })
  afterAll(() => removeFolder(folder))

  it('S66: prints at once when nobody else is told, even if the block never ends', async () => {
    const { stderr, signal } = await runProgram(
      folder,
      `new scheduler.Monitor().start()
       await run(function* () {
         yield* sleep(500)
         log('blocked')
         for (;;);
       })`,
      (_line, kill) => setTimeout(() => kill('SIGKILL'), 1500),
    )
    expect(signal).toBe('SIGKILL')
    expect(stderr).toMatch(/^main has blocked the loop for \d+ ms:\n {4}at .*program-\d+\.js:\d+/)
  })

  it('leaves no trace at the end of a program, and does not hold it', async () => {
    const { stderr, status } = await runProgram(
      folder,
      `new scheduler.Monitor({ maxBlockingMs: 20 }).start()
       await run(function* () {
         yield* sleep(500)
         const end = performance.now() + 100
         while (performance.now() < end);
       })`,
    )
    expect(status).toBe(0)
    expect(stderr).toMatch(/^main has blocked the loop/)
    expect(stderr).not.toMatch(/debugger/i)
  })

  it('is for the main thread', async () => {
    const { lines } = await runProgram(
      folder,
      `const { Worker, isMainThread } = await import('node:worker_threads')
       if (isMainThread) new Worker(new URL(import.meta.url))
       else try { new scheduler.Monitor().start() } catch (error) { log(error.message) }`,
    )
    expect(lines).toEqual(['a Monitor can watch the main thread only'])
  })
})
