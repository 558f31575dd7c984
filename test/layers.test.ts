/**
 * The rooms of src/ and the one direction of imports between them, as docs/design.md draws them. The
 * rules are in `support/layers.ts`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { brokenRules, importsOf } from './support/layers.ts'

const src = fileURLToPath(new URL('../src', import.meta.url))

function sources(): Map<string, string> {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.split(path.sep).join('/'))
  return new Map(files.map((name) => [name, readFileSync(path.join(src, name), 'utf8')]))
}

test('imports in src/ run in one direction, through doors, and without a cycle', () => {
  expect(brokenRules(sources())).toEqual([])
})

test('every form of import is seen', () => {
  const text = [
    "import fs from 'node:fs'",
    "import type { A } from './a.ts'",
    "import {\n  type B,\n  b,\n} from './b.ts'",
    "import d, { e } from './d.ts'",
    "import * as f from './f.ts'",
    "import './g.ts'",
    "export * from './h.ts'",
    "export type { I } from './i.ts'",
    "  const { j } = await import('./j.ts')",
    "/**\n * import { no } from './comment.ts'\n */",
    "// import { no } from './comment.ts'",
    "export const text = 'from'",
  ].join('\n')
  expect(importsOf(text).map((found) => found.specifier)).toEqual([
    'node:fs',
    './a.ts',
    './b.ts',
    './d.ts',
    './f.ts',
    './h.ts',
    './i.ts',
    './g.ts',
    './j.ts',
  ])
  expect(importsOf(text).filter((found) => found.typeOnly)).toHaveLength(2)
  expect(importsOf(text).filter((found) => found.dynamic)).toHaveLength(1)
})

const house = {
  'errors.ts': '',
  'scheduler/index.ts': "export * from './hub.ts'",
  'scheduler/hub.ts': '',
  'scheduler/testing.ts': '',
  'io/index.ts': "import { hub } from '../scheduler/index.ts'\nimport { request } from 'undici'",
  'io/http.ts': "import { GdlError } from '../errors.ts'",
  'download/index.ts': "import { http } from '../io/index.ts'",
  'download/entry.ts': '',
  'report/index.ts': "import type { Entry } from '../download/entry.ts'",
  'report/bars.ts': "import cliProgress from 'cli-progress'",
  'cli/main.ts': "const { run } = await import('../io/http.ts')",
}

test('a house in order breaks no rule', () => {
  expect(brokenRules(new Map(Object.entries(house)))).toEqual([])
})

test.each([
  ['upwards', 'scheduler/hub.ts', "import { x } from '../io/index.ts'", 'may not import io'],
  ['upwards by type', 'io/http.ts', "import type { E } from '../download/entry.ts'", 'may not'],
  ['upwards when it runs', 'io/http.ts', "await import('../cli/main.ts')", 'may not import cli'],
  ['into the engine', 'report/index.ts', "import { x } from '../download/index.ts'", 'may not'],
  ['a type file as code', 'report/index.ts', "import { E } from '../download/entry.ts'", 'may not'],
  ['past the door', 'download/index.ts', "import { x } from '../io/http.ts'", 'only through'],
  ['a package below', 'scheduler/hub.ts', "import { x } from 'undici'", "Node's own"],
  ['a package elsewhere', 'cli/main.ts', "import { x } from 'undici/index.js'", 'only io/ may'],
  ['bars elsewhere', 'report/index.ts', "import x from 'cli-progress'", 'only report/bars.ts may'],
  ['options elsewhere', 'report/index.ts', "import x from 'commander'", 'only cli/ may'],
  ['a bare builtin', 'io/http.ts', "import fs from 'fs'", 'write node:fs'],
  ['out of src', 'io/http.ts', "import x from '../../test/x.ts'", 'is not in src/'],
  ['a circle', 'scheduler/hub.ts', "import { x } from './index.ts'", 'import cycle: '],
  ['a room of its own', 'attic/old.ts', "import { x } from '../errors.ts'", 'no room'],
])('an import %s is found', (_title, file, text, sentence) => {
  const broken = brokenRules(new Map(Object.entries({ ...house, [file]: text })))
  expect(broken.join('\n')).toContain(sentence)
})
