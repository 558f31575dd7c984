import { describe, expect, it } from 'vitest'
import {
  BlockingSwitchOutError,
  ConcurrentObjectUseError,
  GreenletExit,
  Interrupted,
  InvalidSwitchError,
  LoopExit,
  Timeout,
} from '../../src/scheduler/index.ts'

describe('the errors', () => {
  it('are Errors, and carry their names', () => {
    const errors = [
      new BlockingSwitchOutError('x'),
      new ConcurrentObjectUseError('x'),
      new GreenletExit('x'),
      new Interrupted('SIGTERM'),
      new InvalidSwitchError('x'),
      new LoopExit('x'),
      new Timeout(1),
    ]
    expect(errors.every((error) => error instanceof Error)).toBe(true)
    expect(errors.map(({ name }) => name)).toEqual([
      'BlockingSwitchOutError',
      'ConcurrentObjectUseError',
      'GreenletExit',
      'Interrupted',
      'InvalidSwitchError',
      'LoopExit',
      'Timeout',
    ])
  })

  it('that are made before they are thrown have no stack, and leave its limit as it was', () => {
    const before = Error.stackTraceLimit
    expect(new GreenletExit('x').stack).not.toContain('\n    at ')
    expect(Error.stackTraceLimit).toBe(before)
    expect(new Error('x').stack).toContain('\n    at ')
  })

  it('say which signal interrupted', () => {
    const { signal, message } = new Interrupted('SIGTERM')
    expect([signal, message]).toEqual(['SIGTERM', 'interrupted by SIGTERM'])
  })
})
