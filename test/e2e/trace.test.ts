import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { runGdl } from '../support/run-gdl.ts'
import { serve } from '../support/server.ts'
import { beginGdl, gdl, seen } from './gdl.ts'

/** An event as Chrome's format has it. */
interface TraceEvent {
  readonly ph: string
  readonly ts: number
  readonly pid: number
  readonly tid: number
  readonly name: string
  readonly cat?: string
  readonly dur?: number
  readonly args?: Readonly<Record<string, string | number>>
}

function traceIn(home: string): readonly TraceEvent[] {
  const text = readFileSync(join(home, 'trace.json'), 'utf8')
  return (JSON.parse(text) as { traceEvents: TraceEvent[] }).traceEvents
}

/** What is wrong with the format: nothing, where each span lies whole within the one around it, and begins later. */
function brokenRules(events: readonly TraceEvent[]): string[] {
  const broken: string[] = []
  const lanes = new Map<number, TraceEvent[]>()
  for (const event of events.toSorted((one, other) => one.ts - other.ts)) {
    const { ph, ts, pid, tid } = event
    const told = JSON.stringify(event)
    if (!['M', 'X', 'i'].includes(ph)) broken.push(`phase: ${told}`)
    if (![ts, pid, tid].every((n) => Number.isSafeInteger(n) && n >= 0))
      broken.push(`no number: ${told}`)
    if (typeof event.name !== 'string') broken.push(`no name: ${told}`)
    if (ph !== 'X') continue
    if (!Number.isSafeInteger(event.dur) || event.dur! < 0) broken.push(`no length: ${told}`)
    const open = lanes.get(tid) ?? []
    lanes.set(tid, open)
    while (open.length > 0 && endOf(open.at(-1)!) <= ts) open.pop()
    const around = open.at(-1)
    if (around?.ts === ts) broken.push(`begins with what is around it: ${told}`)
    if (around !== undefined && endOf(event) > endOf(around)) broken.push(`overlaps: ${told}`)
    open.push(event)
  }
  return broken
}

function endOf({ ts, dur = 0 }: TraceEvent): number {
  return ts + dur
}

/** How much of a greenlet's span nothing in it shows, a microsecond for each beginning and the shortest at the end. */
function gapsIn(events: readonly TraceEvent[], lane: number): number {
  const inside = ['greenlet', 'download']
  const spans = events.filter(({ tid, ph }) => tid === lane && ph === 'X')
  const whole = spans.filter(({ cat }) => cat === 'greenlet')
  const parts = spans.filter(({ cat }) => !inside.includes(cat!))
  const lengthOf = (all: readonly TraceEvent[]) => all.reduce((sum, { dur }) => sum + dur!, 0)
  return lengthOf(whole) - lengthOf(parts)
}

/** The names of lanes, as Perfetto shows them: the last wins. */
function lanesOf(events: readonly TraceEvent[]): Map<unknown, number> {
  const named = events.filter(({ name }) => name === 'thread_name')
  const byLane = new Map(named.map(({ tid, args }) => [tid, args!['name']]))
  return new Map([...byLane].map(([tid, name]) => [name, tid]))
}

describe('gdl explain', () => {
  it('says in ten lines where the time went', async () => {
    await using server = await serve({
      '/slow': be.late(300, be.body('x')),
      '/busy': be.inTurn(be.status(503), be.body('x')),
      '/gone': be.status(404),
    })
    const list = ['slow', 'busy', 'gone'].map((path) => `${server.origin}/${path}\n`).join('')
    const { home } = await gdl(['--trace', 'trace.json', 'urls.txt'], { list })
    const { status, stdout, stderr } = await runGdl(['explain', 'trace.json'], { cwd: home })
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout.split('\n')).toHaveLength(11)
    expect(stdout).toContain('3 begun, 2 done, 1 failed, 1 retries\n')
    const { hostname } = new URL(server.origin)
    expect(stdout).toMatch(new RegExp(`^network +0\\.\\d+ s: ${hostname}\\S* 0\\.\\d+ s$`, 'm'))
    expect(stdout).toMatch(/^the longest +0\.\d+ s: \d http:.*\/(?:slow|busy)$/m)
  })

  it('reads what a kill leaves of a trace', async () => {
    await using server = await serve({ '*': be.body('x') })
    const { home } = await gdl(['--trace', 'trace.json', `${server.origin}/x`])
    const path = join(home, 'trace.json')
    const lines = readFileSync(path, 'utf8').split('\n')
    // What is written at once ends with an event.
    writeFileSync(path, lines.slice(0, -5).join('\n').replace(/,$/, ''))
    const { status, stdout } = await runGdl(['explain', 'trace.json'], { cwd: home })
    expect(status).toBe(0)
    expect(stdout.split('\n')).toHaveLength(11)
  })

  it.each([
    [['explain'], 'explain what'],
    [['explain', 'none.json'], 'none.json: ENOENT'],
    [['explain', fileURLToPath(import.meta.url)], 'is no trace of'],
  ])('refuses %j', async (args, message) => {
    const ran = await runGdl(args)
    expect(ran).toMatchObject({ status: 2, stdout: '' })
    expect(ran.stderr).toContain(message)
  })
})

