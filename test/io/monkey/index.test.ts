import { once } from 'node:events'
import dns, { promises as dnsPromises } from 'node:dns'
import { lookup } from 'node:dns/promises'
import fs from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import timers from 'node:timers'
import timersPromises, { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { http } from '../../../src/io/http.ts'
import { monkey } from '../../../src/io/monkey/index.ts'
import type { Dual } from '../../../src/io/monkey/dual.ts'
import { until } from '../../../src/io/promise.ts'
import {
  Hub,
  run,
  sleep,
  spawn,
  Timeout,
  withTimeout,
  type Operation,
} from '../../../src/scheduler/index.ts'
import { thrownBy } from '../../scheduler/helpers.ts'
import { body } from '../../support/behaviours.ts'
import { serve } from '../../support/server.ts'

const require = createRequire(import.meta.url)
const owners = { globalThis, timers, fs: fs.promises, dns: dns.promises, timersPromises }

function go<T>(main: () => Operation<T>): Promise<T> {
  return run(main, { signals: false, hub: new Hub() })
}

/** What the types don't know: that a patched function gives a dual. */
function asDual<T>(promise: PromiseLike<T> | NodeJS.Timeout): Dual<T> {
  return promise as Dual<T>
}

function descriptors(): unknown {
  return Object.values(owners).map((owner) => {
    const all = Object.getOwnPropertyDescriptors(owner)
    // A getter's value would be made by asking.
    return Object.entries(all).map(([key, { value, ...rest }]) => [key, value as unknown, rest])
  })
}

function isDual(thing: unknown): boolean {
  return typeof (thing as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function'
}

describe('S65: patchAll and unpatchAll', () => {
  afterEach(() => monkey.unpatchAll())

  it('restore the very same functions and descriptors, in the same order', () => {
    const before = descriptors()
    const functions = [fetch, setTimeout, readFile, pause, lookup]
    monkey.patchAll()
    expect(descriptors()).not.toEqual(before)
    monkey.unpatchAll()
    const after = descriptors() as [string, unknown][][]
    expect(after).toEqual(before)
    for (const [index, owner] of (before as [string, unknown][][]).entries()) {
      for (const [at, [, value]] of owner.entries()) expect(after[index]![at]![1]).toBe(value)
    }
    expect([fetch, setTimeout, readFile, pause, lookup]).toEqual(functions)
    monkey.unpatchAll()
    expect(descriptors()).toEqual(before)
  })

  it('are no-ops when that is done already', () => {
    const original = globalThis.fetch
    monkey.patchAll()
    const patched = globalThis.fetch
    monkey.patchAll()
    expect(globalThis.fetch).toBe(patched)
    monkey.unpatchAll()
    expect(globalThis.fetch).toBe(original)
  })

  it('reach names that were imported from ES modules before', () => {
    const names = (): unknown[] => [readFile, pause, lookup, dnsPromises.lookup]
    const before = names()
    monkey.patchAll()
    for (const [index, now] of names().entries()) expect(now).not.toBe(before[index])
    expect(readFile).toBe(fs.promises.readFile)
    expect((require('node:fs/promises') as { readFile: unknown }).readFile).toBe(readFile)
    monkey.unpatchAll()
    for (const [index, now] of names().entries()) expect(now).toBe(before[index])
  })

  it('leave alone what somebody else has put over ours', () => {
    const { fetch: original } = globalThis
    monkey.patchAll()
    const patched = globalThis.fetch
    const foreign = (() => {}) as unknown as typeof fetch
    globalThis.fetch = foreign
    monkey.unpatchAll()
    expect(globalThis.fetch).toBe(foreign)
    globalThis.fetch = patched
    expect(String(globalThis.fetch)).not.toBe(String(original))
    globalThis.fetch = original
  })

  it('leave a getter that stands in the place of a function', () => {
    const before = Object.getOwnPropertyDescriptor(globalThis, 'fetch')!
    const getter = { get: () => before.value as unknown, configurable: true, enumerable: true }
    Object.defineProperty(globalThis, 'fetch', getter)
    try {
      monkey.patchAll()
      expect(Object.getOwnPropertyDescriptor(globalThis, 'fetch')).toMatchObject(getter)
      expect(monkey.getOriginal('fetch')).toBe(before.value)
    } finally {
      monkey.unpatchAll()
      Object.defineProperty(globalThis, 'fetch', before)
    }
  })

  it('leave functions that look the same: name, length, what promisify gives', async () => {
    const { name, length } = fs.promises.readFile
    monkey.patchAll()
    const patched = fs.promises.readFile
    expect([patched.name, patched.length]).toEqual([name, length])
    expect(timers.setTimeout.name).toBe('setTimeout')
    expect(await promisify(setTimeout)(1, 'value')).toBe('value')
    expect(dns.promises.Resolver).toBe(new dns.promises.Resolver().constructor)
  })

  it('leave patched functions that are still held as good as the originals', async () => {
    monkey.patchAll()
    const held = fs.promises.readFile
    monkey.unpatchAll()
    await go(function* () {
      const reading = held(import.meta.filename, 'utf8')
      expect(isDual(reading)).toBe(false)
      expect(yield* until(reading)).toContain('still held')
    })
  })

  it('let calls go on that are under way, and be waited for', async () => {
    await go(function* () {
      monkey.patchAll()
      const reading = asDual(readFile(import.meta.filename, 'utf8'))
      const timer = asDual<void>(setTimeout(() => {}, 5))
      const waiting = spawn(function* () {
        return yield* asDual(pause(5, 'paused'))
      })
      yield* sleep(0)
      monkey.unpatchAll()
      expect(yield* reading).toContain('under way')
      expect(yield* waiting.get()).toBe('paused')
      yield* timer
    })
  })
})

describe('S65: getOriginal', () => {
  afterEach(() => monkey.unpatchAll())

  it.each([
    ['fetch', globalThis, 'fetch'],
    ['globalThis.fetch', globalThis, 'fetch'],
    ['setTimeout', globalThis, 'setTimeout'],
    ['timers.setTimeout', timers, 'setTimeout'],
    ['fs.promises.readFile', fs.promises, 'readFile'],
    ['fs/promises.readFile', fs.promises, 'readFile'],
    ['node:dns/promises.lookup', dns.promises, 'lookup'],
    ['timers/promises.setTimeout', timersPromises, 'setTimeout'],
  ])('gives the original of %s, patched or not', (name, owner, key) => {
    const original: unknown = Reflect.get(owner, key)
    expect(monkey.getOriginal(name)).toBe(original)
    monkey.patchAll()
    expect(Reflect.get(owner, key)).not.toBe(original)
    expect(monkey.getOriginal(name)).toBe(original)
  })

  it.each(['', 'nothing', 'fs.readFile', 'fs.promises.constants', 'dns.promises.Resolver'])(
    'refuses %j, which is never patched',
    (name) => expect(() => monkey.getOriginal(name)).toThrow(TypeError),
  )
})

describe('a patched function', () => {
  beforeEach(() => monkey.patchAll())
  afterEach(() => monkey.unpatchAll())

  it('gives what the original gives outside of greenlets, and after an await', async () => {
    expect(isDual(readFile(import.meta.filename))).toBe(false)
    expect(isDual(pause(1))).toBe(false)
    expect('then' in setTimeout(() => {})).toBe(false)
    await go(function* () {
      const foreign = async (): Promise<boolean[]> => {
        const first = isDual(pause(1))
        await pause(1)
        return [first, isDual(pause(1))]
      }
      expect(yield* until(foreign())).toEqual([true, false])
    })
  })

  it('gives a promise inside of a greenlet that can be waited for in both ways', async () => {
    await go(function* () {
      const reading = readFile(import.meta.filename, 'utf8')
      expect(reading).toBeInstanceOf(Promise)
      const text = yield* asDual(reading)
      expect(yield* asDual(reading)).toBe(text)
      expect(yield* until(reading.then((all) => all.length))).toBe(text.length)
      const { address } = yield* asDual(dns.promises.lookup('127.0.0.1'))
      expect(address).toBe('127.0.0.1')
      expect(yield* asDual(timersPromises.setImmediate('soon'))).toBe('soon')
      expect(dns.promises.getServers()).toBeInstanceOf(Array)
    })
  })

  it('lets other greenlets run meanwhile', async () => {
    await go(function* () {
      const log: string[] = []
      const waiting = ['a', 'b'].map((name) =>
        spawn(function* () {
          yield* asDual(pause(5))
          log.push(name)
        }),
      )
      yield* sleep(0)
      log.push('main')
      for (const greenlet of waiting) yield* greenlet.get()
      expect(log[0]).toBe('main')
      expect(log).toHaveLength(3)
    })
  })

  it('throws what the promise is rejected with, the very same, or an Error for nothing', async () => {
    await go(function* () {
      const reading = asDual(readFile('/no/such/file'))
      const error = yield* thrownBy(reading[Symbol.iterator]())
      expect(error).toMatchObject({ code: 'ENOENT' })
      expect(yield* thrownBy(reading[Symbol.iterator]())).toBe(error)
    })
  })
})

describe('patched timers', () => {
  beforeEach(() => monkey.patchAll())
  afterEach(() => monkey.unpatchAll())

  it('are whole Timeouts of Node, inside of greenlets too', async () => {
    await go(function* () {
      const Timer = monkey.getOriginal('setTimeout')(...([() => {}, 0] as never[]))!.constructor
      let calls: unknown[] = []
      const timer = setTimeout((...args: unknown[]) => void (calls = args), 1, 'a', 'b')
      expect(timer).toBeInstanceOf(Timer)
      expect(timer.unref().hasRef()).toBe(false)
      expect(timer.ref().refresh()).toBe(timer)
      expect(Number(timer)).toBeGreaterThan(0)
      yield* asDual(timer)
      expect(calls).toEqual(['a', 'b'])
      const awaited = async (): Promise<unknown> => timer
      expect(yield* until(awaited())).toBeUndefined()
      const cleared = setTimeout(() => void (calls = []), 1)
      clearTimeout(cleared)
      yield* sleep(5)
      expect(calls).toHaveLength(2)
      expect(() => Reflect.apply(setTimeout, undefined, ['no function', 1])).toThrow(TypeError)
    })
  })

  it('call with the Timeout as `this`, and again when refreshed', async () => {
    await go(function* () {
      let seen: unknown
      let times = 0
      const timer: NodeJS.Timeout = setTimeout(function (this: unknown) {
        seen = this
        times++
      }, 1)
      yield* asDual(timer)
      expect(seen).toBe(timer)
      timer.refresh()
      while (times < 2) yield* sleep(1)
    })
  })

  it('go on by themselves when who waits is killed', async () => {
    await go(function* () {
      let called = false
      const timer = setTimeout(() => void (called = true), 10)
      const waiting = spawn(function* () {
        yield* asDual(timer)
      })
      yield* sleep(0)
      yield* waiting.kill()
      while (!called) yield* sleep(1)
    })
  })

  it('of timers/promises are cleared by a kill, and obey their own signal', async () => {
    await go(function* () {
      const waiting = spawn(function* () {
        yield* asDual(pause(60_000))
      })
      yield* sleep(0)
      yield* waiting.kill()
      expect(
        process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
      ).toBeLessThan(4)
      const late = withTimeout(5, function* () {
        yield* asDual(pause(60_000, 'x', { ref: false }))
      })
      expect(yield* thrownBy(late)).toBeInstanceOf(Timeout)
      const aborter = new AbortController()
      const mine = asDual(pause(60_000, 'x', { signal: aborter.signal }))
      aborter.abort()
      expect(yield* thrownBy(mine[Symbol.iterator]())).toMatchObject({ name: 'AbortError' })
      const wrong = asDual(pause(1, 'x', { signal: 'no' as never }))
      const error = yield* thrownBy(until(wrong))
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
      const noOptions = asDual(pause(1, 'x', 'no' as never))
      expect(yield* thrownBy(until(noOptions))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    })
  })
})

describe('patched fetch', () => {
  beforeEach(() => monkey.patchAll())
  afterEach(() => monkey.unpatchAll())

  it('gives answers whose bodies can be waited for in both ways', async () => {
    await using server = await serve({ '/a': body('{"a":1}') })
    const url = `${server.origin}/a`
    await go(function* () {
      const page = yield* asDual(fetch(url))
      expect(page).toBeInstanceOf(Response)
      expect(page.status).toBe(200)
      expect(yield* asDual(page.text())).toBe('{"a":1}')
      expect(yield* thrownBy(asDual(page.text())[Symbol.iterator]())).toBeInstanceOf(TypeError)
      const other = yield* until(fetch(new Request(url)))
      expect(yield* asDual(other.json())).toEqual({ a: 1 })
    })
    const outside = await fetch(url)
    expect(isDual(outside.text())).toBe(false)
    const lent = await go(function* () {
      return yield* asDual(fetch(url))
    })
    const reading = lent.text()
    expect(isDual(reading)).toBe(false)
    expect(await reading).toBe('{"a":1}')
  })

  it('is aborted by a kill, by a Timeout, and by its own signal', async () => {
    const { createServer } = await import('node:http')
    const server = createServer(() => {})
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`
    await go(function* () {
      const closed = once(server, 'connection').then(([socket]) => once(socket as never, 'close'))
      const waiting = spawn(function* () {
        yield* asDual(fetch(url))
      })
      yield* until(once(server, 'request'))
      yield* waiting.kill()
      yield* until(closed)
      const late = withTimeout(20, function* () {
        yield* asDual(fetch(new Request(url)))
      })
      expect(yield* thrownBy(late)).toBeInstanceOf(Timeout)
      const aborter = new AbortController()
      const mine = asDual(fetch(url, { signal: aborter.signal }))
      aborter.abort()
      expect(yield* thrownBy(mine[Symbol.iterator]())).toMatchObject({ name: 'AbortError' })
      const wrong = asDual(fetch(url, { signal: 'no' as never }))
      expect(yield* thrownBy(wrong[Symbol.iterator]())).toBeInstanceOf(TypeError)
    })
    server.close()
  })

  it('rejects, and is thrown, where nobody listens', async () => {
    await go(function* () {
      const failing = asDual(fetch('http://127.0.0.1:1/'))
      expect(yield* thrownBy(failing[Symbol.iterator]())).toBeInstanceOf(TypeError)
    })
  })
})

describe('foreign code under patched timers', () => {
  beforeEach(() => monkey.patchAll())
  afterEach(() => monkey.unpatchAll())

  it('keeps working: undici, asked from a greenlet, with its own timers', async () => {
    const { Agent, request } = await import('undici')
    const { createServer } = await import('node:http')
    const server = createServer((_request, response) => void response.write('never whole'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`
    const dispatcher = new Agent({ bodyTimeout: 100, connectTimeout: 5000, keepAliveTimeout: 10 })
    await go(function* () {
      const { body: slow } = yield* until(request(url, { dispatcher }))
      // undici's own timer fires, though a greenlet has set it going.
      expect(yield* thrownBy(until(slow.text()))).toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' })
    })
    await dispatcher.destroy()
    server.closeAllConnections()
    server.close()
  })

  it('keeps working: http.get of ours, and AbortSignal.timeout', async () => {
    await using server = await serve({ '/a': body('abc') })
    await go(function* () {
      const page = yield* http.get(`${server.origin}/a`)
      expect(yield* page.text()).toBe('abc')
      const signal = AbortSignal.timeout(5)
      yield* until(once(signal, 'abort'))
    })
  })
})
