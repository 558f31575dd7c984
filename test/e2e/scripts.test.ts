// docs/scripting.md's recipes, as a shell runs them, with the exact bytes of both streams.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { sha256 } from '../support/bytes.ts'
import { gdlCommand, nodeBinary, startGdl } from '../support/run-gdl.ts'
import { serve, type TestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const page = readFileSync(new URL('../../docs/scripting.md', import.meta.url), 'utf8')
const recipes = new Map(
  [...page.matchAll(/^### (.*)\n[^]*?```sh\n([^]*?)```/gm)].map(([, title, script]) => [
    title!,
    script!,
  ]),
)
const used = new Set<string>()

const has = (program: string): boolean => spawnSync('which', [program]).status === 0

interface Shell {
  readonly home: string
  /** Runs a script by `sh`, without a terminal, with `gdl` in the path. */
  run(script: string): Promise<{ status: number | null; stdout: string; stderr: string }>
}

/** A folder with `urls.txt`, and a shell in it. */
function shell(list: string): Shell {
  const home = temporaryFolder()
  const bin = join(home, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'gdl'), `#!/bin/sh\nexec '${nodeBinary}' '${gdlCommand}' "$@"\n`)
  chmodSync(join(bin, 'gdl'), 0o755)
  writeFileSync(join(home, 'urls.txt'), list)
  return {
    home,
    async run(script) {
      // `startGdl` runs a script with Node; this one is nothing but the shell.
      const runner = join(home, 'bin', 'sh.mjs')
      const words = JSON.stringify(['-c', script])
      writeFileSync(
        runner,
        `import { spawn } from 'node:child_process'
spawn('sh', ${words}, { stdio: 'inherit' }).on('close', (status) => process.exit(status ?? 1))\n`,
      )
      const path = `${bin}:${process.env['PATH']}`
      const { ended } = startGdl([], { command: runner, cwd: home, env: { PATH: path } })
      const { status, stdout, stderr } = await ended
      return { status, stdout, stderr }
    },
  }
}

function recipe(title: string): string {
  used.add(title)
  const script = recipes.get(title)
  if (script === undefined) throw new Error(`docs/scripting.md has no recipe "${title}"`)
  return script
}

const listOf = (server: TestServer, ...paths: string[]): string =>
  paths.map((path) => `${server.origin}${path}\n`).join('')

