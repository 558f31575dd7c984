import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { beginGdl, gdl, gdlInShell, seen } from './gdl.ts'

type Line = Record<string, unknown> & { readonly event: string; readonly time: string }

/** The events of standard output, each line checked to be one, without their times. */
function eventsOf(stdout: string): Record<string, unknown>[] {
  expect(stdout.endsWith('\n')).toBe(true)
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => {
      const { time, ...event } = JSON.parse(line) as Line
      expect(new Date(time).toISOString()).toBe(time)
      expect(Object.keys(event)[0]).toBe('event')
      return event
    })
}

const RUN = { event: 'run', schema: 1, version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string }
const some = expect.any(Number) as number

describe('--json', () => {
  it('tells what happened, from run to summary, in fixed fields', async () => {
    const content = bytes(60_000, 'json')
    await using server = await serve({
      '/good': be.failing(1, be.status(503), be.drip(content, { pieceBytes: 5000, everyMs: 120 })),
      '/unknown': be.chunkedBody(content, { pace: { pieceBytes: 5000, everyMs: 120 } }),
    })
    const url = (path: string): string => server.origin + path
    const list = `${url('/good')}\n${url('/missing')}\n${url('/unknown')}\nnonsense\n`
    const ran = await gdl(['--json', '-q', '--retry-delay', '1ms', 'urls.txt'], { list })
    expect(ran.status).toBe(2)
    const events = eventsOf(ran.stdout)
    expect(events[0]).toEqual(RUN)
    expect(events.at(-1)).toEqual({
      event: 'summary',
      downloaded: 2,
      present: 0,
      failed: 2,
      bytes: some,
      seconds: some,
      exit: 2,
    })
    const of = (id: number): unknown[] => events.filter((event) => event['id'] === id)
    const progress = (id: number, total: number | null) =>
      expect.objectContaining({ event: 'progress', id, bytes: some, total, speed: some }) as object
    const done = { bytes: 60_000, seconds: some, status: 'downloaded' }
    const [begun, retried, ...others] = of(1)
    const end = others.pop()
    expect(others.length).toBeGreaterThan(0)
    expect(others).toEqual(others.map(() => progress(1, 60_000)))
    expect([begun, retried, end]).toEqual([
      { event: 'start', id: 1, url: url('/good'), path: 'out/good' },
      {
        event: 'retry',
        id: 1,
        url: url('/good'),
        attempt: 1,
        delay: some,
        error: { code: 'GDL_ERR_STATUS', message: expect.stringContaining('503'), status: 503 },
      },
      { event: 'done', id: 1, url: url('/good'), path: 'out/good', attempts: 2, ...done },
    ])
    expect(of(2).at(-1)).toEqual({
      event: 'fail',
      id: 2,
      url: url('/missing'),
      path: 'out/missing',
      attempts: 1,
      error: { code: 'GDL_ERR_STATUS', message: `${url('/missing')}: 404 not found`, status: 404 },
      source: 'urls.txt:2',
    })
    expect(of(3)).toContainEqual(progress(3, null))
    // No path was given to it, and no server answered.
    expect(of(4)).toEqual([
      {
        event: 'fail',
        id: 4,
        url: 'nonsense',
        attempts: 0,
        error: { code: 'GDL_ERR_ENTRY', message: expect.stringContaining('not a URL') },
        source: 'urls.txt:4',
      },
    ])
  })

  it('has files that are there as done, and asks nobody', async () => {
    await using server = await serve({ '*': be.body('x') })
    const home = temporaryFolder()
    const args = ['--json', `${server.origin}/a`]
    await gdl(args, { home })
    const ran = await gdl(args, { home })
    expect(eventsOf(ran.stdout).slice(1, -1)).toMatchObject([{ event: 'done', status: 'present' }])
    expect([ran.status, server.requests.length]).toEqual([0, 1])
  })

  it('is run and summary for an empty list, and for one that is not there', async () => {
    const empty = await gdl(['--json', '-q', '-'])
    expect(eventsOf(empty.stdout)).toMatchObject([RUN, { event: 'summary', exit: 0 }])
    const missing = await gdl(['--json', 'no-such-list'])
    expect(eventsOf(missing.stdout)).toMatchObject([RUN, { event: 'summary', exit: 2 }])
    expect(missing.lines).toEqual([expect.stringContaining('no such file')])
  })

  it('is asked for alone: two uses of standard output are refused', async () => {
    for (const args of [
      ['--json', '--print', 'path', 'x'],
      ['--json', '-o', '-', 'x'],
    ]) {
      const ran = await gdl(args)
      expect(ran.status, args.join(' ')).toBe(2)
      expect(eventsOf(ran.stdout)).toMatchObject([RUN, { event: 'summary', exit: 2 }])
      expect(ran.stderr).toMatch(/^gdl: --json and /)
    }
  })

  it('is not printed unless asked for, when the command line is wrong', async () => {
    for (const args of [
      ['--unknown', 'x'],
      ['--print0', '-o', '-', 'x'],
      ['--print', 'size', 'x'],
    ]) {
      const ran = await gdl(args)
      expect([ran.status, ran.stdout], args.join(' ')).toEqual([2, ''])
      expect(ran.stderr).toMatch(/^gdl: /)
    }
  })

  it.runIf(process.platform !== 'win32').each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends with its summary after %s', async (signal, status) => {
    await using server = await serve({ '/good': be.body('x'), '*': be.silence() })
    const args = ['--json', `${server.origin}/good`, `${server.origin}/silent`]
    const started = beginGdl(args)
    await started.until((_, stdout) => stdout.includes('"done"'))
    started.signal(signal)
    const ran = await started.ran
    expect(ran.status).toBe(status)
    const last = eventsOf(ran.stdout).at(-1)
    expect(last).toMatchObject({ event: 'summary', downloaded: 1, failed: 0, exit: status })
  })

  it('hides what is secret in URLs', async () => {
    await using server = await serve({ '*': be.body('x') })
    const { host } = new URL(server.origin)
    const ran = await gdl(['--json', `http://me:pw@${host}/a?token=abc`])
    expect(ran.stdout).not.toMatch(/pw@|abc/)
  })
})

