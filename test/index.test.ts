import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  download,
  type DownloadOptions,
  GdlError,
  type RunEvent,
  UsageError,
} from '../src/index.ts'
import * as be from './support/behaviours.ts'
import { bytes } from './support/bytes.ts'
import { serve } from './support/server.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

async function all(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const found: RunEvent[] = []
  for await (const event of events) found.push(event)
  return found
}

/** The names of the files in `dir`. */
const filesIn = (dir: string): string[] => readdirSync(dir).sort()

describe('download', () => {
  it('gives what happens to each entry, from run to summary', async () => {
    const content = bytes(50_000, 'library')
    await using server = await serve({ '/a': be.body(content), '/b': be.body('x') })
    const dir = temporaryFolder()
    const wanted = [
      `${server.origin}/a`,
      new URL('/missing', server.origin),
      { urls: [`${server.origin}/gone`, `${server.origin}/b`] as const, out: 'named' },
      'ftp://host/x',
    ]
    const events = await all(download(wanted as never, { dir, retries: 0 }))
    expect(events[0]).toMatchObject({ event: 'run', schema: 1 })
    expect(events.at(-1)).toMatchObject({ event: 'summary', downloaded: 2, failed: 2 })
    const ends = events.filter((event) => event.event === 'done' || event.event === 'fail')
    expect(ends.sort((a, b) => a.id - b.id)).toMatchObject([
      { event: 'done', path: join(dir, 'a'), bytes: 50_000, status: 'downloaded' },
      { event: 'fail', error: { code: 'GDL_ERR_STATUS', status: 404 } },
      { event: 'done', path: join(dir, 'named'), url: `${server.origin}/b` },
      { event: 'fail', source: '#4', error: { code: 'GDL_ERR_ENTRY' } },
    ])
    for (const end of ends) if (end.event === 'fail') expect(end.error).toBeInstanceOf(GdlError)
    expect(filesIn(dir)).toEqual(['a', 'named'])
    expect(readFileSync(join(dir, 'a')).equals(content)).toBe(true)
  })

  it('has no part in the process: no listeners, and nothing printed', async () => {
    await using server = await serve({ '*': be.body('x') })
    const counts = (): unknown[] =>
      process.eventNames().map((name) => [name, process.listenerCount(name)])
    const before = counts()
    const events = download([`${server.origin}/a`], { dir: temporaryFolder() })
    await events.next()
    expect(counts()).toEqual(before)
    await all(events)
    expect(counts()).toEqual(before)
  })

  it('may be called many times at once', async () => {
    await using server = await serve((path) => be.late(20, be.body(path)))
    const dir = temporaryFolder()
    const runs = Array.from({ length: 20 }, (_, at) =>
      all(download([`${server.origin}/${at}`, `${server.origin}/no/../${at}b`], { dir })),
    )
    for (const events of await Promise.all(runs)) {
      expect(events.at(-1)).toMatchObject({ event: 'summary', downloaded: 2 })
    }
    expect(filesIn(dir)).toHaveLength(40)
  })

  it('begins with the first event that is asked for, while its entries are still being made', async () => {
    await using server = await serve({ '*': be.body('x') })
    const dir = temporaryFolder()
    let made = 0
    let isClosed = false
    async function* wanted() {
      try {
        for (const name of ['a', 'b']) {
          made++
          yield `${server.origin}/${name}`
          await expect.poll(() => filesIn(dir).includes(name)).toBe(true)
        }
      } finally {
        isClosed = true
      }
    }
    const events = download(wanted(), { dir })
    expect([made, server.requests.length]).toEqual([0, 0])
    expect((await all(events)).at(-1)).toMatchObject({ downloaded: 2 })
    expect([made, isClosed]).toEqual([2, true])
  })

  it('stops when the loop is left, and has cleaned up then', async () => {
    await using server = await serve({ '*': be.stall(bytes(600_000), 400_000) })
    const dir = temporaryFolder()
    for await (const event of download([`${server.origin}/a`], { dir })) {
      if (event.event === 'progress' && event.bytes >= 300_000) break
    }
    expect(filesIn(dir).filter((name) => !name.includes('.gdl.'))).toEqual([])
    await expect.poll(() => server.openConnections).toBe(0)
  })

  it('stops by `return` even while `next` waits', async () => {
    await using server = await serve({ '*': be.silence() })
    const events = download([`${server.origin}/a`], { dir: temporaryFolder() })
    await events.next()
    await events.next()
    const next = events.next()
    const over = { done: true, value: undefined }
    expect(await events.return!()).toEqual(over)
    expect(await next).toEqual(over)
    expect(await events.next()).toEqual(over)
  })

  it.each([
    [{ jobs: 0 }, /^the option jobs takes a whole number from 1, or auto$/],
    [{ jobs: 1.5 }, /jobs/],
    [{ perHost: -1 }, /perHost/],
    [{ connections: 0 }, /connections/],
    [{ retries: Number.NaN }, /retries/],
    [{ timeoutMs: -1 }, /timeoutMs takes a number from 0$/],
    [{ limitBytesPerSecond: 0 }, /limitBytesPerSecond/],
    [{ ifExists: 'never' as 'skip' }, /ifExists takes skip, update, overwrite, rename, fail/],
    [{ dir: 7 as unknown as string }, /dir takes a path/],
  ])('throws a UsageError for %j, and does not wait for ever', async (options, message) => {
    await expect(download(['http://127.0.0.1:1/'], options).next()).rejects.toMatchObject({
      code: 'GDL_ERR_USAGE',
      message,
    })
  })

  it('takes no lone string, whose characters would be its URLs', () => {
    expect(() => download('http://127.0.0.1:1/')).toThrow(UsageError)
  })

  it('tells what is no entry as a failure', async () => {
    const wanted = [undefined, null, 7, {}, { urls: [] }, { urls: 'http://a.example/' }]
    const codes: unknown[] = []
    for await (const event of download(wanted as unknown as string[])) {
      if (event.event === 'fail') codes.push([event.source, event.error.code])
    }
    expect(codes).toEqual(wanted.map((_, index) => [`#${index + 1}`, 'GDL_ERR_ENTRY']))
  })

  it('throws the reason of its signal', async () => {
    await using server = await serve({ '*': be.silence() })
    const dir = temporaryFolder()
    const controller = new AbortController()
    const running = all(download([`${server.origin}/a`], { dir, signal: controller.signal }))
    await expect.poll(() => server.requests.length).toBe(1)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
    await expect.poll(() => server.openConnections).toBe(0)
    await expect(
      all(download([`${server.origin}/b`], { dir, signal: AbortSignal.abort(reason) })),
    ).rejects.toBe(reason)
    expect(server.requestsFor('/b')).toEqual([])
  })

  it('throws what its entries throw', async () => {
    await using server = await serve({ '*': be.silence() })
    const oops = new Error('oops')
    async function* wanted() {
      yield `${server.origin}/a`
      throw oops
    }
    await expect(all(download(wanted(), { dir: temporaryFolder() }))).rejects.toBe(oops)
  })

  it('waits for a reader that is slow', async () => {
    await using server = await serve({ '*': be.body('x') })
    const urls = Array.from({ length: 3000 }, (_, at) => `${server.origin}/${at}`)
    const events = download(urls, { dir: temporaryFolder() })
    await events.next()
    let before = -1
    while (before !== server.requests.length) {
      before = server.requests.length
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    expect(before).toBeLessThan(1500)
    expect((await all(events)).at(-1)).toMatchObject({ downloaded: 3000 })
  })

  it('refuses standard output', () => {
    expect(() => download([], { output: '-' })).toThrow(/-o -/)
  })

  it('has types for all that', () => {
    expectTypeOf(download).parameter(1).toEqualTypeOf<DownloadOptions | undefined>()
    expectTypeOf<{ dir: 'x'; jobs: 3; signal: AbortSignal }>().toExtend<DownloadOptions>()
    expectTypeOf<{ jobs: string }>().not.toExtend<DownloadOptions>()
    type Fail = Extract<RunEvent, { event: 'fail' }>
    expectTypeOf<Fail['error']>().toEqualTypeOf<GdlError>()
    expectTypeOf<Fail['path']>().toEqualTypeOf<string | undefined>()
    type Done = Extract<RunEvent, { event: 'done' }>
    expectTypeOf<Done['status']>().toEqualTypeOf<
      'downloaded' | 'resumed' | 'present' | 'unchanged'
    >()
    expectTypeOf<RunEvent['time']>().toEqualTypeOf<string>()
  })
})
