import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { beginGdl, filesIn, seen, SUMMARY } from './gdl.ts'

const long = bytes(600_000, 'signals')

// Windows has no such signals.
describe.runIf(process.platform !== 'win32')('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s stops the run, with its summary and status %i', async (signal, status) => {
    await using busy = await serve({ '*': be.status(503, { 'Retry-After': '1000' }) })
    await using server = await serve({
      '/done': be.body(long),
      '/stalled': be.stall(long, 400_000),
      '/dripping': be.drip(long, { pieceBytes: 20_000, everyMs: 20 }),
      '/silent': be.silence(),
      '/queued': be.body('x'),
    })
    const paths = ['done', 'stalled', 'dripping', 'silent', 'queued']
    const list = [`${busy.origin}/waiting`, ...paths.map((path) => `${server.origin}/${path}`)]
      .map((url) => `${url}\n`)
      .join('')
    const started = beginGdl(['--per-host', '3', '-v', 'urls.txt'], { list })
    await started.until((stderr) => /^downloaded/m.test(stderr) && /^retry/m.test(stderr))
    await seen(() => server.requestsFor('/silent').length === 1)
    await seen(() => filesIn(join(started.home, 'out')).includes('stalled.gdl.part'))
    started.signal(signal)
    const ran = await started.ran
    expect(ran.status, ran.stderr).toBe(status)
    expect(ran.signal).toBe(null)
    expect(ran.lastLine).toMatch(SUMMARY)
    expect(ran.lastLine).toMatch(/^1 downloaded, 0 present, 0 failed/)
    // Without validators, nothing that came is of use later; and no NAME is a partial file.
    expect(ran.files).toEqual(['done'])
    expect(ran.content('done').equals(long)).toBe(true)
    expect(ran.stderr).not.toMatch(/error|block forever|\n {2}at /)
    expect(server.requestsFor('/queued')).toEqual([])
  })

  it('stops a run in which nothing has come yet, or which waits for standard input', async () => {
    await using server = await serve({ '*': be.silence() })
    const silent = beginGdl([`${server.origin}/x`])
    await seen(() => server.requests.length === 1)
    silent.signal('SIGINT')
    const reading = beginGdl(['-', `${server.origin}/y`], { inputStaysOpen: true })
    reading.child.stdin!.write(`${server.origin}/z\n`)
    await seen(() => server.requestsFor('/z').length === 1)
    reading.signal('SIGINT')
    for (const ran of [await silent.ran, await reading.ran]) {
      expect(ran.status, ran.stderr).toBe(130)
      expect(ran.lastLine).toMatch(/^0 downloaded, 0 present, 0 failed/)
      expect(ran.files).toEqual([])
    }
  })

  it('SIGSTOP for longer than --timeout costs no try: what has come meanwhile is read first', async () => {
    await using server = await serve({ '/x': be.drip(long, { pieceBytes: 20_000, everyMs: 50 }) })
    const started = beginGdl(['--timeout', '500ms', `${server.origin}/x`])
    await seen(() => filesIn(join(started.home, 'out')).includes('x.gdl.part'))
    started.signal('SIGSTOP')
    // Longer than the timeout, and the server goes on sending.
    await new Promise((resolve) => setTimeout(resolve, 900))
    started.signal('SIGCONT')
    const ran = await started.ran
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.content('x').equals(long)).toBe(true)
    expect(server.requests.length).toBe(1)
  })

  it('in the middle of many writes leaves whole files alone', async () => {
    const pace = { pieceBytes: 100_000, everyMs: 1 }
    await using server = await serve((path) =>
      path.startsWith('/small') ? be.late(5, be.body(bytes(2000, path))) : be.drip(long, pace),
    )
    const paths = [
      ...Array.from({ length: 20 }, (_, at) => `/large-${at}`),
      ...Array.from({ length: 400 }, (_, at) => `/small-${at}`),
    ]
    const list = paths.map((path) => `${server.origin}${path}\n`).join('')
    const started = beginGdl(['urls.txt'], { list })
    await started.until((stderr) => (stderr.match(/^downloaded/gm)?.length ?? 0) > 20)
    started.signal('SIGINT')
    const ran = await started.ran
    expect(ran.status, ran.stderr.slice(-1000)).toBe(130)
    const count = Number(/^(\d+) downloaded/.exec(ran.lastLine)?.[1])
    expect(ran.files).toHaveLength(count)
    for (const name of ran.files) {
      const expected = name.startsWith('small') ? bytes(2000, `/${name}`) : long
      expect(ran.content(name).equals(expected), name).toBe(true)
    }
  })

  it('that comes twice ends the run at once', async () => {
    await using server = await serve({ '*': be.stall(long, 400_000) })
    const list = Array.from({ length: 10 }, (_, at) => `${server.origin}/${at}\n`).join('')
    const started = beginGdl(['urls.txt'], { list })
    await seen(() => filesIn(join(started.home, 'out')).length === 20)
    started.signal('SIGINT')
    started.signal('SIGINT')
    const ran = await started.ran
    expect(ran.status, ran.stderr).toBe(130)
    expect(ran.files.filter((name) => !/\.gdl\.(part|json)$/.test(name))).toEqual([])
  })

  it('SIGUSR2 prints what each greenlet is doing, and the run goes on', async () => {
    const pace = { pieceBytes: 20_000, everyMs: 20 }
    await using server = await serve({ '/x': be.drip(long, pace) })
    const started = beginGdl([`${server.origin}/x`])
    await seen(() => filesIn(join(started.home, 'out')).includes('x.gdl.part'))
    started.signal('SIGUSR2')
    await started.until((stderr) => /parked/.test(stderr))
    started.signal('SIGUSR2')
    const ran = await started.ran
    expect(ran.stderr).toMatch(/^\d+ greenlets, iteration \d+ of the loop\nmain: parked on /m)
    expect(ran.stderr).toMatch(/^ +ticker\d*#\d+: parked on sleep for \d+ ms$/m)
    expect(ran.stderr.match(/^main: /gm)).toHaveLength(2)
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.content('x').equals(long)).toBe(true)
  })

  it('stops a download to a standard output that nobody reads', async () => {
    await using server = await serve({ '*': be.body(bytes(20_000_000)) })
    const home = temporaryFolder()
    mkdirSync(join(home, 'out'))
    const started = beginGdl(['-o', '-', `${server.origin}/x`], { home })
    started.child.stdout!.pause()
    // The pipe is full when the server is no longer taken from.
    await seen(() => server.requests.length === 1)
    await started.until((stderr) => stderr !== '', 300).catch(() => {})
    started.signal('SIGINT')
    await started.until((stderr) => /\d+ failed/.test(stderr), 3000).catch(() => {})
    expect(started.stderr()).toMatch(/^0 downloaded, 0 present, 0 failed/)
    started.child.stdout!.resume()
    expect((await started.ran).status).toBe(130)
  })
})
