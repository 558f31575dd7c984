/**
 * Monkey-patching, honestly (gevent's `monkey.patch_all`).
 *
 * A JavaScript function can't park its caller unless the caller says `yield*`. So a patched function
 * gives, inside a greenlet, an object that is both promise and operation: `yield* fetch(url)`. What is
 * "inside" is exact, since greenlets run synchronously from one park to the next. Outside of them, and
 * after an `await` of foreign code, the original is called and nothing is added.
 *
 * It is for programs that want to look plain. gdl itself never needs it: `until(promise)` waits for
 * anything, and patches nothing.
 *
 * Replaced are properties of the modules' own objects; `syncBuiltinESMExports` carries that to the names
 * that ES modules have imported. What was taken out of `require` before stays as it was, and what
 * somebody keeps of ours after `unpatchAll` calls the original.
 */
import dns from 'node:dns'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers'
import timersPromises from 'node:timers/promises'
import { getcurrent } from '../../scheduler/index.ts'
import { dualInGreenlet } from './dual.ts'
import { fetchForGreenlets } from './fetch.ts'
import { promiseTimeoutForGreenlets, timeoutForGreenlets } from './timers.ts'

type AnyFunction = (...args: never[]) => unknown

/** Where a function stands that can be patched, and what greenlets get for it. */
interface Place {
  readonly owner: object
  readonly key: string
  readonly forGreenlets: (original: never) => AnyFunction
}

/** A patched place: how it was, and what stands there now. */
interface Patch extends Place {
  readonly descriptor: PropertyDescriptor
  readonly patched: AnyFunction
}

/** By the names that `getOriginal` takes. */
let places: Map<string, Place> | undefined

/** By the same names, while patched; else empty. */
const patches = new Map<string, Patch>()

/** Replaces what greenlets may want to wait for, and puts it back. */
export const monkey = {
  /**
   * Replaces `fetch`, `setTimeout`, and the functions of `fs.promises`, `dns.promises` and
   * `timers.promises`, for the whole thread. When that is done already, nothing happens (S65).
   */
  patchAll(): void {
    if (patches.size > 0) return
    for (const [name, place] of allPlaces()) {
      const descriptor = Object.getOwnPropertyDescriptor(place.owner, place.key)
      // Somebody may have put a getter there, or Node been told to have no fetch.
      if (typeof descriptor?.value !== 'function') continue
      patches.set(name, patch(place, descriptor))
    }
    syncBuiltinESMExports()
  },

  /**
   * Puts the very same functions back, with the descriptors of their properties. Calls that are under
   * way go on, and can be waited for. What somebody else has put over ours meanwhile is left alone.
   */
  unpatchAll(): void {
    for (const { owner, key, descriptor, patched } of patches.values()) {
      if (Reflect.get(owner, key) === patched) Object.defineProperty(owner, key, descriptor)
    }
    patches.clear()
    syncBuiltinESMExports()
  },

  /**
   * The original of `name`, patched or not: `fetch`, `setTimeout`, `fs.promises.readFile` (or
   * `fs/promises.readFile`), and so on. TypeError for what is never patched.
   */
  getOriginal(name: string): AnyFunction {
    const path = name.replace(/^(?:node:|globalThis\.)/, '').replace('/', '.')
    const place = allPlaces().get(path)
    if (place === undefined) throw new TypeError(`monkey never patches ${name}`)
    const original: unknown =
      patches.get(path)?.descriptor.value ?? Reflect.get(place.owner, place.key)
    return original as AnyFunction
  },
}

/** Found when first asked for: most programs never patch. */
function allPlaces(): Map<string, Place> {
  places ??= new Map<string, Place>([
    ['fetch', { owner: globalThis, key: 'fetch', forGreenlets: fetchForGreenlets }],
    ['setTimeout', { owner: globalThis, key: 'setTimeout', forGreenlets: timeoutForGreenlets }],
    ['timers.setTimeout', { owner: timers, key: 'setTimeout', forGreenlets: timeoutForGreenlets }],
    ...functionsOf('fs.promises', fs.promises),
    ...functionsOf('dns.promises', dns.promises),
    ...functionsOf('timers.promises', timersPromises),
    [
      'timers.promises.setTimeout',
      { owner: timersPromises, key: 'setTimeout', forGreenlets: promiseTimeoutForGreenlets },
    ],
  ])
  return places
}

/** The functions of a module, without its classes. */
function functionsOf(path: string, owner: object): [string, Place][] {
  return Object.entries(owner)
    .filter(([key, value]) => typeof value === 'function' && /^[a-z]/.test(key))
    .map(([key]) => [`${path}.${key}`, { owner, key, forGreenlets: withDuals }])
}

function withDuals(original: AnyFunction): AnyFunction {
  return (...args) => dualInGreenlet(original(...args))
}

function patch(place: Place, descriptor: PropertyDescriptor): Patch {
  const { owner, key, forGreenlets } = place
  const original = descriptor.value as AnyFunction
  const inGreenlet = forGreenlets(original as never)
  function patched(this: unknown, ...args: never[]): unknown {
    const called = getcurrent() !== undefined && patches.size > 0 ? inGreenlet : original
    return Reflect.apply(called, this, args)
  }
  // Its name, and what util.promisify looks for.
  Object.defineProperties(patched, Object.getOwnPropertyDescriptors(original))
  Object.defineProperty(owner, key, { ...descriptor, value: patched })
  return { ...place, descriptor, patched }
}