describe('--trace', () => {
  it('has a lane for each download, where it ran, and what it was parked on', async () => {
    const content = bytes(300_000, 'trace')
    await using server = await serve({
      '/slow': be.drip(content, { pieceBytes: 100_000, everyMs: 5 }),
      '/busy': be.inTurn(be.status(503), be.body('x')),
      '/gone': be.status(404),
    })
    const { host } = new URL(server.origin)
    const list = `http://me:secret@${host}/slow\n${server.origin}/busy\n${server.origin}/gone\n`
    const ran = await gdl(['--trace', 'trace.json', 'urls.txt'], { list })
    expect(ran.status, ran.stderr).toBe(8)
    const events = traceIn(ran.home)
    expect(brokenRules(events)).toEqual([])
    expect(JSON.stringify(events)).not.toContain('secret')

    const lanes = lanesOf(events)
    const slow = [...lanes].find(([name]) => /^1 http:.*\/slow$/.test(String(name)))![1]
    const inSlow = events.filter(({ tid }) => tid === slow)
    const [download] = inSlow.filter(({ cat, ph }) => cat === 'download' && ph === 'X')
    const done = { bytes: content.length, attempts: 1, status: 'downloaded' }
    expect(download!.args).toEqual({ id: 1, path: 'out/slow', ...done })
    expect(gapsIn(events, slow)).toBe(2)
    const kinds = new Set(inSlow.map(({ cat }) => cat))
    for (const kind of ['running', 'network', 'disk']) expect(kinds).toContain(kind)
    expect(inSlow.filter(({ name }) => name.startsWith('network: '))).not.toEqual([])
    const waitedUs = inSlow.reduce((sum, { cat, dur }) => sum + (cat === 'network' ? dur! : 0), 0)
    expect(waitedUs).toBeGreaterThan(5000)
    const ends = events.filter(({ ph, name }) => ph === 'i' && /^(?:retry|fail)$/.test(name))
    const told = ends.map(({ name, args }) => `${name} ${args!['id']} ${args!['error']}`)
    expect(told.sort()).toEqual(['fail 3 GDL_ERR_STATUS', 'retry 2 GDL_ERR_STATUS'])
    const loop = events.filter(({ tid }) => tid === lanes.get('loop'))
    expect(loop.filter(({ name }) => name === 'iteration').length).toBeGreaterThan(3)
    expect(loop.filter(({ cat }) => cat === 'timer')).not.toEqual([])
  })

  it('has 500 downloads take turns in 250 lanes or so', async () => {
    await using server = await serve({ '*': be.body('x') })
    const urls = Array.from({ length: 500 }, (_, n) => `${server.origin}/${n}\n`)
    const ran = await gdl(['--trace', 'trace.json', '-j', '50', '-q', 'urls.txt'], {
      list: urls.join(''),
    })
    expect(ran.status, ran.stderr).toBe(0)
    const events = traceIn(ran.home)
    expect(brokenRules(events)).toEqual([])
    expect(events.filter(({ args }) => args?.['status'] === 'downloaded')).toHaveLength(500)
    expect(new Set(events.map(({ tid }) => tid)).size).toBeLessThan(320)
  })

  it.runIf(process.platform !== 'win32').each(['SIGINT', 'SIGTERM'] as const)(
    'is whole after %s',
    async (signal) => {
      await using server = await serve({ '*': be.silence() })
      const started = beginGdl(['--trace', 'trace.json', `${server.origin}/x`])
      await seen(() => server.requests.length === 1)
      started.signal(signal)
      const ran = await started.ran
      expect(ran.status, ran.stderr).toBe(signal === 'SIGINT' ? 130 : 143)
      const events = traceIn(ran.home)
      expect(brokenRules(events)).toEqual([])
      const begun = events.filter(({ cat, ph }) => cat === 'download' && ph === 'X')
      expect(begun.map(({ name }) => name)).toEqual([`1 ${server.origin}/x`])
    },
  )

  it('that can not be written is told of before anything is sent', async () => {
    await using server = await serve({ '*': be.body('x') })
    const ran = await gdl(['--trace', 'none/trace.json', `${server.origin}/x`])
    expect(ran.status).toBe(2)
    expect(ran.stderr).toBe("gdl: --trace none/trace.json: it can't be written: ENOENT\n")
    expect(server.requests).toEqual([])
  })
})
