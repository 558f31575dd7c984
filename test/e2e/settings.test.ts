/**
 * Settings and help as a user meets them: files, variables and secrets in runs of the real command, and
 * what is loaded to answer.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { flagsOf } from '../../src/cli/flags.ts'
import { ROWS } from '../../src/cli/options.ts'
import { body } from '../support/behaviours.ts'
import { runGdl } from '../support/run-gdl.ts'
import { serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A home with these files in it. */
function homeWith(files: Readonly<Record<string, string>>): string {
  const home = temporaryFolder()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(home, name, '..'), { recursive: true })
    writeFileSync(join(home, name), text)
  }
  return home
}

describe('a run with settings', () => {
  it('takes them from the files, the variables and the command line', async () => {
    await using server = await serve({ '*': body('abc') })
    const home = homeWith({
      '.config/gdl/config.toml': 'user-agent = "user"\ndir = "user"\nquiet = true\n',
      '.gdlrc.toml': 'user-agent = "folder"\ndir = "folder"\nheader = "@~/none"\n',
      'only.toml': 'header = "@~/token"\n',
      token: 'X-Token: hunter2\nX-More: 1\n',
      'urls.txt': `${server.origin}/a\n`,
    })
    const options = { cwd: home, env: { HOME: home, XDG_CONFIG_HOME: '', GDL_DIR: 'variable' } }
    const refused = await runGdl(['urls.txt'], options)
    expect(refused).toMatchObject({ status: 2, stdout: '' })
    expect(refused.stderr).toMatch(/^gdl: \.\/\.gdlrc\.toml:3: header: not in /)
    expect(server.connections).toBe(0)

    writeFileSync(join(home, '.gdlrc.toml'), 'user-agent = "folder"\ndir = "folder"\n')
    const ran = await runGdl(['urls.txt'], options)
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([0, '', ''])
    expect(readFileSync(join(home, 'variable/a'), 'utf8')).toBe('abc')
    expect(server.requests[0]!.headers).toContainEqual(['User-Agent', 'folder'])

    const only = await runGdl(['--config', 'only.toml', '-d', 'line', 'urls.txt'], options)
    expect([only.status, only.stderr]).toEqual([0, expect.stringMatching(/^downloaded /)])
    expect(readdirSync(join(home, 'line'))).toEqual(['a'])
    expect(server.requests[1]!.headers).toEqual(
      expect.arrayContaining([
        ['X-Token', 'hunter2'],
        ['X-More', '1'],
      ]),
    )
  })

  it('is stopped by a mistake before anything is sent', async () => {
    await using server = await serve({ '*': body('abc') })
    const cwd = homeWith({ '.gdlrc.toml': '\njosb = 3\n' })
    const ran = await runGdl([`${server.origin}/a`], { cwd })
    expect(ran).toMatchObject({ status: 2, stdout: '' })
    expect(ran.stderr).toBe(
      'gdl: ./.gdlrc.toml:2: no setting is called "josb": did you mean jobs?\n',
    )
    expect(server.connections).toBe(0)
  })
})

describe('a mistake in a file', () => {
  it('is told without what a terminal would obey', async () => {
    const cwd = homeWith({ '.gdlrc.toml': '"\\u001b[2J\\u009bjobs" = 3\n' })
    const { stderr } = await runGdl(['urls.txt'], { cwd })
    expect(stderr).toMatch(/^gdl: \.\/\.gdlrc\.toml:1: no setting is called ".*obs": .*\n$/)
    expect(stderr).not.toMatch(/[\u001b\u009b]/)
  })
})

