import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { type Behaviour, serve } from '../support/server.ts'
import { beginGdl, gate, gdl, seen } from './gdl.ts'

/** Answers when `opened` is. */
function behind(opened: Promise<void>, then: Behaviour): Behaviour {
  return async (exchange) => {
    await opened
    await then(exchange)
  }
}

describe('the limits', () => {
  it('of --jobs and --per-host are reached and never exceeded', async () => {
    const slowly = be.late(10, be.body(bytes(1000)))
    await using one = await serve(() => slowly)
    await using two = await serve(() => slowly)
    const urls = Array.from({ length: 30 }, (_, at) => [one, two].map((of) => `${of.origin}/${at}`))
    const list = urls.flat().join('\n')
    const both = await gdl(['-j', '3', '--per-host', '2', 'urls.txt'], { list })
    expect(both.status, both.stderr).toBe(0)
    expect([one.mostRequests, two.mostRequests]).toEqual([2, 2])
    expect([one.mostConnections, two.mostConnections]).toEqual([2, 2])

    await using three = await serve(() => slowly)
    const single = Array.from({ length: 20 }, (_, at) => `${three.origin}/${at}\n`).join('')
    const alone = await gdl(['-j', '1', 'urls.txt'], { list: single })
    expect(alone.status, alone.stderr).toBe(0)
    expect(three.mostRequests).toBe(1)
    // In their order, on one connection that is kept.
    expect(three.requests.map(({ url }) => url)).toEqual(
      Array.from({ length: 20 }, (_, at) => `/${at}`),
    )
    expect(three.connections).toBe(1)
  })

  it('of a run begin with 16 jobs, and 8 for an origin', async () => {
    const opened = gate()
    const servers = [await serve(() => behind(opened.opened, be.body('x')))]
    servers.push(await serve(() => behind(opened.opened, be.body('x'))))
    servers.push(await serve(() => behind(opened.opened, be.body('x'))))
    const urls = Array.from({ length: 20 }, (_, at) => servers.map((of) => `${of.origin}/${at}`))
    const started = beginGdl(['urls.txt'], { list: urls.flat().join('\n') })
    const asked = (): number => servers.reduce((sum, { requests }) => sum + requests.length, 0)
    await seen(() => asked() === 16)
    opened.open()
    const ran = await started.ran
    expect(ran.status, ran.stderr).toBe(0)
    for (const server of servers) {
      expect(server.mostRequests).toBeLessThanOrEqual(64)
      await server.close()
    }
  })

  it('leave room for a second origin while the first is slow', async () => {
    const opened = gate()
    await using slow = await serve(() => behind(opened.opened, be.body('slow')))
    await using quick = await serve(() => be.body('quick'))
    const list = [
      ...Array.from({ length: 20 }, (_, at) => `${slow.origin}/slow-${at}`),
      ...Array.from({ length: 20 }, (_, at) => `${quick.origin}/quick-${at}`),
    ]
    const args = ['-j', '4', '--per-host', '2', 'urls.txt']
    const started = beginGdl(args, { list: list.join('\n') })
    await started.until((stderr) => stderr.match(/quick-/g)?.length === 20)
    expect(slow.requests).toHaveLength(2)
    opened.open()
    const ran = await started.ran
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toHaveLength(40)
  })

  it('are not used up by downloads that pause before another try', async () => {
    await using busy = await serve({
      '*': be.failing(1, be.status(503, { 'Retry-After': '1' }), be.body('well')),
    })
    await using server = await serve({ '*': be.body('quick') })
    const urls = Array.from({ length: 10 }, (_, at) => `${server.origin}/quick-${at}`)
    const ran = await gdl(['-j', '1', `${busy.origin}/a`, `${busy.origin}/b`, ...urls])
    expect(ran.status, ran.stderr).toBe(0)
    expect(server.requests).toHaveLength(10)
    const lastQuickMs = Math.max(...server.requests.map(({ atMs }) => atMs))
    expect(busy.requests.filter(({ atMs }) => atMs > lastQuickMs)).toHaveLength(3)
  })

  it('are none for an origin that asked for a pause: nobody knocks there before it is over', async () => {
    await using server = await serve({
      '/busy': be.failing(1, be.status(429, { 'Retry-After': '1' }), be.body('well')),
      '*': be.body('quick'),
    })
    const urls = ['busy', 'a', 'b', 'c'].map((path) => `${server.origin}/${path}`)
    const ran = await gdl(['-j', '1', ...urls])
    expect(ran.status, ran.stderr).toBe(0)
    const [first, ...later] = server.requests.map(({ atMs }) => atMs)
    expect(later).toHaveLength(4)
    expect(Math.min(...later) - first!).toBeGreaterThan(950)
  })

  it('hold across redirects, which wait for a place at where they lead', async () => {
    await using goal = await serve(() => be.late(10, be.body('there')))
    await using server = await serve((path) => be.redirect(302, `${goal.origin}${path}`))
    const list = Array.from({ length: 20 }, (_, at) => `${server.origin}/${at}\n`).join('')
    const ran = await gdl(['-j', '8', '--per-host', '2', 'urls.txt'], { list })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toHaveLength(20)
    expect(server.mostRequests).toBeLessThanOrEqual(2)
    expect(goal.mostRequests).toBe(2)
  })
})
