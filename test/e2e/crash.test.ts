// Killed at any moment, as often as you like: no NAME is ever half, and the next run goes on.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { type Behaviour, serve, type TestServer } from '../support/server.ts'
import { makeTemporaryFolder, removeFolder, temporaryFolder } from '../support/temporary-folder.ts'
import { beginGdl, filesIn, gdl, interrupt, type Ran, seen } from './gdl.ts'

const seed = Number(process.env['GDL_TEST_SEED'] ?? Date.now() % 1_000_000)
console.log(`GDL_TEST_SEED=${seed}`)

/** In each of the scenarios. */
const KILLS = 13
/** How far the journal may be behind: half a second, and a little for a busy machine. */
const BEHIND_MS = 650

interface Scenario {
  /** By the name that each file has in `out`. */
  readonly files: ReadonlyMap<string, Buffer>
  readonly args: readonly string[]
  readonly pace: be.Pace
  /** How many answers may be under way at once. */
  readonly connections: number
}

/** From 0 to 1, decided by the seed and the place alone. */
function chances(name: string): () => number {
  let drawn = 0
  return () => bytes(4, `${seed} ${name} ${drawn++}`).readUInt32LE() / 2 ** 32
}

function filesOf(count: number, size: number, nameOf: (index: number) => string) {
  const names = Array.from({ length: count }, (_, index) => nameOf(index))
  return new Map(names.map((name) => [name, bytes(size, name)]))
}

/** Serves `files` by their names, and counts what it sends. */
async function serveCounted({ files, pace }: Scenario) {
  const sent = { bytes: 0 }
  const counted = (behaviour: Behaviour): Behaviour => {
    return (exchange) => {
      const before = exchange.socket.bytesWritten
      exchange.response.once('close', () => {
        sent.bytes += exchange.socket.bytesWritten - before
      })
      return behaviour(exchange)
    }
  }
  const routes = [...files].map(([name, content]) => {
    return [`/${name}`, counted(be.file(content, { etag: `"${name}"`, pace }))] as const
  })
  return { server: await serve(Object.fromEntries(routes)), sent }
}

/** A run, and how long it had been receiving when it was killed. */
interface Killed {
  readonly ran: Ran
  readonly receivingMs: number
}

/** Begins a run, and kills it at a moment of chance, if it lives so long. */
async function killedRun(
  begin: () => ReturnType<typeof beginGdl>,
  server: TestServer,
  chance: () => number,
): Promise<Killed> {
  const before = server.requests.length
  const started = begin()
  // Most of the moments are to be such in which there is something to be lost.
  const isEarly = chance() < 0.2
  const delayMs = chance() < 0.75 ? 350 * chance() : 1000 + 500 * chance()
  const isOver = () => started.child.exitCode !== null
  if (!isEarly) await seen(() => server.requests.length > before || isOver())
  await Promise.race([sleep(delayMs), started.ended])
  started.signal('SIGKILL')
  const killedMs = performance.now()
  const receivingMs = killedMs - (server.requests[before]?.atMs ?? killedMs)
  return { ran: await started.ran, receivingMs }
}

/** Every file that has its name has its bytes. */
function expectNothingHalf(home: string, files: Scenario['files']): void {
  for (const name of filesIn(join(home, 'out'))) {
    const content = files.get(name)
    if (content === undefined) expect(name).toMatch(/\.gdl\.(?:part|json|json\.new)$|\/$/)
    else expect(readFileSync(join(home, 'out', name)).equals(content), name).toBe(true)
  }
}

/** Kills run after run, until all is there; and begins anew, until there were kills enough. */
async function survive(name: string, scenario: Scenario): Promise<void> {
  const { files, args, pace, connections } = scenario
  const chance = chances(name)
  const { server, sent } = await serveCounted(scenario)
  await using _closed = server
  const list = [...files.keys()].map((file) => `${server.origin}/${file}\n`).join('')
  const whole = [...files.values()].reduce((sum, content) => sum + content.length, 0)
  const size = whole / files.size
  let kills = 0
  let dueBytes = 0
  let lostBytes = 0
  while (kills < KILLS) {
    dueBytes += whole
    const home = makeTemporaryFolder()
    const begin = () => beginGdl([...args, 'urls.txt'], { home, list })
    try {
      while (kills < KILLS) {
        const { ran, receivingMs } = await killedRun(begin, server, chance)
        expectNothingHalf(home, files)
        if (ran.status === 0) break
        expect(ran.signal, ran.stderr).toBe('SIGKILL')
        kills++
        const pieces = 1 + Math.min(receivingMs, BEHIND_MS) / pace.everyMs
        lostBytes += connections * Math.min(pieces * pace.pieceBytes, size)
      }
      // After a run that was quicker than its end, this one finds all present.
      const ran = await begin().ran
      expect(ran.status, ran.stderr).toBe(0)
      expect(ran.files).toEqual([...files.keys()].sort())
      expectNothingHalf(home, files)
    } finally {
      removeFolder(home)
    }
  }
  await seen(() => server.openConnections === 0)
  const fieldBytes = server.requests.length * 500
  expect(sent.bytes).toBeLessThan(dueBytes + lostBytes + fieldBytes)
}

