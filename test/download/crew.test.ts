// Several connections for one file, against servers whose connections fail, stand still or crawl.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes, sha256 } from '../support/bytes.ts'
import { type Behaviour, serve, type TestServer } from '../support/server.ts'
import { nth, rangesSeen, stallAfter } from '../support/segments.ts'
import { download, type Outcome, type Settings } from './downloading.ts'

const content = bytes(8_000_000, 'crew')
const TAG = { ETag: '"v1"' }
const good = be.file(content, { etag: '"v1"' })
/** 10 MB a second over each connection. */
const paced = be.file(content, { etag: '"v1"', pace: { pieceBytes: 100_000, everyMs: 10 } })
const split: Settings = { minSplitBytes: 500_000, connections: 4, timeoutMs: 30_000, retries: 0 }

async function fetched(
  servers: readonly TestServer[],
  settings: Settings = {},
): Promise<Outcome & { notes: string; seconds: number }> {
  const startedMs = performance.now()
  const [first, ...others] = servers.map(({ origin }) => `${origin}/f`)
  const outcome = await download([{ urls: [first!, ...others] }], { ...split, ...settings })
  const notes = outcome.events
    .flatMap((event) => (event.event === 'detail' ? [event.message] : []))
    .join('\n')
  return { ...outcome, notes, seconds: (performance.now() - startedMs) / 1000 }
}

function expectWhole(outcome: Outcome): void {
  expect(outcome.ends).toEqual(['downloaded'])
  expect(outcome.files).toEqual(['f'])
  expect(readFileSync(join(outcome.folder, 'f')).equals(content)).toBe(true)
}

describe('a crew', () => {
  it('shares a file among its connections, and gets no byte twice', async () => {
    await using server = await serve({ '/f': paced })
    const outcome = await fetched([server])
    expectWhole(outcome)
    expect(outcome.bytes).toBe(content.length)
    expect(server.mostRequests).toBe(4)
    expect(rangesSeen(server).slice(0, 2)).toEqual(['all', '4000000-5999999'])
    for (const request of server.requests.slice(1)) expect(request.header('if-range')).toBe('"v1"')
  })

  it('lets nobody take what a connection has, and waits to be let pass by a limit', async () => {
    await using server = await serve({ '/f': good })
    const limits = { limitBytesPerSecond: 8_000_000, connections: 8, minSplitBytes: 100_000 }
    const outcome = await fetched([server], { ...limits, maxSizeBytes: content.length })
    expectWhole(outcome)
    expect(outcome.bytes).toBe(content.length)
  })

  it('loses nothing but the connection when one is reset', async () => {
    const cut = be.file(content, { etag: '"v1"', dropAfterBytes: 300_000 })
    await using server = await serve({ '/f': nth(2, cut, paced) })
    const outcome = await fetched([server])
    expectWhole(outcome)
    expect(outcome.bytes).toBe(content.length)
    expect(outcome.notes).toMatch(/; the other connections go on without/)
    expect(outcome.events.filter(({ event }) => event === 'retry')).toEqual([])
  })

  it.each([
    ['after some bytes', 400_000],
    ['before the first byte', 0],
  ])('takes the range of one that stands still %s', async (_, sent) => {
    await using server = await serve({ '/f': nth(1, stallAfter(content, sent, TAG), paced) })
    const outcome = await fetched([server])
    expectWhole(outcome)
    expect(outcome.seconds).toBeLessThan(15)
    expect(outcome.bytes).toBe(content.length)
  })

  it('takes the range of one that is never answered', async () => {
    await using server = await serve({ '/f': nth(1, be.silence(), paced) })
    const outcome = await fetched([server])
    expectWhole(outcome)
    expect(outcome.seconds).toBeLessThan(15)
  })

  it('takes the range of the first connection too', async () => {
    await using server = await serve({ '/f': nth(0, stallAfter(content, 300_000, TAG), paced) })
    expectWhole(await fetched([server]))
  })

  it('knows an answer to what it asked for, though a share of it was taken meanwhile', async () => {
    await using server = await serve({ '/f': nth(1, be.late(1500, paced), paced) })
    const outcome = await fetched([server])
    expectWhole(outcome)
    expect(outcome.notes).not.toMatch(/left out/)
  })

  it('waits for a lone connection that stands still as long as --timeout says', async () => {
    await using server = await serve({
      '/f': stallAfter(content, 5_000_000, {}),
    })
    // It is measured for a second, and then still for longer than a crew has patience.
    const outcome = await fetched([server], { timeoutMs: 7500 })
    expect(outcome.ends).toEqual(['GDL_ERR_STALLED'])
  })

  it('fails when all connections do, with the error of the last', async () => {
    const cut = be.file(content, { etag: '"v1"', dropAfterBytes: 200_000 })
    await using server = await serve({ '/f': nth(0, cut, be.status(503)) })
    const outcome = await fetched([server])
    // A reset that comes with the last bytes may look like an end.
    const cuts = ['GDL_ERR_CONNECTION_LOST', 'GDL_ERR_LENGTH']
    expect(['GDL_ERR_STATUS', ...cuts]).toContain(outcome.ends[0])
  })

  it('goes on from what all have got when the download is tried again', async () => {
    const cut = be.file(content, { etag: '"v1"', dropAfterBytes: 1_000_000, drops: 6 })
    await using server = await serve({ '/f': cut })
    const outcome = await fetched([server], { retries: 5 })
    expectWhole(outcome)
    expect(outcome.bytes).toBe(content.length)
  })
})

