/**
 * The scripts are tried in the shells themselves. bash and zsh complete for someone who types: `script`
 * gives them a terminal. fish tells its completions by a command.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { completionFor } from '../../src/cli/completion.ts'
import { flagsOf } from '../../src/cli/flags.ts'
import { ROWS } from '../../src/cli/options.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const has = (tool: string): boolean => spawnSync(tool, ['--version']).error === undefined

/** A folder to complete in, with the script. */
function prepare(shell: string): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'pictures old'))
  writeFileSync(join(folder, 'pinned.pem'), '')
  writeFileSync(join(folder, 'a list.txt'), '')
  writeFileSync(join(folder, 'script'), completionFor(shell))
  return folder
}

/** What the words become that someone types, with a tab at their end, in an interactive shell. */
async function typed(shell: string, words: string): Promise<string> {
  const folder = prepare(shell)
  const starts: Record<string, string> = {
    bash: 'bash --norc --noprofile -i',
    zsh: 'zsh -f -i',
  }
  const child = spawn('script', ['-qefc', starts[shell]!, '/dev/null'], {
    cwd: folder,
    env: { ...process.env, TERM: 'dumb', PS1: '', HISTFILE: '/dev/null' },
  })
  let screen = ''
  child.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()))
  const said = async (text: string): Promise<void> => {
    const deadline = performance.now() + 15_000
    while (!screen.includes(text)) {
      if (performance.now() > deadline) throw new Error(`no ${text} in:\n${screen}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  try {
    // The line as it is drawn is full of cursor movements: a function shows what came of it.
    const ready = shell === 'zsh' ? 'autoload -Uz compinit; compinit -D -u; ' : ''
    child.stdin.write(
      `${ready}source ./script; gdl() { printf '<%s>' "$@"; echo " en""d"; }; echo rea""dy\n`,
    )
    await said('ready')
    child.stdin.write(`gdl ${words}\t\n`)
    await said(' end')
    return /((?:<[^<>]*>)+) end/.exec(screen)![1]!
  } finally {
    child.stdin.end()
    child.kill('SIGKILL')
  }
}

const TYPED: readonly (readonly [words: string, become: string])[] = [
  ['--if-ex', '<--if-exists'],
  ['--if-exists over', '<--if-exists><overwrite>'],
  ['--progress=pl', '<--progress=plain>'],
  ['-d pi', '<-d><pictures old'],
  ['--dir=pi', '<--dir=pictures old'],
  ['--cacert pin', '<--cacert><pinned.pem>'],
  ['-q a', '<-q><a list.txt>'],
  ['compl', '<completion>'],
  ['expl', '<explain>'],
  ['completion z', '<completion><zsh>'],
]

describe.each(['bash', 'zsh'])('the completion of %s', (shell) => {
  it.for(TYPED)('makes of %s what is meant', async ([words, become], { skip }) => {
    skip(!has(shell) || !has('script'), `${shell} or script is not installed`)
    expect(await typed(shell, words)).toContain(become)
  })
})

describe('the completion of fish', () => {
  it.for<[string, string[]]>([
    ['--if-ex', ['--if-exists']],
    ['--if-exists over', ['overwrite']],
    ['-d pi', ['pictures old/']],
    ['--cacert pin', ['pinned.pem']],
    ['-q a', ['a list.txt']],
    ['compl', ['completion']],
    ['expl', ['explain']],
    ['completion z', ['zsh']],
  ])('offers for %s what is meant', ([words, offered], { skip }) => {
    skip(!has('fish'), 'fish is not installed')
    const folder = prepare('fish')
    const command = `source script; complete -C 'gdl ${words}'`
    const { stdout } = spawnSync('fish', ['--no-config', '-c', command], { cwd: folder })
    const lines = String(stdout).split('\n').slice(0, -1)
    expect(lines.map((line) => line.split('\t')[0])).toEqual(offered)
  })
})

describe('a completion script', () => {
  it.each(['bash', 'zsh', 'fish'])('for %s has every option', (shell) => {
    const script = completionFor(shell)
    for (const row of ROWS) {
      const { long } = flagsOf(row)
      expect(script).toContain(shell === 'fish' ? ` -l ${long.slice(2)} ` : long)
    }
  })

  it.for(['bash', 'zsh', 'fish'])('is one that %s reads', (shell, { skip }) => {
    skip(!has(shell), `${shell} is not installed`)
    const { stderr, status } = spawnSync(shell, ['-n', 'script'], { cwd: prepare(shell) })
    expect([status, String(stderr)]).toEqual([0, ''])
  })

  it('is refused for another shell', () => {
    expect(() => completionFor('tcsh')).toThrow('bash, zsh or fish')
    expect(() => completionFor('toString')).toThrow('bash, zsh or fish')
    expect(() => completionFor(undefined)).toThrow('bash, zsh or fish')
  })
})