describe.runIf(process.platform !== 'win32')('a run that is killed again and again', () => {
  const pace = { pieceBytes: 16_384, everyMs: 10 }

  it.concurrent.each<[string, Scenario]>([
    [
      'over one connection each',
      {
        files: filesOf(3, 3_000_000, (index) => `one-${index}`),
        args: ['-x', '1'],
        pace,
        connections: 3,
      },
    ],
    [
      'over four segments each',
      {
        files: filesOf(2, 8_000_000, (index) => `split-${index}`),
        args: ['-x', '4', '--min-split', '200KiB', '--per-host', '8'],
        pace,
        connections: 8,
      },
    ],
    [
      'with many small files',
      {
        files: filesOf(600, 20_000, (index) => `small-${index}`),
        args: ['-j', '8', '--per-host', '8'],
        pace,
        connections: 8,
      },
    ],
    [
      'with files in folders',
      {
        files: filesOf(60, 300_000, (index) => `${index % 4}/${index % 3}/in-${index}`),
        args: ['-j', '8', '--per-host', '8', '-x', '1', '-o', '{path}/{name}'],
        pace,
        connections: 8,
      },
    ],
  ])('ends with all files right, and nothing else: %s', survive, 120_000)
})

describe.runIf(process.platform !== 'win32')('what a kill at a bad moment leaves', () => {
  const content = bytes(1_000_000, 'bad moment')

  /** The home of a run that was killed in the middle of `f`. */
  async function killedInTheMiddle(): Promise<string> {
    const pace = { pieceBytes: 10_000, everyMs: 10 }
    await using server = await serve({ '/f': be.file(content, { etag: '"v1"', pace }) })
    const started = beginGdl([`${server.origin}/f`])
    const path = join(started.home, 'out/f.gdl')
    await seen(() => existsSync(`${path}.json`) && existsSync(`${path}.part`))
    await interrupt(started)
    expect(filesIn(join(started.home, 'out'))).toEqual(['f.gdl.json', 'f.gdl.part'])
    return started.home
  }

  it.each([
    ['skip', ['f']],
    ['overwrite', ['f']],
    ['update', ['f']],
    ['rename', ['f', 'f.1']],
  ])(
    'is taken away between the rename and the end of the journal: --if-exists %s',
    async (choice, files) => {
      const home = await killedInTheMiddle()
      rmSync(join(home, 'out/f.gdl.part'))
      writeFileSync(join(home, 'out/f'), content)
      await using server = await serve({ '/f': be.file(content) })
      const ran = await gdl(['--if-exists', choice, `${server.origin}/f`], { home })
      expect(ran.status, ran.stderr).toBe(0)
      expect(ran.files).toEqual(files)
      expect(ran.content('f').equals(content)).toBe(true)
    },
  )

  it('is taken away before the part file is made', async () => {
    const home = await killedInTheMiddle()
    rmSync(join(home, 'out/f.gdl.part'))
    await using server = await serve({ '/f': be.body('short') })
    const ran = await gdl([`${server.origin}/f`], { home })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toEqual(['f'])
    expect(ran.content('f').toString()).toBe('short')
  })

  it('stays beside a file that is there while its part file can be gone on from', async () => {
    const home = await killedInTheMiddle()
    writeFileSync(join(home, 'out/f'), 'an older one')
    const ran = await gdl(['http://127.0.0.1:1/f'], { home })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toEqual(['f', 'f.gdl.json', 'f.gdl.part'])
  })

  it('is told from an ETag that is remembered, however often it is asked for', async () => {
    await using server = await serve({ '/f': be.file(content, { etag: '"v1"' }) })
    const { home } = await gdl(['--if-exists', 'update', `${server.origin}/f`])
    for (let again = 0; again < 2; again++) {
      const ran = await gdl(['--if-exists', 'update', `${server.origin}/f`], { home })
      expect(ran.files).toEqual(['f', 'f.gdl.json'])
      expect(server.requests.at(-1)?.header('if-none-match')).toBe('"v1"')
    }
    expect((await gdl([`${server.origin}/f`], { home })).files).toEqual(['f', 'f.gdl.json'])
    expect(server.requests).toHaveLength(3)
  })

  it('is told from what is not of gdl', async () => {
    const home = temporaryFolder()
    mkdirSync(join(home, 'out'))
    writeFileSync(join(home, 'out/f'), content)
    writeFileSync(join(home, 'out/f.gdl.json'), '{}')
    expect((await gdl(['http://127.0.0.1:1/f'], { home })).files).toEqual(['f', 'f.gdl.json'])
  })
})