describe.runIf(process.platform !== 'win32')('the recipes', () => {
  it('stop a script when a file is missing, and ask for nothing twice', async () => {
    await using server = await serve({
      '/a': be.body('one'),
      '/b': be.failing(1, be.status(404), be.body('two')),
    })
    const { run } = shell(listOf(server, '/a', '/b'))
    const script = recipe('Stop a script when a file is missing')
    const failure = `urls.txt:2: failed files/b: ${server.origin}/b: 404 not found\n`
    expect(await run(script)).toEqual({ status: 8, stdout: '', stderr: failure })
    expect(await run(script)).toEqual({ status: 0, stdout: 'all here\n', stderr: '' })
    expect(await run(script)).toEqual({ status: 0, stdout: 'all here\n', stderr: '' })
    expect(server.requests.map(({ url }) => url)).toEqual(['/a', '/b', '/b'])
  })

  it('do something with each file as it comes', async () => {
    await using server = await serve({ '/a b': be.body('one'), '*': be.late(100, be.body('two')) })
    const { run } = shell(listOf(server, '/c', '/a%20b', '/d'))
    const ran = await run(recipe('Do something with each file as it comes'))
    expect(ran).toMatchObject({ status: 0, stderr: '' })
    expect(ran.stdout.split('\n').sort()).toEqual([
      '',
      'got files/a b',
      'got files/c',
      'got files/d',
    ])
  })

  it('hand the files to a command, whatever their names', async () => {
    await using server = await serve({ '*': be.body('12345') })
    const { run } = shell(listOf(server, "/it's%20%24(touch%20x)"))
    const ran = await run(recipe('Hand the files to a command'))
    expect(ran).toEqual({ status: 0, stdout: "5 files/it's $(touch x)\n", stderr: '' })
  })

  it('take only the first', async () => {
    await using server = await serve((path) =>
      path === '/1' ? be.body('x') : be.late(200, be.body('x')),
    )
    const paths = Array.from({ length: 400 }, (_, at) => `/${at + 1}`)
    const { run } = shell(listOf(server, ...paths))
    const script = recipe('Only the first')
    expect(await run(script)).toEqual({ status: 0, stdout: 'files/1\n', stderr: '' })
    expect(server.requests.length).toBeLessThan(paths.length)
  })

  it('try again what failed, and that alone', async () => {
    await using server = await serve({
      '/a': be.body('one'),
      '/b': be.failing(2, be.status(404), be.body('two')),
    })
    const list = `${server.origin}/a\n${server.origin}/b\n  out=named\n  header=X-Key: 1\n`
    const { home, run } = shell(list)
    const ran = await run(recipe('Try again what failed, until nothing does'))
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.stdout).toBe('')
    expect(ran.stderr.split('\n').map((line) => line.replace(/:.*/, ''))).toEqual([
      'todo.txt',
      'todo.txt',
      '',
    ])
    expect(readFileSync(join(home, 'files', 'named'), 'utf8')).toBe('two')
    expect(existsSync(join(home, 'todo.txt'))).toBe(false)
    expect(server.requests.map(({ url }) => url)).toEqual(['/a', '/b', '/b', '/b'])
    expect(server.requestsFor('/b').map((request) => request.header('x-key'))).toEqual([
      '1',
      '1',
      '1',
    ])
  })

  it.runIf(has('flock'))(
    'run from cron, which has no terminal and next to no environment',
    async () => {
      await using server = await serve({ '/a': be.body('one') })
      const { run } = shell(listOf(server, '/a', '/missing'))
      const ran = await run(`env -i PATH="$PATH" sh <<'END'\n${recipe('From cron')}END\n`)
      const failure = `urls.txt:2: failed files/missing: ${server.origin}/missing: 404 not found\n`
      expect(ran).toEqual({ status: 8, stdout: '', stderr: failure })
    },
  )

  it.runIf(has('jq'))('ask jq', async () => {
    await using server = await serve({ '/a': be.body('one') })
    const { run } = shell(listOf(server, '/a', '/missing'))
    const ran = await run(recipe('Ask jq'))
    expect(ran.stdout).toBe(`GDL_ERR_STATUS ${server.origin}/missing\n`)
  })

  it('have a hook for each file', async () => {
    await using server = await serve({ '/a': be.body('one') })
    const { home, run } = shell(listOf(server, '/a'))
    expect(await run(recipe('A hook for each file'))).toEqual({ status: 0, stdout: '', stderr: '' })
    const sums = readFileSync(join(home, 'sums.txt'), 'utf8')
    expect(sums).toBe(`${sha256(Buffer.from('one'))}  files/a\n`)
  })

  it('tell what would be done, without a request', async () => {
    await using server = await serve({ '*': be.body('one') })
    const { home, run } = shell(listOf(server, '/a', '/b', '/c'))
    mkdirSync(join(home, 'files'))
    writeFileSync(join(home, 'files', 'b'), '')
    const ran = await run(recipe('What would be done'))
    expect(ran).toEqual({ status: 0, stdout: '2\n', stderr: '' })
    expect(server.requests).toEqual([])
  })
})

it('each recipe is run by a test', () => {
  const untried = [...recipes.keys()].filter((title) => !used.has(title))
  const needs = { jq: 'Ask jq', flock: 'From cron' }
  const excused = Object.entries(needs).flatMap(([program, title]) => (has(program) ? [] : [title]))
  expect(
    untried.filter((title) => process.platform !== 'win32' && !excused.includes(title)),
  ).toEqual([])
})
