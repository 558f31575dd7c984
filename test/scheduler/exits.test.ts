import { describe, expect, it } from 'vitest'
import {
  GreenletExit,
  Interrupted,
  LoopExit,
  rethrowExit,
  sleep,
  spawn,
  Timeout,
} from '../../src/scheduler/index.ts'
import { errorOf, runClean } from './helpers.ts'

describe('rethrowExit', () => {
  it('3b: throws on what ends things: a kill, a Timeout, a LoopExit, an interruption', () => {
    for (const exit of [
      new GreenletExit(),
      new Timeout(5),
      new LoopExit(),
      new Interrupted('SIGINT'),
    ]) {
      expect(errorOf(() => rethrowExit(exit))).toBe(exit)
    }
  })

  it('3b: lets all else be', () => {
    for (const error of [new Error('mine'), 'text', undefined, null]) {
      expect(() => rethrowExit(error)).not.toThrow()
    }
  })

  it('3b: keeps a catch from swallowing a kill', () => {
    runClean(function* () {
      const victim = spawn(function* () {
        for (;;) {
          try {
            yield* sleep(10)
          } catch (error) {
            rethrowExit(error)
          }
        }
      })
      yield* sleep(1)
      yield* victim.kill()
      expect(victim.value).toBeInstanceOf(GreenletExit)
    })
  })
})