describe('gdl alone', () => {
  it('tells what it takes, with status 2', async () => {
    const ran = await runGdl([])
    expect(ran).toMatchObject({ status: 2, stdout: '' })
    expect(ran.stderr).toBe(
      'gdl: no source: name a list of URLs (gdl urls.txt), a URL, or - for standard input\n' +
        'gdl: gdl --help tells more\n',
    )
  })

  it('does what it can to understand an option', async () => {
    const ran = await runGdl(['--per-hots', '3', 'urls.txt'])
    expect(ran).toMatchObject({ status: 2, stdout: '' })
    expect(ran.stderr).toBe("gdl: unknown option '--per-hots'\n(Did you mean --per-host?)\n")
  })
})

describe('completion', () => {
  it('prints a script, and leaves a list of that name within reach', async () => {
    const script = await runGdl(['completion', 'bash'])
    expect(script).toMatchObject({ status: 0, stderr: '' })
    expect(script.stdout).toMatch(/^complete -F _gdl gdl$/m)
    const cwd = homeWith({ completion: '# an empty list\n' })
    const list = await runGdl(['./completion'], { cwd })
    expect(list).toMatchObject({ status: 0, stdout: '' })
    expect(list.stderr).toContain('the list is empty')
    const bare = await runGdl(['completion'], { cwd })
    expect(bare).toMatchObject({ status: 2, stdout: '' })
    expect(bare.stderr).toContain('a list of that name is ./completion')
  })
})

describe('docs/settings.md', () => {
  const text = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8')
  const example = /^## Each key\n\n```toml\n([^]*?)^```$/m.exec(text)![1]!

  it('has an example of each key, and each is read', async () => {
    const keys = ROWS.filter((row) => row.part !== 'arguments').map((row) =>
      flagsOf(row).long.slice(2),
    )
    const shownKeys = [...example.matchAll(/^([\w-]+) = /gm)].map(([, key]) => key)
    expect(new Set(shownKeys)).toEqual(new Set(keys))
    const cwd = homeWith({ 'all.toml': example })
    const ran = await runGdl(['--config', 'all.toml', '--show-config'], { cwd })
    expect([ran.status, ran.stderr]).toEqual([0, ''])
    const origins = ran.stdout.trimEnd().split('\n')
    expect(origins.filter((line) => !/ # all\.toml:\d+$/.test(line))).toEqual([])
  })

  it('tells what --show-config tells', async () => {
    const cwd = homeWith({ '.gdlrc.toml': '\nheader = "X: 1"\n' })
    const ran = await runGdl(['-j', '8', '--show-config'], { cwd, env: { GDL_TIMEOUT: '90' } })
    const told = /^\$ GDL_TIMEOUT=90 .*\n([^]*?)^```$/m.exec(text)![1]!
    for (const line of told
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '…')) {
      expect(ran.stdout).toContain(`${line}\n`)
    }
  })
})

/** What V8 tells of one script: how often each function was called. */
interface ScriptCoverage {
  readonly url: string
  readonly functions: readonly {
    readonly functionName: string
    readonly ranges: readonly { readonly count: number }[]
  }[]
}

describe('an answer without a download', () => {
  it.each([
    [['--help']],
    [['--version', '-q']],
    [['completion', 'zsh']],
    [['--show-config']],
    [[]],
  ])('to %j loads neither HTTP nor bars nor TOML', async (args) => {
    const coverage = temporaryFolder()
    await runGdl(args, { cwd: temporaryFolder(), env: { NODE_V8_COVERAGE: coverage } })
    const [report] = readdirSync(coverage).map((name) => readFileSync(join(coverage, name), 'utf8'))
    const { result } = JSON.parse(report!) as { result: ScriptCoverage[] }
    // In the bundle each module is a function of its name, which runs when it is loaded.
    const loaded = result
      .find(({ url }) => url.endsWith('command.cjs'))!
      .functions.filter(({ ranges }) => ranges[0]!.count > 0)
      .map(({ functionName }) => functionName)
    expect(loaded).toContain('../../../commander/lib/command.js')
    const wanted = /\/(?:undici|cli-progress|smol-toml)\//
    expect(loaded.filter((name) => wanted.test(name))).toEqual([])
  })
})
