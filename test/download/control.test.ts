/**
 * A run that somebody steers while it goes on: paused, slowed, with more or fewer at once, and with
 * another try for what has failed.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Chronicle } from '../../src/download/chronicle.ts'
import type { DownloadEvent, RunEvent, Transfer } from '../../src/download/events.ts'
import { DEFAULTS, type SessionOptions } from '../../src/download/options.ts'
import { Session } from '../../src/download/session.ts'
import { type Operation, run, sleep, spawn } from '../../src/scheduler/index.ts'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const MIB = 1024 * 1024
const large = bytes(8 * MIB, 'control')

interface Steered {
  readonly session: Session
  readonly events: DownloadEvent[]
  /** The transfers, in the order of their starts. */
  readonly transfers: Transfer[]
  readonly folder: string
}

/** Downloads `urls` while `steer` runs, and parks until all have ended. */
function steered(
  urls: readonly string[],
  settings: Partial<SessionOptions>,
  steer: (steered: Steered) => Operation<void>,
  folder = temporaryFolder(),
): Promise<Steered> {
  const events: DownloadEvent[] = []
  const transfers: Transfer[] = []
  function* main(): Operation<Steered> {
    const swift = { dir: folder, retries: 0, retryDelayMs: 1 }
    const session = new Session({ ...DEFAULTS, ...swift, ...settings }, (event) => {
      events.push(event)
      if (event.event === 'start') transfers.push(event.transfer)
    })
    for (const url of urls) session.add({ urls: [url] })
    const all = { session, events, transfers, folder }
    const steerer = spawn(() => steer(all))
    yield* session.join()
    yield* steerer.get()
    return all
  }
  return run(main, { signals: false })
}

/** Parks until `test` holds; throws after ten seconds. */
function* until(test: () => boolean): Operation<void> {
  const deadline = performance.now() + 10_000
  while (!test()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${test.toString()}`)
    yield* sleep(2)
  }
}

it('reads nothing and begins nothing while it is paused, however slow that is, and ends whole', async () => {
  await using server = await serve({
    '/large': be.body(large, {}, { pieceBytes: 65_536, everyMs: 1 }),
    '/next': be.body('x'),
  })
  const urls = ['/large', '/next'].map((path) => server.origin + path)
  const settings = { jobs: 1, minSpeedBytesPerSecond: 1000, minSpeedTimeMs: 200 }
  const { folder, events, session } = await steered(
    urls,
    settings,
    function* steer({ session, transfers }) {
      yield* until(() => (transfers[0]?.bytes ?? 0) > MIB)
      session.pause()
      session.pause()
      expect(session.state.paused).toBe(true)
      // What was on its way may still be written.
      yield* sleep(50)
      const { bytes } = transfers[0]!
      expect(bytes).toBeLessThan(large.length)
      yield* sleep(1500)
      expect(transfers[0]!.bytes).toBe(bytes)
      expect(transfers.length).toBe(1)
      session.resume()
      session.resume()
    },
  )
  expect(events.filter(({ event }) => event === 'retry' || event === 'fail')).toEqual([])
  expect(session.state.downloaded).toBe(2)
  expect(readFileSync(join(folder, 'large')).equals(large)).toBe(true)
}, 20_000)

it('has as many at once as it is told, from then on', async () => {
  await using server = await serve({ '*': be.silence() })
  const urls = Array.from({ length: 12 }, (_, i) => `${server.origin}/${i}`)
  await steered(urls, { jobs: 2, perHost: 10 }, function* steer({ session, transfers }) {
    yield* until(() => transfers.length === 2)
    expect(session.jobs).toBe(2)
    session.jobs = 5
    yield* until(() => transfers.length === 5)
    session.jobs = 3
    expect(session.jobs).toBe(3)
    yield* sleep(20)
    expect(session.state.active.size).toBe(5)
    yield* session.stop()
  })
})

it('keeps to a limit that is set, changed and taken away while it runs', async () => {
  await using server = await serve({ '/large': be.body(large) })
  const { session, transfers } = await steered(
    [`${server.origin}/large`],
    { connections: 1, limitBytesPerSecond: 200_000 },
    function* steer({ session, transfers }) {
      expect(session.limit).toBe(200_000)
      yield* until(() => (transfers[0]?.bytes ?? 0) > 0)
      session.limit = 2_000_000
      yield* sleep(300)
      const before = transfers[0]!.bytes
      yield* sleep(500)
      expect(transfers[0]!.bytes - before).toBeLessThan(2_000_000)
      session.limit = undefined
    },
  )
  expect(session.state.downloaded).toBe(1)
  expect(transfers[0]!.received).toBe(large.length)
}, 20_000)

it('tries again what has failed, and then says that all is well', async () => {
  await using server = await serve({
    '/late': be.inTurn(be.status(404), be.body('here')),
    '/never': be.status(404),
    '/slow': be.late(300, be.body('slow')),
  })
  const urls = ['/late', '/never', '/slow'].map((path) => server.origin + path)
  const { session, events, folder } = await steered(urls, {}, function* steer({ session }) {
    session.take({ kind: 'bad', source: 'list:4', text: 'nonsense', message: 'not a URL' })
    expect(session.retryFailed()).toBe(0)
    yield* until(() => session.state.failed === 3)
    expect([...session.errorCodes].sort()).toEqual(['GDL_ERR_ENTRY', 'GDL_ERR_STATUS'])
    expect(session.retryFailed()).toBe(2)
    expect(session.state.failed).toBe(1)
    expect([...session.errorCodes]).toEqual(['GDL_ERR_ENTRY'])
  })
  expect(readFileSync(join(folder, 'late'), 'utf8')).toBe('here')
  const { total, downloaded, failed, active } = session.state
  expect({ total, downloaded, failed }).toEqual({ total: 4, downloaded: 2, failed: 2 })
  expect(active.size).toBe(0)
  expect(session.retryFailed(), 'nobody would wait for it').toBe(0)
  const ofFirst = events.filter((event) => 'id' in event && event.id === 1)
  expect(ofFirst.map(({ event }) => event)).toEqual(['added', 'fail', 'done'])
})

it('tells how many connections a file has, and no speed of what an earlier run has left', async () => {
  const behaviour = be.file(large, { etag: '"1"' })
  await using server = await serve({ '/large': behaviour })
  const url = `${server.origin}/large`
  const folder = temporaryFolder()
  let most = 0
  const options = { connections: 3, minSplitBytes: MIB, limitBytesPerSecond: 3 * MIB }
  await steered(
    [url],
    options,
    function* steer({ session, transfers }) {
      yield* until(() => {
        most = Math.max(most, transfers[0]?.connections ?? 0)
        return (transfers[0]?.bytes ?? 0) > 5 * MIB
      })
      yield* session.stop()
    },
    folder,
  )
  expect(most).toBe(3)

  const told: RunEvent[] = []
  const { transfers } = await steered(
    [url],
    { limitBytesPerSecond: 600_000 },
    function* steer({ session, events }) {
      const chronicle = new Chronicle(session.state, (event) => told.push(event))
      let seen = 0
      while (session.state.downloaded === 0) {
        for (; seen < events.length; seen++) chronicle.event(events[seen]!)
        chronicle.tick(performance.now())
        if (told.some(({ event }) => event === 'progress')) session.limit = undefined
        yield* sleep(20)
      }
    },
    folder,
  )
  const progress = told.find((event) => event.event === 'progress')!
  expect(progress.bytes).toBeGreaterThan(5 * MIB)
  expect(progress.speed).toBeLessThan(1_500_000)
  expect(transfers[0]!.received).toBeLessThan(3 * MIB)
})
