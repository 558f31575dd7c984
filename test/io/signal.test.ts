import { describe, expect, it } from 'vitest'
import { signal } from '../../src/io/signal.ts'
import { Event, run, sleep, type Operation } from '../../src/scheduler/index.ts'
import { until } from '../../src/io/promise.ts'

function go<T>(main: () => Operation<T>): Promise<T> {
  return run(main, { signals: false })
}

describe.skipIf(process.platform === 'win32')('signal', () => {
  it('S63: runs its body in a new greenlet, which may park, each time, until it is stopped', async () => {
    await go(function* () {
      const heard: string[] = []
      const came = new Event()
      const before = process.listenerCount('SIGUSR2')
      function* note(word: string): Operation<void> {
        yield* sleep(0)
        heard.push(word)
        came.set()
      }
      const watcher = signal('SIGUSR2', note, 'one')
      for (let times = 1; times <= 2; times++) {
        came.clear()
        process.kill(process.pid, 'SIGUSR2')
        // The watcher doesn't hold the loop, so this sleep does.
        while (!came.isSet) yield* sleep(1)
        expect(heard).toHaveLength(times)
      }
      watcher.stop()
      expect(process.listenerCount('SIGUSR2')).toBe(before)
    })
  })

  it('S63: holds neither the loop nor the process', async () => {
    await go(function* () {
      const watcher = signal('SIGUSR2', function* () {
        yield* until(Promise.resolve())
      })
      expect(watcher.ref).toBe(false)
      watcher.stop()
      yield* sleep(0)
    })
  })

  it('refuses what is no body, and signals that nobody can catch', () => {
    expect(() => signal('SIGUSR2', 'body' as never)).toThrow(TypeError)
    expect(() => signal('SIGKILL', function* () {})).toThrow('EINVAL')
  })
})
