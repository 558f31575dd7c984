/**
 * Which way imports may run in src/, as a pure check over texts: `layers.test.ts` gives it the real
 * sources, and planted ones to see that it bites.
 *
 * Import statements are found by a regular expression, not by a parser: TypeScript 7 has no compiler
 * API, and the formatter keeps statements at the start of a line. A statement inside a template
 * literal at the start of a line would be taken for a real one; there is no such file.
 */
import { builtinModules } from 'node:module'
import path from 'node:path'

/** One import of one file. */
export interface Import {
  readonly specifier: string
  /** `import type … from`: gone when the code runs. */
  readonly typeOnly: boolean
  /** `import('…')` inside the code. */
  readonly dynamic: boolean
}

/** Files that are rooms of their own below the others; the scheduler does without them. */
const ground = ['errors.ts', 'version.ts']

/** The rooms that each room may import from, itself aside. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  'version.ts': [],
  scheduler: [],
  io: ['scheduler', ...ground],
  download: ['io', 'scheduler', ...ground],
  input: ['io', 'scheduler', ...ground],
  report: ['io', 'scheduler', ...ground],
  'index.ts': ['input', 'download', 'io', 'scheduler', ...ground],
  cli: ['input', 'report', 'download', 'io', 'scheduler', 'index.ts', ...ground],
}

/** Known to every room above io, by type alone. */
const sharedTypes = ['download/entry.ts', 'download/events.ts']

/** Doors besides each room's index.ts. */
const sideDoors = ['scheduler/testing.ts']

/** Packages that only one place may import. */
const packageOwners: Readonly<Record<string, string>> = {
  'cli-progress': 'report/bars.ts',
  undici: 'io/',
  commander: 'cli/',
  sax: 'input/metalink.ts',
  uplot: 'report/html/',
}

const STATEMENT =
  /^(?:import|export)\s+(type\s+)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?|[\w$]+(?:\s*,\s*(?:\{[^}]*\}|\*\s+as\s+[\w$]+))?)\s+from\s+['"]([^'"]+)['"]/gm
const SIDE_EFFECT = /^import\s+['"]([^'"]+)['"]/gm
const DYNAMIC = /(?<![\w.*])import\(\s*['"]([^'"]+)['"]/g

/** The imports of a source text. */
export function importsOf(text: string): Import[] {
  // Comments that begin a line; elsewhere `/*` may stand in a string.
  const code = text.replace(/^[ \t]*(?:\/\*[^]*?\*\/|\/\/.*$)/gm, '')
  return [
    ...[...code.matchAll(STATEMENT)].map((found) => ({
      specifier: found[2]!,
      typeOnly: found[1] !== undefined,
      dynamic: false,
    })),
    ...[...code.matchAll(SIDE_EFFECT)].map((found) => ({
      specifier: found[1]!,
      typeOnly: false,
      dynamic: false,
    })),
    ...[...code.matchAll(DYNAMIC)].map((found) => ({
      specifier: found[1]!,
      typeOnly: false,
      dynamic: true,
    })),
  ]
}

/**
 * What is wrong with `files` (path relative to src/, with `/`, to text), a sentence each; none when
 * all is well. Cycles are those of code that runs: types may know each other.
 */
export function brokenRules(files: ReadonlyMap<string, string>): string[] {
  const broken: string[] = []
  const graph = new Map<string, string[]>()
  for (const [file, text] of files) {
    const targets: string[] = []
    graph.set(file, targets)
    for (const found of importsOf(text)) {
      if (!found.specifier.startsWith('.')) {
        broken.push(...brokenByPackage(file, found))
        continue
      }
      const target = path.posix.join(path.posix.dirname(file), found.specifier)
      if (!files.has(target)) broken.push(`${file}: ${found.specifier} is not in src/`)
      broken.push(...brokenByRoom(file, target, found))
      if (!found.typeOnly && !found.dynamic) targets.push(target)
    }
  }
  return [...broken, ...cycles(graph)]
}

function roomOf(file: string): string {
  return file.split('/')[0]!
}

function brokenByPackage(file: string, { specifier }: Import): string[] {
  if (specifier.startsWith('node:')) return []
  if (builtinModules.includes(specifier)) return [`${file}: write node:${specifier}`]
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)![0]
  if (roomOf(file) === 'scheduler' || ground.includes(file)) {
    return [`${file}: imports the package ${name}; it may only use Node's own modules`]
  }
  const owner = packageOwners[name]
  if (owner === undefined || file.startsWith(owner)) return []
  return [`${file}: imports ${name}; only ${owner} may`]
}

function brokenByRoom(file: string, target: string, { typeOnly, dynamic }: Import): string[] {
  const from = roomOf(file)
  const to = roomOf(target)
  const allowed = mayImport[from]
  if (allowed === undefined) return [`${file}: ${from} is no room of this house`]
  if (from === to) return []
  const aboveIo = allowed.includes('io')
  if (aboveIo && typeOnly && sharedTypes.includes(target)) return []
  if (!allowed.includes(to)) return [`${file}: imports ${target}; ${from} may not import ${to}`]
  const throughDoor = target === to || target === `${to}/index.ts` || sideDoors.includes(target)
  if (throughDoor || dynamic) return []
  return [`${file}: imports ${target}; across rooms only through ${to}/index.ts`]
}

/** Every cycle once, as `a.ts -> b.ts -> a.ts`. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file)
    if (at !== -1) {
      found.push(`import cycle: ${[...way.slice(at), file].join(' -> ')}`)
      return
    }
    if (done.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...way, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return found
}
