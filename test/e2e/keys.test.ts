// Keys on a real pseudo-terminal, which tmux has: what they do, and how the terminal is left.
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { gdlCommand, nodeBinary } from '../support/run-gdl.ts'
import { serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const hasTmux = spawnSync('tmux', ['-V']).status === 0
const socket = `gdl-keys-${process.pid}`
const tmux = (...args: string[]): string =>
  execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' })
const press = (...keys: string[]): void => void tmux('send-keys', ...keys)
const shown = (): string => tmux('capture-pane', '-p', '-S', '-')

async function until(test: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000
  while (!test()) {
    if (performance.now() > deadline) throw new Error(`in vain: ${test.toString()}\n${shown()}`)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

const content = bytes(4_000_000, 'keys')
const slow = be.file(content, { etag: '"1"', pace: { pieceBytes: 20_000, everyMs: 50 } })

/** Starts a shell in a window of its own, and gives its folder. */
function openShell(): string {
  const folder = temporaryFolder()
  const shell = 'env PS1="$ " LC_ALL=C.UTF-8 CI= sh'
  tmux('new-session', '-d', '-x', '100', '-y', '30', '-c', folder, shell)
  type('stty -g >before')
  return folder
}

function type(line: string): void {
  press('-l', line)
  press('Enter')
}

/** The gdl of a shell, with the status told at its end and whether the terminal is as it was. */
function typeGdl(...args: readonly string[]): void {
  const gdl = [nodeBinary, gdlCommand, ...args].join(' ')
  type(`${gdl}; echo "status=$?"; stty -g | cmp - before && echo same`)
}

async function ended(status: number): Promise<void> {
  await until(() => shown().includes(`\nstatus=${status}\nsame\n`))
}

describe.runIf(hasTmux)('keys on a terminal', () => {
  afterAll(() => spawnSync('tmux', ['-L', socket, 'kill-server']))

  it('pauses, goes on, changes how many are at once and how fast, tries again, and stops', async () => {
    const again = be.inTurn(be.status(404), be.body('again'))
    await using server = await serve({ '/slow': slow, '/again': again })
    const folder = openShell()
    typeGdl('-j', '2', `${server.origin}/slow`, `${server.origin}/again`)
    await until(() => shown().includes('failed      again'))
    press('p')
    await until(() => shown().includes('gdl: paused') && /files.* paused/.test(shown()))
    press('p')
    await until(() => shown().includes('gdl: going on'))
    press('+')
    await until(() => shown().includes('gdl: downloads at once: 3'))
    press('l')
    await until(() => shown().includes('gdl: limit: 10.0 MiB/s'))
    press('r')
    await until(() => shown().includes('trying again: 1') && shown().includes('downloaded  again'))
    press('?')
    await until(() => shown().includes('q stop'))
    press('p')
    press('q')
    await ended(130)
    expect(readdirSync(folder)).toContain('slow.gdl.part')
  }, 40_000)

  it('lets Ctrl-C end it', async () => {
    await using server = await serve({ '/slow': slow })
    openShell()
    typeGdl(`${server.origin}/slow`)
    await until(() => /^0\/1 files/m.test(shown()))
    press('C-c')
    await ended(130)
  }, 40_000)

  it('lets Ctrl-Z stop it, takes keys again at fg, and lets Ctrl-\\ end it', async () => {
    await using server = await serve({ '/slow': slow })
    openShell()
    typeGdl(`${server.origin}/slow`)
    await until(() => /^0\/1 files/m.test(shown()))
    press('C-z')
    await until(() => /\nsame\n/.test(shown()) && shown().includes('Stopped'))
    type('fg; stty -g | cmp - before && echo "again the same"')
    await until(() => /^0\/1 files/m.test(shown()))
    press('-')
    await until(() => shown().includes('gdl: downloads at once: 15'))
    press('C-\\')
    await until(() => shown().includes('\nagain the same\n'))
  }, 40_000)

  it('takes no keys with --no-keys', async () => {
    await using server = await serve({ '/slow': slow })
    openShell()
    typeGdl('--no-keys', `${server.origin}/slow`)
    await until(() => /^0\/1 files/m.test(shown()))
    press('q', 'C-c')
    await ended(130)
    expect(shown()).not.toContain('gdl: stopping')
  }, 40_000)

  it('takes none from a list that is typed', async () => {
    await using server = await serve({ '/quick': be.body('quick') })
    openShell()
    typeGdl('-')
    type(`${server.origin}/quick`)
    press('C-d')
    await ended(0)
  }, 40_000)
})
