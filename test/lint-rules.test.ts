// The lint rules for programs on the scheduler: what they find, and that they know what parks.
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
const rules = path.join(root, 'scripts', 'lint-rules.js')
const { METHODS, OPERATIONS } = (await import(pathToFileURL(rules).href)) as {
  METHODS: Record<string, string[]>
  OPERATIONS: string[]
}

/** Each line in which a star is forgotten ends in `// !`. */
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

/** Each `catch` that is to be found ends in `// !`. */
const CATCHES = `
import { rethrowExit, sleep } from 'gdl/scheduler'
export function* main(meant, given) {
  try { yield* sleep(1) } catch (error) { given(error) } // !
  try { yield* sleep(1) } catch {} // !
  try { if (meant) { yield* sleep(1) } } catch (error) { given(error); rethrowExit(error) } // !
  try { yield* sleep(1) } catch (error) { if (error === meant) given(error) } // !
  try { yield* sleep(1) } catch (error) { throw new Error('another', { cause: error }) } // !
  try { yield* sleep(1) } catch (error) { rethrowExit(meant); given(error) } // !
  try { yield* sleep(1) } catch (error) { rethrowExit(error); given(error) }
  try { yield* sleep(1) } catch (error) { if (error !== meant) throw error; given(error) }
  try { yield* sleep(1) } catch (error) { if (error === meant) return; throw error }
  try { yield* sleep(1) } finally { given() }
  try { given() } catch { given() }
  try { given(function* () { yield* sleep(1) }) } catch { given() }
}
`

/** The numbers of the lines in which `rule` finds something, and of those that are marked. */
async function lint(name: string, program: string): Promise<{ found: string[]; wanted: string[] }> {
  const folder = temporaryFolder()
  const config = { jsPlugins: [rules], rules: { [name]: 'error' } }
  writeFileSync(path.join(folder, '.oxlintrc.json'), JSON.stringify(config))
  writeFileSync(path.join(folder, 'program.js'), program)
  const oxlint = path.join(root, 'node_modules', 'oxlint', 'bin', 'oxlint')
  const args = [oxlint, '--allow=correctness', `--deny=${name}`, '--format=unix', 'program.js']
  const ran = promisify(execFile)(process.execPath, args, { cwd: folder })
  const { stdout } = await ran.catch((error: unknown) => error as { stdout: string })
  const lines = program.split('\n')
  return {
    found: [...stdout.matchAll(/^program\.js:(\d+):.*gdl/gm)].map(([, line]) => line!),
    wanted: lines.flatMap((line, at) => (line.endsWith('// !') ? [String(at + 1)] : [])),
  }
}

it('find operations that are made and never begun, and nothing else', async () => {
  const { found, wanted } = await lint('gdl/forgotten-star', PROGRAM)
  expect(found).toEqual(wanted)
})

it('3b: find each catch that would swallow a kill', async () => {
  const { found, wanted } = await lint('gdl/rethrow-exit', CATCHES)
  expect(found).toEqual(wanted)
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

it('know each method that parks of what the scheduler and io let out', () => {
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

it('know functions that are there', () => {
  const names = Object.keys({ ...scheduler, ...io })
  expect(OPERATIONS.filter((name) => !names.includes(name))).toEqual([])
})