describe.runIf(process.platform !== 'win32')('a slow reader of standard output', () => {
  const urls = (origin: string, count: number): string =>
    Array.from({ length: count }, (_, at) => `${origin}/${'long-'.repeat(30)}${at}\n`).join('')

  it('gets every event, though the process has nothing else to do', async () => {
    await using server = await serve(() => be.body('x'))
    // With both streams in one pipe, Node sets that to not block.
    const script = `"$@" 2>&1 | { sleep 1; cat; }`
    const list = join(temporaryFolder(), 'list')
    writeFileSync(list, urls(server.origin, 1000))
    const ran = await gdlInShell(script, ['-q', '--json', list])
    const events = eventsOf(ran.stdout)
    expect(events).toHaveLength(2002)
    expect(events.at(-1)).toMatchObject({ event: 'summary', downloaded: 1000, exit: 0 })
  })

  it('holds the run back when too much is unread, and is not needed to end it', async () => {
    await using server = await serve(() => be.body('x'))
    const started = beginGdl(['-q', '--json', 'urls.txt'], { list: urls(server.origin, 2500) })
    started.child.stdout!.pause()
    // Some 900 bytes a download: after a mebibyte and the pipe's own 64 KiB nothing more begins.
    let before = -1
    await seen(() => server.requests.length > 500)
    while (before !== server.requests.length) {
      before = server.requests.length
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    expect(before).toBeLessThan(2000)
    started.child.stdout!.resume()
    const ran = await started.ran
    expect(eventsOf(ran.stdout)).toHaveLength(5002)
  })
})

describe('--json where there is no run', () => {
  it.each([
    ['an unknown option', ['--jbos', '3', 'http://127.0.0.1:1/']],
    ['a value of no use', ['-j', '0', 'http://127.0.0.1:1/']],
    ['no source', []],
    ['no file of settings', ['--config', 'nothing', 'http://127.0.0.1:1/']],
    ['no file of checksums', ['--checksums', 'nothing', 'http://127.0.0.1:1/']],
    ['no such list', ['nothing.txt']],
    ['a URL of no use', ['ftp://a.example/']],
  ])('begins and ends all the same: %s', async (_, args) => {
    const ran = await gdl(['--json', ...args])
    expect(ran.status).toBe(2)
    expect(ran.lines[0]).toMatch(/^gdl: /)
    const nothing = { downloaded: 0, present: 0, failed: 0, bytes: 0, seconds: some }
    expect(eventsOf(ran.stdout)).toEqual([RUN, { event: 'summary', ...nothing, exit: 2 }])
  })

  it('has nothing to tell of --help, nor of an argument that only looks like it', async () => {
    expect((await gdl(['--json', '--help'])).stdout).toMatch(/^Usage: gdl/)
    expect((await gdl(['--jbos', '--', '--json'])).stdout).toBe('')
  })
})