describe('a file is fetched over one connection', () => {
  it.each<[string, Behaviour, Settings]>([
    ['when it is shorter than two shares', good, { minSplitBytes: 4_000_001 }],
    ['when one is all that is wanted', good, { connections: 1 }],
    ['when its server says nothing of ranges', be.body(content, TAG), {}],
    ['when its server has none', be.body(content, { ...TAG, 'Accept-Ranges': 'none' }), {}],
    ['when there is no validator', be.file(content), {}],
    ['when the validator is weak', be.file(content, { etag: 'W/"v1"' }), {}],
    ['when its length is not known', be.chunkedBody(content, { headers: TAG }), {}],
    ['when the origin has one place', good, { perHost: 1 }],
  ])('%s', async (_, behaviour, settings) => {
    await using server = await serve({ '/f': behaviour })
    expectWhole(await fetched([server], settings))
    expect(rangesSeen(server)).toEqual(['all'])
  })

  it('but over two when it is long enough for two shares', async () => {
    await using server = await serve({ '/f': paced })
    expectWhole(await fetched([server], { minSplitBytes: 4_000_000, connections: 2 }))
    expect(server.requests.length).toBeGreaterThan(1)
  })
})

/** `usual` for the whole, `odd` for ranges. */
function toRanges(odd: Behaviour, usual: Behaviour = paced): Behaviour {
  return (exchange) => (exchange.request.header('range') === undefined ? usual : odd)(exchange)
}

describe('a first connection', () => {
  it.each<[string, Behaviour]>([
    ['sends the whole', be.body(content, { ...TAG, 'Accept-Ranges': 'bytes' })],
    ['refuses', be.status(403)],
    ['fails', be.status(500)],
    ['sends another range', be.wrongContentRange(content)],
    ['sends another version', be.file(content, { etag: '"v2"' })],
  ])(
    'gets back what others have asked for in vain: who is asked for a range %s',
    async (_, odd) => {
      await using server = await serve({ '/f': toRanges(odd) })
      const outcome = await fetched([server])
      expectWhole(outcome)
      expect(outcome.bytes).toBe(content.length)
      expect(server.requests.length).toBeGreaterThan(1)
    },
  )

  it('that breaks off while the others find another version has the download begun anew', async () => {
    const old = be.file(bytes(8_000_000, 'old'), { etag: '"v0"', dropAfterBytes: 2_000_000 })
    await using server = await serve({ '/f': nth(0, old, good) })
    const outcome = await fetched([server], { retries: 2 })
    expectWhole(outcome)
  })
})

