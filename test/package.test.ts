/**
 * The package as a user gets it: packed, looked into, installed into an empty folder, and run from
 * there. dist/ is the one that the tests' set-up has built; npm's own scripts stay off, so that it
 * does not change under tests that run beside this one.
 */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { file } from './support/behaviours.ts'
import { bytes } from './support/bytes.ts'
import { nodeBinary, runGdl } from './support/run-gdl.ts'
import { serve } from './support/server.ts'
import { makeTemporaryFolder, removeFolder, temporaryFolder } from './support/temporary-folder.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  version: string
  exports: Record<string, string | { types: string; default: string }>
}

let home: string
let files: string[]
let command: string

beforeAll(async () => {
  home = makeTemporaryFolder()
  const packed = await npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', home)
  const [tarball] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }]
  files = tarball.files.map((item) => item.path)

  writeFileSync(path.join(home, 'package.json'), '{ "private": true, "type": "module" }\n')
  const install = ['install', '--no-audit', '--no-fund', path.join(home, tarball.filename)]
  // The cache that `npm ci` has filled is usually enough; a machine without one asks the registry.
  await npm(home, ...install, '--offline').catch(() => npm(home, ...install, '--prefer-offline'))
  command = path.join(home, 'node_modules', '.bin', 'gdl')
}, 180_000)

afterAll(() => removeFolder(home))

test('the package holds the command, the built modules with their types, and papers', () => {
  const expected =
    /^(?:bin\/(?:gdl\.js|load\.cjs|package\.json)|dist\/.+\.(?:js|d\.ts)|dist\/(?:command\.cjs(?:\.code)?|gdl\.1|report\.html)|(?:package\.json|LICENSE|README\.md|CHANGELOG\.md))$/
  expect(files.filter((name) => !expected.test(name))).toEqual([])
  expect(files).toContain('bin/gdl.js')
  expect(files).toContain('dist/cli/main.js')
  expect(files).toContain('dist/command.cjs.code')
  expect(files).toContain('dist/gdl.1')
  expect(files).toContain('dist/report.html')
  expect(files).toContain('LICENSE')
  expect(files).toContain('CHANGELOG.md')
  expect(files.filter((name) => /(?:^|\/)(?:src|test|bench|examples)\//.test(name))).toEqual([])
})

test('every export of the package leads to a file that is packed, with its types', () => {
  const targets = Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [target] : [target.types, target.default],
  )
  for (const target of targets) expect(files).toContain(target.replace(/^\.\//, ''))
})

test('the installed command tells its version and its help', async () => {
  const version = await runGdl(['--version'], { command })
  expect(version).toMatchObject({ status: 0, stderr: '', stdout: `${manifest.version}\n` })
  const help = await runGdl(['--help'], { command })
  expect(help.status).toBe(0)
  expect(help.stdout).toMatch(/^Usage: gdl /m)
})

test('the installed command downloads', async () => {
  const content = bytes(300_000, 'package')
  await using server = await serve({ '/some/file.bin': file(content) })
  const folder = temporaryFolder()
  const result = await runGdl([`${server.origin}/some/file.bin`], { command, cwd: folder })
  expect(result).toMatchObject({ status: 0, stdout: '' })
  expect(readFileSync(path.join(folder, 'file.bin')).equals(content)).toBe(true)
})

test.runIf(process.platform !== 'win32')('the installed command runs by its own name', async () => {
  const { stdout } = await run(command, ['--version'])
  expect(stdout).toBe(`${manifest.version}\n`)
})

test('the installed package can be imported: the scheduler, its testing part, io, the whole', async () => {
  const program = `
    const names = ['gdl', 'gdl/scheduler', 'gdl/scheduler/testing', 'gdl/io']
    const modules = await Promise.all(names.map((name) => import(name)))
    const { default: manifest } = await import('gdl/package.json', { with: { type: 'json' } })
    const exported = modules.map((module) => Object.keys(module))
    console.log(JSON.stringify({ exported, version: manifest.version }))
  `
  const script = path.join(home, 'imports.js')
  writeFileSync(script, program)
  const { stdout } = await run(nodeBinary, [script], { cwd: home })
  const { exported, version } = JSON.parse(stdout) as { exported: string[][]; version: string }
  const [whole, scheduler, testing, io] = exported
  expect(version).toBe(manifest.version)
  expect(scheduler).toEqual(expect.arrayContaining(['spawn', 'joinall', 'killall', 'sleep']))
  for (const names of [whole, testing, io]) expect(names).not.toEqual([])
})

test('the types of the installed package hold in a project of its own', async () => {
  const program = `
    import * as whole from 'gdl'
    import * as io from 'gdl/io'
    import * as scheduler from 'gdl/scheduler'
    import * as testing from 'gdl/scheduler/testing'
    export const all: object[] = [whole, io, testing]
    export const spawn: (...args: never[]) => scheduler.Greenlet<never> = scheduler.spawn
    // @ts-expect-error: an unresolved module would be any, and this no error
    export const wrong: string = scheduler.spawn
  `
  writeFileSync(path.join(home, 'consumer.ts'), program)
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023']
  const types = ['--typeRoots', path.join(root, 'node_modules', '@types'), '--types', 'node']
  const args = [compiler, ...options, ...types, 'consumer.ts']
  const told = await run(process.execPath, args, { cwd: home }).catch((error: unknown) => error)
  expect(told).toMatchObject({ stdout: '' })
})

/** Runs npm in `cwd`, free of what the npm above this test run has put into the environment. */
async function npm(cwd: string, ...args: string[]): Promise<string> {
  const foreign = /^(?:npm_(?:package|lifecycle|config_local_prefix|command|execpath)|INIT_CWD$)/
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name))
  const onWindows = process.platform === 'win32'
  const { stdout } = await run(onWindows ? 'npm.cmd' : 'npm', args, {
    cwd,
    env: Object.fromEntries(kept),
    shell: onWindows,
    maxBuffer: 1 << 24,
  })
  return stdout
}
