/**
 * The API docs are complete: whatever a door of the package lets out has a docstring where it is
 * declared. TypeScript 7 has no compiler API that a tool for this could use; since isolatedDeclarations
 * puts each export on a line of its own, a few patterns do.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const src = fileURLToPath(new URL('../src', import.meta.url))

/** Names that `file` exports, each with the file and the text before its declaration. */
function* exportsOf(file: string): Generator<{ name: string; file: string; before: string }> {
  const text = readFileSync(path.join(src, file), 'utf8')
  const resolve = (specifier: string): string =>
    path.posix.join(path.posix.dirname(file), specifier)
  for (const [, specifier] of text.matchAll(/^export \* from '(.+)'/gm)) {
    yield* exportsOf(resolve(specifier!))
  }
  for (const [, names, specifier] of text.matchAll(/^export (?:type )?\{([^}]+)\} from '(.+)'/gm)) {
    const all = [...exportsOf(resolve(specifier!))]
    for (const [wanted] of names!.replaceAll(/\btype /g, '').matchAll(/\w+/g)) {
      const found = all.find(({ name }) => name === wanted)
      if (found === undefined) throw new Error(`${specifier} has no ${wanted} that could be found`)
      yield found
    }
  }
  const declaration =
    /^export (?:abstract |async |declare )*(?:class|function\*?|const|let|interface|type) (\w+)/gm
  const seen = new Set<string>()
  for (const { 1: name, index } of text.matchAll(declaration)) {
    // The docstring of an overloaded function stands before its first form.
    if (!seen.has(name!)) yield { name: name!, file, before: text.slice(0, index) }
    seen.add(name!)
  }
}

it.each(['scheduler/index.ts', 'scheduler/testing.ts', 'io/index.ts', 'index.ts'])(
  'all that src/%s exports has a docstring',
  (door) => {
    const all = [...exportsOf(door)]
    expect(all.length).toBeGreaterThan(1)
    const bare = all.filter(({ before }) => !/\/\*\*(?:(?!\*\/)[^])+\*\/\n$/.test(before))
    expect(bare.map(({ name, file }) => `${name} (${file})`)).toEqual([])
  },
)

/** Names of the members that the class or interface lets out, and whether each has a docstring. */
function membersOf(declared: { file: string; before: string }): Map<string, boolean> {
  const text = readFileSync(path.join(src, declared.file), 'utf8').slice(declared.before.length)
  const members = new Map<string, boolean>()
  const [head, ...lines] = text.slice(0, text.search(/^}/m)).split('\n')
  if (!/^export (?:abstract )?(?:class|interface) .*\{$/.test(head!)) return members
  const member =
    /^ {2}(?!private |protected |constructor)(?:(?:readonly|static|abstract|get|set) )*\*?([a-z]\w*)\??(?:[(:<]| =)/
  for (const [at, line] of lines.entries()) {
    const name = member.exec(line)?.[1]
    // The docstring of an overloaded method stands before its first form.
    if (name !== undefined && !members.has(name))
      members.set(name, lines[at - 1]?.endsWith('*/') === true)
  }
  return members
}

it.each(['scheduler/index.ts', 'scheduler/testing.ts'])(
  'so has each member of the classes and interfaces that src/%s exports',
  (door) => {
    // What a clock does is said once, in the interface.
    const clock = [...exportsOf('scheduler/clock.ts')].find(({ name }) => name === 'Clock')!
    const known = new Set(membersOf(clock).keys())
    const bare = [...exportsOf(door)].flatMap((declared) =>
      [...membersOf(declared)]
        .filter(
          ([member, isTold]) => !isTold && !(declared.name.endsWith('Clock') && known.has(member)),
        )
        .map(([member]) => `${declared.name}.${member}`),
    )
    expect(bare).toEqual([])
  },
)