describe('mirrors of a file', () => {
  it('share its segments', async () => {
    await using one = await serve({ '/f': paced })
    await using two = await serve({ '/f': paced })
    const outcome = await fetched([one, two])
    expectWhole(outcome)
    expect(outcome.bytes).toBe(content.length)
    expect([one.requests.length > 0, two.requests.length > 0]).toEqual([true, true])
  })

  it.each<[string, Behaviour, RegExp]>([
    [
      'has another length',
      be.file(content.subarray(1), { etag: '"v1"' }),
      /its length is 7999999, not 8000000/,
    ],
    ['has another ETag', be.file(content, { etag: '"v2"' }), /its ETag is another/],
    ['has no validator', be.file(content), /nothing shows that it is the same version/],
    ['has no ranges', be.body(content, TAG), /left out: the server sends all of it again/],
    ['is not there', be.status(404), /404/],
    [
      'resets',
      be.file(content, { etag: '"v1"', dropAfterBytes: 10 }),
      /the other connections go on/,
    ],
    ['redirects elsewhere', be.redirect(302, 'http://localhost:9/f'), /it redirects to/],
  ])('go on without one that %s, and it is told', async (_, behaviour, note) => {
    await using one = await serve({ '/f': paced })
    await using two = await serve({ '/f': behaviour })
    const outcome = await fetched([one, two])
    expectWhole(outcome)
    expect(outcome.notes).toMatch(note)
  })

  it('may have other validators when the whole has a checksum', async () => {
    await using one = await serve({ '/f': paced })
    await using two = await serve({
      '/f': be.file(content, { etag: '"v2"', pace: { pieceBytes: 100_000, everyMs: 10 } }),
    })
    const outcome = await download(
      [
        {
          urls: [`${one.origin}/f`, `${two.origin}/f`],
          checksum: { algorithm: 'sha256', hex: sha256(content) },
        },
      ],
      split,
    )
    expectWhole(outcome)
    expect(two.requestsFor('/f').length).toBeGreaterThan(0)
    expect(JSON.stringify(outcome.events)).not.toMatch(/left out/)
  })

  it.each([[[0, 1]], [[1, 0]]])(
    'are asked one by one when together they have not the checksum: %j',
    async (order) => {
      const pace = { pieceBytes: 100_000, everyMs: 10 }
      await using right = await serve({ '/f': paced })
      await using wrong = await serve({
        '/f': be.file(bytes(content.length, 'wrong'), { etag: '"v2"', pace }),
      })
      const urls = order.map((at) => `${[right, wrong][at]!.origin}/f`)
      const checksum = { algorithm: 'sha256' as const, hex: sha256(content) }
      const entry = { urls: [urls[0]!, urls[1]!] as const, checksum }
      const outcome = await download([entry], { ...split, retries: 3 })
      expectWhole(outcome)
      expect(JSON.stringify(outcome.events)).not.toMatch(/earlier run/)
    },
  )

  it('are asked in turn when the first is down', async () => {
    await using one = await serve({ '/f': be.status(500) })
    await using two = await serve({ '/f': paced })
    expectWhole(await fetched([one, two]))
  })
})

describe('a body that is too long', () => {
  it('is stopped while it comes, and thrown away', async () => {
    const endless: Behaviour = async ({ response }) => {
      response.writeHead(200, TAG)
      while (!response.destroyed)
        await be.write(response, content, { pieceBytes: 65_536, everyMs: 1 })
    }
    await using server = await serve({ '/f': endless })
    const outcome = await fetched([server], { maxSizeBytes: 3_000_000 })
    expect(outcome.ends).toEqual(['GDL_ERR_TOO_LARGE'])
    expect(outcome.bytes).toBeLessThan(4_000_000)
    expect(outcome.files).toEqual([])
  })
})
