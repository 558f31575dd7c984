// The command on a real pseudo-terminal, which tmux has: what is on it when the process stops and ends.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { gdlCommand, nodeBinary } from '../support/run-gdl.ts'
import { gdl } from './gdl.ts'
import { serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const hasTmux = spawnSync('tmux', ['-V']).status === 0
const socket = `gdl-test-${process.pid}`
const tmux = (...args: string[]): string =>
  execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' })
const shown = (): string => tmux('capture-pane', '-p')
const cursor = (): string => tmux('display-message', '-p', '#{cursor_flag}').trim()

async function until(test: () => boolean, screen: () => string = shown): Promise<void> {
  const deadline = performance.now() + 15_000
  while (!test()) {
    if (performance.now() > deadline) throw new Error(`in vain: ${test.toString()}\n${screen()}`)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

describe.runIf(hasTmux)('on a terminal', () => {
  afterAll(() => spawnSync('tmux', ['-L', socket, 'kill-server']))

  it('leaves the terminal at Ctrl-Z, draws again at fg, and leaves it at SIGQUIT', async () => {
    const content = bytes(4_000_000, 'screen')
    await using server = await serve({
      '/slow': be.body(content, {}, { pieceBytes: 20_000, everyMs: 50 }),
    })
    const folder = temporaryFolder()
    tmux(
      'new-session',
      '-d',
      '-x',
      '80',
      '-y',
      '12',
      '-c',
      folder,
      'env PS1="$ " LC_ALL=C.UTF-8 CI= sh',
    )
    tmux('send-keys', `${nodeBinary} ${gdlCommand} --progress bars ${server.origin}/slow`, 'Enter')
    await until(() => /^0\/1 files/m.test(shown()) && cursor() === '0')
    tmux('send-keys', 'C-z')
    await until(() => shown().includes('Stopped') && cursor() === '1')
    expect(shown()).not.toMatch(/^0\/1 files/m)
    tmux('send-keys', 'fg', 'Enter')
    await until(() => /^0\/1 files/m.test(shown()) && cursor() === '0')
    tmux('send-keys', 'C-\\')
    await until(() => cursor() === '1' && !/^0\/1 files/m.test(shown()))
  }, 40_000)
  it.each([
    ['SIGINT', '', 130],
    ['SIGTERM', '', 143],
    ['SIGHUP', '', 129],
    ['an error that nobody caught', '--import ./crash.js', 1],
  ])(
    'leaves the terminal as it was found after %s',
    async (how, option, status) => {
      const pace = { pieceBytes: 20_000, everyMs: 50 }
      await using server = await serve({ '/slow': be.body(bytes(4_000_000, 'screen'), {}, pace) })
      const window = `after-${status}`
      const shell = 'env PS1="$ " LC_ALL=C.UTF-8 CI= sh'
      const folder = temporaryFolder()
      writeFileSync(join(folder, 'crash.js'), 'setTimeout(() => { throw new Error() }, 1000)')
      tmux('new-session', '-d', '-x', '80', '-y', '24', '-s', window, '-c', folder, shell)
      const pane = ['-t', window]
      const screen = (): string => tmux('capture-pane', '-p', ...pane)
      const isShown = (): boolean =>
        tmux('display-message', '-p', ...pane, '#{cursor_flag}').trim() === '1'
      const type = (line: string): string => tmux('send-keys', ...pane, line, 'Enter')
      const wait = (test: () => boolean): Promise<void> => until(test, screen)
      type('stty -g > before')
      const command = `${nodeBinary} ${option} ${gdlCommand} --progress bars ${server.origin}/slow`
      type(`sh -c 'echo $$ > pid; exec ${command}'; echo "was $?"`)
      await wait(() => /^0\/1 files/m.test(screen()) && !isShown())
      if (how.startsWith('SIG')) {
        const pid = readFileSync(join(folder, 'pid'), 'utf8')
        process.kill(Number(pid), how)
      }
      await wait(() => screen().includes(`was ${status}`) && isShown())
      expect(screen()).not.toMatch(/^0\/1 files/m)
      type('stty -g | cmp - before && echo "the same"')
      await wait(() => screen().includes('\nthe same'))
    },
    40_000,
  )
})

it("shows a command's output above the bars, by whole lines", async () => {
  await using server = await serve({ '/a': be.body('a') })
  const { stderr, status } = await gdl([
    '--progress',
    'bars',
    '--on-done',
    'echo hooked',
    `${server.origin}/a`,
  ])
  expect(status).toBe(0)
  expect(stderr).toMatch(/downloaded  out\/a .*\r\n[^]*hooked\r\n/)
})
