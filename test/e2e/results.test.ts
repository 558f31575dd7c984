import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { beginGdl, filesIn, gdl, gdlInShell, seen } from './gdl.ts'

describe('--print', () => {
  it('is a line for each file that is there, of the fields that were asked for', async () => {
    await using server = await serve({ '/a': be.body('123'), '/b': be.body('x') })
    const home = temporaryFolder()
    const urls = [`${server.origin}/a`, `${server.origin}/missing`]
    const ran = await gdl(['--print', 'path', ...urls], { home })
    expect([ran.status, ran.stdout]).toEqual([8, 'out/a\n'])
    const again = await gdl(['--print', 'id,url,bytes,attempts,status', urls[0]!], { home })
    expect(again.stdout).toBe(`1\t${urls[0]}\t0\t0\tpresent\n`)
    const zero = await gdl(['--print0', `${server.origin}/b`], { home })
    expect(zero.stdout).toBe('out/b\0')
    const both = await gdl(['--print0', '--print', 'status', `${server.origin}/b`], { home })
    expect(both.stdout).toBe('present\0')
  })

  it.runIf(process.platform !== 'win32')('ends the run with 141 when nobody reads', async () => {
    await using server = await serve((path) => (path === '/1' ? be.body('x') : be.silence()))
    const urls = ['/1', '/2'].map((path) => server.origin + path)
    const script = `{ "$@"; echo "status $?" >&2; } | head -n 1`
    const ran = await gdlInShell(script, ['-q', '--print', 'url', `${server.origin}/1`])
    expect(ran.stdout).toBe(`${urls[0]}\n`)
    // It is there before the reader has gone; what comes later finds out.
    const broken = await gdlInShell(`{ "$@"; echo "status $?" >&2; } | true`, [
      '-q',
      '--json',
      ...urls,
    ])
    expect(broken.stderr).toBe('status 141\n')
  })

  it.runIf(existsSync('/dev/full'))('fails with status 3 when the disk is full', async () => {
    await using server = await serve({ '*': be.body('x') })
    const ran = await gdlInShell('exec "$@" > /dev/full', ['-q', '--json', `${server.origin}/x`])
    expect([ran.status, ran.stderr]).toEqual([3, 'gdl: error: standard output: the disk is full\n'])
  })
})

describe('--help to a reader that has gone', () => {
  it.runIf(process.platform !== 'win32')('is no error', async () => {
    for (const option of ['--help', '--version']) {
      const ran = await gdlInShell(`{ "$@"; echo "status $?" >&2; } | true`, [option])
      expect(ran.stderr).toBe('status 0\n')
    }
  })
})

describe('--failed', () => {
  const settings = '  out=named\n  dir=folder\n  header=X-Key: secret\n'

  it('is a list of what failed, with its settings and the lines of no use', async () => {
    await using server = await serve({ '/good': be.body('x') })
    const list = `${server.origin}/good\n${server.origin}/a\t${server.origin}/b\n${settings}nonsense\n`
    const ran = await gdl(['-q', '--failed', 'failed', 'urls.txt'], { list })
    expect(ran.besides).toEqual(['failed'])
    const text = readFileSync(join(ran.home, 'failed'), 'utf8')
    expect(
      text.startsWith(`${server.origin}/a\t${server.origin}/b\n${settings}# urls.txt:6: `),
    ).toBe(true)
    if (process.platform !== 'win32') {
      expect(statSync(join(ran.home, 'failed')).mode & 0o777).toBe(0o600)
    }
    const again = await gdl(['-q', '--failed', 'failed', 'failed'], { home: ran.home })
    // What succeeded is not in it, and what failed still does.
    expect(server.requestsFor('/good')).toHaveLength(1)
    expect(again.stderr).toMatch(/^failed:1: failed out\/folder\/named: .*404/m)
    expect(server.requestsFor('/b').map((request) => request.header('x-key'))).toEqual([
      'secret',
      'secret',
    ])
  })

  it('is not there when nothing failed, and an old one neither', async () => {
    await using server = await serve({ '*': be.body('x') })
    const home = temporaryFolder()
    for (const old of [false, true]) {
      if (old) writeFileSync(join(home, 'failed'), 'old\n')
      const ran = await gdl(['--failed', 'failed', `${server.origin}/x`], { home })
      expect([ran.status, ran.besides]).toEqual([0, []])
    }
    writeFileSync(join(home, 'failed'), 'old\n')
    const wrong = await gdl(['--failed', 'failed', 'no-such-list'], { home })
    expect([wrong.status, wrong.besides]).toEqual([2, ['failed']])
  })

  it('has after a signal what was not finished, and what was not read', async () => {
    if (process.platform === 'win32') return
    await using server = await serve({ '/good': be.body('x'), '*': be.silence() })
    const urls = ['/good', '/silent', '/queued', '/later'].map((path) => server.origin + path)
    // The second source never comes to its end, so the third is not read.
    const home = temporaryFolder()
    writeFileSync(join(home, 'later'), `${urls[3]}\n`)
    const started = beginGdl(['-j', '1', '--failed', 'f', 'urls.txt', '-', 'later'], {
      list: urls
        .slice(0, 3)
        .map((url) => `${url}\n`)
        .join(''),
      home,
      inputStaysOpen: true,
    })
    await seen(() => server.requestsFor('/silent').length === 1)
    started.signal('SIGINT')
    const ran = await started.ran
    expect(ran.status).toBe(130)
    expect(readFileSync(join(home, 'f'), 'utf8')).toBe(
      urls
        .slice(1)
        .map((url) => `${url}\n`)
        .join(''),
    )
  })

  it('is an error with status 3 where it cannot be written', async () => {
    const ran = await gdl(['-q', '--failed', 'no/such/folder', 'http://127.0.0.1:1/x', '-r', '0'])
    expect(ran.status).toBe(3)
    expect(ran.stderr).toMatch(/^gdl: error: --failed no\/such\/folder: ENOENT$/m)
  })
})

