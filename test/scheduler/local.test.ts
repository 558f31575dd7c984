import { expect, it } from 'vitest'
import { getHub, joinall, Local, sleep, spawn } from '../../src/scheduler/index.ts'
import { runClean } from './helpers.ts'

it('S60: a Local is one value for each greenlet, not inherited, unseen by others', () => {
  runClean(function* () {
    const local = new Local<string>()
    local.set('main')
    const children = ['a', 'b'].map((word) =>
      spawn(function* () {
        const before = local.get()
        local.set(word)
        yield* sleep(1)
        return [before, local.get()]
      }),
    )
    yield* joinall(children)
    expect(children.map(({ value }) => value)).toEqual([
      [undefined, 'a'],
      [undefined, 'b'],
    ])
    expect(local.get()).toBe('main')
    let inHub: unknown = 'not called'
    getHub().loop.runCallback(() => (inHub = local.get()))
    yield* sleep(1)
    expect(inHub).toBeUndefined()
  })
})

it('S60: outside of greenlets a Local is one for the hub', () => {
  const local = new Local<number>()
  local.set(1)
  expect(local.get()).toBe(1)
  runClean(function* () {
    yield* sleep(1)
    expect(local.get()).toBeUndefined()
  })
})
