// The lint rule for programs on the scheduler: what it finds, and that it knows what parks.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import * as io from '../src/io/index.ts'
import * as scheduler from '../src/scheduler/index.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const rule = path.join(root, 'scripts', 'forgotten-star.js')
const { METHODS, OPERATIONS } = (await import(pathToFileURL(rule).href)) as {
  METHODS: Record<string, string[]>
  OPERATIONS: string[]
}

/** Each line that the rule is to find ends in `// !`. */
const PROGRAM = `
import { Event, getHub, Group, Pool, sleep as snooze, spawn } from 'gdl/scheduler'
import { http, until } from 'gdl/io'
import { sleep } from './other.js'
function* own() {
  yield* snooze(1)
  snooze(1) // !
}
const ownToo = function* () {}
let another = function* () {}
class Work {
  *#step() {}
  *step() {
    this.#step() // !
    this.step() // !
    this.plain()
    yield* this.#step()
  }
  plain() {
    this.field()
  }
}
export function* main(given) {
  own() // !
  ownToo() // !
  another()
  sleep(1)
  given()
  given.get()
  const greenlet = spawn(own)
  greenlet.kill() // !
  greenlet?.join() // !
  greenlet.killSoon()
  yield* greenlet.kill()
  const [event, pool, group] = [new Event(), new Pool(2), new Group()]
  const alone = new Event()
  alone.set()
  alone.wait(5) // !
  event.wait(5)
  new Event().wait() // !
  getHub().join() // !
  const two = new Pool(2)
  two.spawn(own) // !
  new Group().spawn(own)
  yield until(given) // !
  yield given
  http.get('http://localhost/') // !
  http[given]()
  const kept = snooze(1)
  yield* kept
  return [Work, pool, group]
}
export async function wrong() {
  await snooze(1) // !
  await given
}
`

it('finds operations that are made and never begun, and nothing else', async () => {
  const folder = temporaryFolder()
  const config = { jsPlugins: [rule], rules: { 'gdl/forgotten-star': 'error' }, categories: {} }
  writeFileSync(path.join(folder, '.oxlintrc.json'), JSON.stringify(config))
  writeFileSync(path.join(folder, 'program.js'), PROGRAM)
  const oxlint = path.join(root, 'node_modules', 'oxlint', 'bin', 'oxlint')
  const args = [oxlint, '--allow=correctness', '--deny=gdl/forgotten-star', '--format=unix']
  const ran = promisify(execFile)(process.execPath, [...args, 'program.js'], { cwd: folder })
  const { stdout } = await ran.catch((error: unknown) => error as { stdout: string })
  const found = [...stdout.matchAll(/^program\.js:(\d+):.*forgotten-star/gm)].map(
    ([, line]) => line,
  )
  const lines = PROGRAM.split('\n')
  const wanted = lines.flatMap((line, at) => (line.endsWith('// !') ? [String(at + 1)] : []))
  expect(found, stdout).toEqual(wanted)
})

const sorted = (names: readonly string[]): string[] => [...names].sort((a, b) => (a < b ? -1 : 1))

/** The methods of an object, of its class and of those above, that are generators. */
function parking(object: object | null): string[] {
  if (object === null || object === Object.prototype) return []
  const own = Object.entries(Object.getOwnPropertyDescriptors(object))
    .filter(
      ([, { value }]) => Object.prototype.toString.call(value) === '[object GeneratorFunction]',
    )
    .map(([name]) => name)
  return [...new Set([...own, ...parking(Object.getPrototypeOf(object) as object | null)])]
}

it('knows each method that parks of what the scheduler and io let out', () => {
  const classes = Object.entries(scheduler).filter(([name]) => /^[A-Z]/.test(name))
  const objects: [string, object][] = classes.map(([name, value]) => [
    name,
    (value as unknown as { prototype: object }).prototype,
  ])
  objects.push(['file', io.file], ['http', io.http], ['socket', io.socket])
  const known = objects
    // `launch` is a group's own affair.
    .map(([name, object]) => [
      name,
      parking(object)
        .filter((method) => method !== 'launch')
        .sort(),
    ])
    .filter(([, methods]) => methods!.length > 0)
  const listed = Object.entries(METHODS).map(([name, methods]) => [name, sorted(methods)])
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(known))
})

it('knows functions that are there', () => {
  const names = Object.keys({ ...scheduler, ...io })
  expect(OPERATIONS.filter((name) => !names.includes(name))).toEqual([])
})