describe('--dry-run', () => {
  it('names what would be done, and leaves everything alone', async () => {
    await using server = await serve({ '*': be.body('x') })
    const list = `${server.origin}/a\n${server.origin}/b\nnonsense\n`
    const hook = ['--on-done', 'touch done', '--on-fail', 'touch fail', '--failed', 'failed']
    const ran = await gdl(['--dry-run', '--print', 'path', ...hook, 'urls.txt'], { list })
    expect([ran.status, ran.stdout, ran.files, ran.besides]).toEqual([2, '', [], []])
    expect(ran.lines.slice(0, 3)).toEqual([
      `would get   out/a  ${server.origin}/a`,
      `would get   out/b  ${server.origin}/b`,
      expect.stringMatching(/^urls\.txt:3: failed/),
    ])
    expect(ran.lastLine).toMatch(/^0 downloaded, 0 present, 1 failed, 0 B in /)
    expect(existsSync(join(ran.home, 'out'))).toBe(false)
    expect(server.requests).toEqual([])
  })
})

describe.runIf(process.platform !== 'win32')('--on-done and --on-fail', () => {
  const dump = (name: string): string =>
    `sh -uc 'printf "%s|" "$GDL_URL" "$GDL_PATH" "$GDL_BYTES" "$GDL_STATUS" "$GDL_ERROR" >> ${name}; echo told'`

  it('are run for each end, with what it was in their environment, before the summary', async () => {
    await using server = await serve({ '/$(x) y': be.body('123'), '*': be.status(404) })
    await using odd = await serve((path) => (path === '/$(x)%20y' ? be.body('123') : undefined))
    const args = ['-q', '--on-done', dump('done'), '--on-fail', dump('fail')]
    const ran = await gdl([...args, `${odd.origin}/$(x)%20y`, `${server.origin}/no`])
    expect([ran.status, ran.stdout]).toEqual([8, ''])
    expect(ran.lines.filter((line) => line === 'told')).toHaveLength(2)
    const done = readFileSync(join(ran.home, 'done'), 'utf8')
    expect(done).toBe(`${odd.origin}/$(x)%20y|out/$(x) y|3|downloaded||`)
    const fail = readFileSync(join(ran.home, 'fail'), 'utf8')
    const error = `GDL_ERR_STATUS: ${server.origin}/no: 404 not found`
    expect(fail).toBe(`${server.origin}/no|out/no||failed|${error}|`)
  })

  it('are no more at once than --hook-jobs', async () => {
    await using server = await serve({ '*': be.body('x') })
    const urls = ['a', 'b', 'c', 'd', 'e'].map((name) => `${server.origin}/${name}`)
    // A folder is the lock: a second hook at the same time would not get it.
    const hook = `sh -c 'mkdir lock && sleep 0.05 && rmdir lock && echo x >> order'`
    const ran = await gdl(['--hook-jobs', '1', '--on-done', hook, ...urls])
    expect(ran.status, ran.stderr).toBe(0)
    expect(readFileSync(join(ran.home, 'order'), 'utf8')).toBe('x\n'.repeat(5))
  })

  it('that fail are told of, and make the status 1', async () => {
    await using server = await serve({ '*': be.body('x') })
    for (const [hook, reason] of [
      ['false', 'it ended with status 1'],
      ["sh -c 'kill -9 $$'", 'it ended with SIGKILL'],
      ['no-such-program', 'spawn no-such-program ENOENT'],
    ]) {
      const ran = await gdl(['-q', '--on-done', hook!, `${server.origin}/x`])
      expect([ran.status, ran.stderr, ran.files]).toEqual([
        1,
        `gdl: error: --on-done for out/x: ${reason}\n`,
        ['x'],
      ])
    }
    const unusable = await gdl(['--on-done', `sh -c 'x`, `${server.origin}/x`])
    expect(unusable.status).toBe(2)
  })

  it('are ended by a signal to gdl, and those that wait are not begun', async () => {
    await using server = await serve({ '*': be.body(bytes(10)) })
    const hook = `sh -c 'trap "echo ended >> log; exit 1" TERM; echo begun >> log; while :; do sleep 0.02; done'`
    const urls = [`${server.origin}/a`, `${server.origin}/b`]
    const started = beginGdl(['--hook-jobs', '1', '--on-done', hook, ...urls])
    await seen(() => filesIn(started.home).includes('log'))
    started.signal('SIGINT')
    const ran = await started.ran
    expect(ran.status, ran.stderr).toBe(130)
    expect(readFileSync(join(ran.home, 'log'), 'utf8')).toBe('begun\nended\n')
  })
})
