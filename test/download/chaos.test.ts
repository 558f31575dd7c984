// Servers that do whatever they like, one fault after the other: what is there in the end is one version
// of the file, whole, or nothing.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { beginGdl } from '../e2e/gdl.ts'
import { bytes } from '../support/bytes.ts'
import { type Behaviour, type Exchange, serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { download, type Settings } from './downloading.ts'

const seed = Number(process.env['GDL_TEST_SEED'] ?? Date.now() % 1_000_000)
console.log(`GDL_TEST_SEED=${seed}`)

const FILES = 40
const LENGTH = 1_500_000
const MODIFIED = ['Wed, 21 Oct 2015 07:28:00 GMT', 'Thu, 22 Oct 2015 07:28:00 GMT'] as const

/** Numbers from 0 to 1, decided by the seed and the name alone. */
function chances(name: string): () => number {
  let drawn = 0
  return () => bytes(4, `${seed} ${name} ${drawn++}`).readUInt32LE() / 2 ** 32
}

function versionsOf(name: string): readonly Buffer[] {
  // Of one length, as what is of another is easily told.
  return [0, 1].map((version) => bytes(LENGTH, `${name} ${version}`))
}

/** The same exchange as if the field had not come. */
function without(field: string, exchange: Exchange): Exchange {
  const { request } = exchange
  const header = (name: string): string | undefined =>
    name.toLowerCase() === field ? undefined : request.header(name)
  return { ...exchange, request: { ...request, header } }
}

/** A file that changes once at most, of a server that is often wrong. */
function chaotic(name: string): Behaviour {
  const chance = chances(name)
  const versions = versionsOf(name)
  const hasEtag = chance() < 0.7
  const changesAt = chance() < 0.5 ? 1 + Math.floor(chance() * 6) : Infinity
  let asked = 0
  return async (exchange) => {
    const version = asked++ >= changesAt ? 1 : 0
    const content = versions[version]!
    const validators = {
      ...(hasEtag && { etag: `"${version}"` }),
      lastModified: MODIFIED[version],
    }
    const pace = { pieceBytes: 65_536, everyMs: 1 }
    const good = be.file(content, { ...validators, pace })
    const cut = be.file(content, {
      ...validators,
      pace,
      dropAfterBytes: Math.floor(chance() * 400_000),
    })
    const isPart = exchange.request.header('range') !== undefined
    const pick = chance()
    await sleep(chance() * 10)
    if (pick < 0.3) await cut(exchange)
    else if (pick < 0.35) await be.status(503)(exchange)
    else if (pick < 0.4) exchange.socket.destroy()
    else if (isPart && pick < 0.45) await good(without('range', exchange))
    else if (isPart && pick < 0.55) await good(without('if-range', exchange))
    else if (isPart && pick < 0.6) await be.wrongContentRange(content)(exchange)
    else if (isPart && pick < 0.65) await be.status(416)(exchange)
    else await good(exchange)
  }
}

function expectOneVersion(name: string, content: Buffer): void {
  const isOne = versionsOf(name).some((version) => version.equals(content))
  expect(isOne, `${name} (seed ${seed})`).toBe(true)
}

const settings: Settings = {
  connections: 4,
  minSplitBytes: 300_000,
  jobs: 8,
  perHost: 32,
  retries: 30,
  timeoutMs: 20_000,
}

it.each<[string, Settings]>([
  ['as fast as it comes', {}],
  ['under a limit', { limitBytesPerSecond: 30_000_000 }],
  ['over one connection', { connections: 1 }],
])(
  'a file is one version, whole, whatever its server does: %s',
  async (how, further) => {
    const names = Array.from({ length: FILES }, (_, index) =>
      `${how} ${index}`.replaceAll(' ', '-'),
    )
    await using server = await serve(
      Object.fromEntries(names.map((name) => [`/${name}`, chaotic(name)])),
    )
    const outcome = await download(
      names.map((name) => ({ urls: [`${server.origin}/${name}`] })),
      { ...settings, ...further },
    )
    expect(outcome.files).toEqual([...names].sort())
    for (const name of names) expectOneVersion(name, readFileSync(join(outcome.folder, name)))
  },
  120_000,
)

it.runIf(process.platform !== 'win32')(
  'a file is one version, whole, however often the process is killed meanwhile',
  async () => {
    const names = Array.from({ length: 12 }, (_, index) => `killed-${index}`)
    await using server = await serve(
      Object.fromEntries(names.map((name) => [`/${name}`, chaotic(name)])),
    )
    const chance = chances('kills')
    const home = temporaryFolder()
    const list = names.map((name) => `${server.origin}/${name}\n`).join('')
    // Slow enough that there is something to be killed.
    const args = ['-x', '4', '--min-split', '300K', '-r', '30', '--limit', '8M', 'urls.txt']
    for (let kills = 0; kills < 8; kills++) {
      const started = beginGdl(args, { home, list })
      await Promise.race([sleep(200 + chance() * 600), started.ended])
      started.signal('SIGKILL')
      const { files, content } = await started.ran
      for (const name of files) {
        if (!/\.gdl\.[a-z.]+$/.test(name)) expectOneVersion(name, content(name))
      }
    }
    const ran = await beginGdl(args, { home, list }).ran
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toEqual([...names].sort())
    for (const name of names) expectOneVersion(name, ran.content(name))
  },
  120_000,
)
