import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { serve } from '../support/server.ts'
import { gdl, gdlInShell, SUMMARY } from './gdl.ts'

const content = bytes(100_000, 'output')

describe('what is printed', () => {
  it('is a line for each end and the summary, on standard error, without escape codes', async () => {
    await using server = await serve({ '/good': be.body(content) })
    const list = `${server.origin}/good\n${server.origin}/missing\n`
    for (const args of [[], ['--progress', 'plain']]) {
      const ran = await gdl([...args, 'urls.txt'], { list, env: { FORCE_COLOR: '1' } })
      expect(ran.status).toBe(8)
      expect(ran.stdout).toBe('')
      expect(ran.lines).toHaveLength(3)
      expect(ran.lines.join('\n')).toMatch(
        /^downloaded {2}out\/good {2}97\.7 KiB in .* \(.*\/s\)$/m,
      )
      expect(ran.lines.join('\n')).toMatch(/^urls\.txt:2: failed out\/missing: .*404 not found$/m)
      expect(ran.lastLine).toMatch(SUMMARY)
      expect(ran.lastLine).toMatch(/^1 downloaded, 0 present, 1 failed, 97\.7 KiB in /)
      expect(ran.stderr.endsWith('\n')).toBe(true)
      expect(ran.stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/)
    }
  })

  it('is nothing with --quiet, but for what failed', async () => {
    await using server = await serve({ '/good': be.body(content) })
    const quiet = await gdl(['-q', `${server.origin}/good`])
    expect([quiet.status, quiet.stdout, quiet.stderr]).toEqual([0, '', ''])
    const failed = await gdl(['-q', `${server.origin}/good`, `${server.origin}/missing`])
    expect(failed.status).toBe(8)
    expect(failed.lines).toEqual([
      expect.stringMatching(/^failed {6}out\/missing: .*404 not found/),
    ])
  })

  it('is what failed and the summary with --progress none', async () => {
    await using server = await serve({ '/good': be.body(content) })
    const ran = await gdl([
      '--progress',
      'none',
      `${server.origin}/good`,
      `${server.origin}/missing`,
    ])
    expect(ran.lines).toEqual([
      expect.stringMatching(/^failed/),
      expect.stringMatching(/^1 downloaded, 0 present, 1 failed/),
    ])
  })

  it('is more with --verbose: starts, tries and redirects', async () => {
    await using server = await serve({
      '/start': be.redirect(302, '/good'),
      '/good': be.failing(1, be.status(503), be.body(content)),
    })
    const ran = await gdl(['-v', `${server.origin}/start`])
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.stderr).toMatch(/^start +#1 out\/start {2}http:/m)
    expect(ran.stderr).toMatch(/^ +#1 302 to http:.*\/good$/m)
    expect(ran.stderr).toMatch(/^retry +#1 try 1 failed, next in .*503/m)
  })

  it('is no reason to fail when nobody reads it', async () => {
    await using server = await serve((path) => be.late(20, be.body(path)))
    const urls = Array.from({ length: 30 }, (_, at) => `${server.origin}/${at}`)
    const ran = await gdlInShell('"$@" 2>&1 >/dev/null | head -n 1', ['-j', '2', ...urls])
    expect(ran.files).toHaveLength(30)
  })

  it('are bars on a terminal, and the summary stays below them', async () => {
    // util-linux's `script` gives a terminal; where it is not, the bars have their own tests.
    const hasScript = String(spawnSync('script', ['--version']).stdout).includes('util-linux')
    if (!hasScript) return
    await using server = await serve({ '*': be.drip(content, { pieceBytes: 20_000, everyMs: 30 }) })
    const urls = ['one', 'two', 'three'].map((name) => `${server.origin}/${name}`)
    const script = `for word; do printf "'%s' " "$word"; done > command; TERM=xterm script -qec ". ./command" typescript >/dev/null </dev/null`
    const ran = await gdlInShell(script, urls)
    const typescript = readFileSync(join(ran.home, 'typescript'), 'utf8')
    expect(ran.status, typescript).toBe(0)
    expect(ran.files).toEqual(['one', 'three', 'two'])
    // Cursor movements, and at the end a plain summary on a line of its own, the cursor shown again.
    expect(typescript).toMatch(/\x1b\[/)
    const plain = typescript.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').split(/[\r\n]+/)
    expect(plain.some((line) => SUMMARY.test(line))).toBe(true)
    expect(typescript.lastIndexOf('\x1b[?25h')).toBeGreaterThanOrEqual(
      typescript.lastIndexOf('\x1b[?25l'),
    )
  })
})

describe('--help and --version', () => {
  it('answer on standard output, and send nothing', async () => {
    const help = await gdl(['--help'])
    expect([help.status, help.stderr]).toEqual([0, ''])
    expect(help.stdout).toMatch(/Usage: gdl \[options\] <source>\.\.\./)
    for (const option of ['--dir', '--jobs', '--retries', '--header', '--if-exists', '--quiet']) {
      expect(help.stdout).toContain(option)
    }
    expect(help.stdout.split('\n').every((line) => line.length <= 80)).toBe(true)
    const { version } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { version: string }
    for (const args of [['--version'], ['-V'], ['-q', '--version']]) {
      const ran = await gdl(args)
      expect([ran.status, ran.stdout, ran.stderr]).toEqual([0, `${version}\n`, ''])
    }
  })

  it('win over what is wrong elsewhere', async () => {
    const ran = await gdl(['--help', '--unknown'])
    expect(ran.status).toBe(0)
  })
})
