// The journal: what a crash leaves of it is the old state or the new one, and one process has the lock.
import { spawn as spawnProcess } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Claim, Journal, journalOf } from '../../src/download/journal.ts'
import {
  type JournalState,
  parseRecord,
  recordText,
  stateOf,
} from '../../src/download/journal-record.ts'
import { type Owner, thisOwner } from '../../src/download/owner.ts'
import { FileError } from '../../src/errors.ts'
import { type Operation, run } from '../../src/scheduler/index.ts'
import { thrownBy } from '../scheduler/helpers.ts'
import { nodeBinary } from '../support/run-gdl.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A process of this machine that is gone. */
const dead: Owner = { ...thisOwner(), start: 'another boot 1' }
const elsewhere: Owner = { pid: 1, host: 'another-host', start: '' }

const state: JournalState = {
  url: 'http://host/f',
  finalUrl: 'http://other/f',
  representation: { length: 1000, etag: '"v1"', lastModified: undefined, isDated: false },
  done: [
    { start: 0, end: 100 },
    { start: 500, end: 700 },
  ],
}

function go<T>(main: () => Operation<T>): Promise<T> {
  return run(main, { signals: false })
}

/** A folder whose journal of `f` holds `text`, written so long ago. */
function leftBy(text: string, ageMs = 10_000): { path: string; journal: string } {
  const path = join(temporaryFolder(), 'f')
  const journal = journalOf(path)
  writeFileSync(journal, text)
  age(journal, ageMs)
  return { path, journal }
}

function age(path: string, ageMs: number): void {
  const then = new Date(Date.now() - ageMs)
  utimesSync(path, then, then)
}

const claimOf = (path: string): Promise<Claim> => go(() => Journal.claim(path, false))
const failureOf = (path: string): Promise<unknown> => go(() => thrownBy(Journal.claim(path, false)))

describe('a journal', () => {
  it('is made by who claims a file first, and gone when it is removed', async () => {
    const path = join(temporaryFolder(), 'f')
    const { journal, left, refusal } = await claimOf(path)
    expect([left, refusal]).toEqual([undefined, undefined])
    expect(parseRecord(readFileSync(journalOf(path), 'utf8'))?.owner).toEqual(thisOwner())
    journal.remove()
    expect(existsSync(journalOf(path))).toBe(false)
    journal.remove()
  })

  it.each([false, true])(
    'gives a later run what was written last (fsync: %s)',
    async (isSynced) => {
      const path = join(temporaryFolder(), 'f')
      const { journal } = await go(() => Journal.claim(path, isSynced))
      journal.write({ ...state, done: [] })
      journal.write(state)
      journal.release(state)
      expect(await claimOf(path)).toMatchObject({ left: state, refusal: undefined })
      expect(existsSync(`${journalOf(path)}.new`)).toBe(false)
    },
  )

  it('keeps the last record when there is no place for another', async () => {
    const path = join(temporaryFolder(), 'f')
    const { journal } = await claimOf(path)
    journal.write(state)
    mkdirSync(`${journalOf(path)}.new`)
    journal.release({ ...state, done: [] })
    expect(parseRecord(readFileSync(journalOf(path), 'utf8'))?.done).toHaveLength(2)
  })
})

describe('the lock', () => {
  it('is refused while its owner is alive, and told whose it is', async () => {
    const path = join(temporaryFolder(), 'f')
    await claimOf(path)
    const error = await failureOf(path)
    expect(error).toBeInstanceOf(FileError)
    expect(error).toMatchObject({
      code: 'GDL_ERR_LOCKED',
      message: `${path}: another gdl (process ${process.pid}) is downloading it`,
    })
  })

  it('is over with its owner, or with an orderly end', async () => {
    for (const owner of [dead, null]) {
      const { path } = leftBy(recordText(state, owner))
      expect((await claimOf(path)).left).toEqual(state)
    }
  })

  it('of another host is believed for two minutes after its last record', async () => {
    const text = recordText(state, elsewhere)
    expect(await failureOf(leftBy(text, 100_000).path)).toMatchObject({ code: 'GDL_ERR_LOCKED' })
    expect((await claimOf(leftBy(text, 130_000).path)).left).toEqual(state)
  })

  it('goes to one of many that find the record of an owner that is gone, at the same time', async () => {
    for (let round = 0; round < 3; round++) {
      const { path } = leftBy(recordText(state, dead))
      const outcomes = await claimedBy(6, path)
      const sorted = outcomes.toSorted()
      expect(sorted, outcomes.join()).toEqual([...Array(5).fill('GDL_ERR_LOCKED'), 'has it'])
      expect(existsSync(`${journalOf(path)}.new`)).toBe(false)
    }
  })

  it('is not held up by a next record that a crash has left', async () => {
    const { path, journal } = leftBy(recordText(state, dead))
    writeFileSync(`${journal}.new`, '{"gdl": 1, "ow')
    age(`${journal}.new`, 2000)
    expect((await claimOf(path)).left).toEqual(state)
  })

  it('waits for a record that is just being made', async () => {
    const { path, journal } = leftBy('', 900)
    const claimed = failureOf(path)
    writeFileSync(`${journal}.other`, recordText(undefined, thisOwner()))
    renameSync(`${journal}.other`, journal)
    expect(await claimed).toMatchObject({ code: 'GDL_ERR_LOCKED' })
  })

  it.skipIf(process.platform === 'win32')('is a file, or it is refused', async () => {
    const folder = temporaryFolder()
    symlinkSync(join(folder, 'nothing'), join(folder, 'link.gdl.json'))
    mkdirSync(join(folder, 'folder.gdl.json'))
    for (const name of ['link', 'folder']) {
      expect(await failureOf(join(folder, name))).toMatchObject({ code: 'GDL_ERR_FILE' })
    }
    const { path, journal } = leftBy(recordText(state, dead))
    mkdirSync(`${journal}.new`)
    age(`${journal}.new`, 2000)
    expect(await failureOf(path)).toBeInstanceOf(FileError)
  })

  it('says that the folder is gone', async () => {
    const folder = temporaryFolder()
    rmSync(folder, { recursive: true })
    expect(await failureOf(join(folder, 'f'))).toMatchObject({
      code: 'GDL_ERR_FILE',
      cause: { code: 'ENOENT' },
    })
  })
})

/** `count` processes claim `path` at the same moment, and hold it until all have tried. */
async function claimedBy(count: number, path: string): Promise<string[]> {
  const module = fileURLToPath(new URL('journal-claimer.js', import.meta.url))
  const children = Array.from({ length: count }, () =>
    spawnProcess(nodeBinary, [module, path], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  const line = (child: (typeof children)[number]): Promise<string> =>
    new Promise((resolve) => child.stdout.once('data', (data) => resolve(String(data).trim())))
  await Promise.all(children.map(line))
  const outcomes = children.map(line)
  for (const child of children) child.stdin.write('go\n')
  const all = await Promise.all(outcomes)
  for (const child of children) child.stdin.end()
  return all
}

describe('a record', () => {
  const count = fc.nat(2 ** 50)
  const text = fc.string({ unit: 'binary' })
  const owner = fc.record({ pid: fc.nat(), host: text, start: text })
  const states: fc.Arbitrary<JournalState> = fc.record({
    url: text,
    finalUrl: text,
    representation: fc.record({
      length: fc.option(count, { nil: undefined }),
      etag: fc.option(text, { nil: undefined }),
      lastModified: fc.option(text, { nil: undefined }),
      isDated: fc.boolean(),
    }),
    done: fc.array(fc.record({ start: count, end: count }), { maxLength: 5 }),
  })

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.option(states, { nil: undefined }), fc.option(owner), (written, by) => {
        const record = parseRecord(recordText(written, by))
        expect(record?.owner).toEqual(by)
        expect(stateOf(record!)).toEqual(written)
      }),
    )
  })

  it('that was cut, or changed in any byte, is none', () => {
    const whole = Buffer.from(recordText(state, thisOwner()))
    const unchanged = parseRecord(whole.toString())
    for (let length = 0; length < whole.length - 1; length++) {
      expect(parseRecord(whole.subarray(0, length).toString()), `${length} bytes`).toBeUndefined()
    }
    fc.assert(
      fc.property(fc.nat(whole.length - 2), fc.integer({ min: 1, max: 127 }), (at, mask) => {
        const changed = Buffer.from(whole)
        changed[at]! ^= mask
        // Unless it says the same in other white space.
        expect([undefined, unchanged]).toContainEqual(parseRecord(changed.toString()))
      }),
      { numRuns: 2000 },
    )
  })

  it('that is none crashes nothing: 10,000 of any shape, with a right check or a wrong one', () => {
    const field = fc.oneof(fc.jsonValue(), count, text, fc.constant(null))
    const record = fc.record(
      {
        gdl: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, field),
        owner: fc.oneof(fc.option(owner), field),
        url: fc.oneof(text, field),
        finalUrl: fc.oneof(text, field),
        length: fc.oneof(count, fc.constant(null), field),
        etag: fc.oneof(text, field),
        lastModified: fc.oneof(fc.constant(null), field),
        isDated: fc.oneof(fc.boolean(), field),
        done: fc.oneof(fc.array(fc.tuple(count, count)), fc.array(field), field),
      },
      { requiredKeys: ['gdl', 'owner'] },
    )
    const checked = record.map((fields) => {
      const check = crc32(JSON.stringify(fields)).toString(16).padStart(8, '0')
      return JSON.stringify({ ...fields, check })
    })
    const any = fc.oneof(text, fc.json(), checked)
    let accepted = 0
    fc.assert(
      fc.property(any, (journal) => {
        const read = parseRecord(journal)
        if (read === undefined) return
        accepted++
        if (read.url === undefined) return
        expect(typeof read.url).toBe('string')
        for (const [start, end] of read.done) expect(Number.isSafeInteger(start + end)).toBe(true)
      }),
      { numRuns: 10_000 },
    )
    expect(accepted).toBeGreaterThan(0)
  })

  it('is readable after any prefix of the journal’s writes: the old state, or the new one', async () => {
    const path = join(temporaryFolder(), 'f')
    const [journal, next] = [journalOf(path), `${journalOf(path)}.new`]
    const texts = [1, 2, 3].map((n) =>
      recordText({ ...state, done: [{ start: 0, end: 100 * n }] }, dead),
    )
    let before = texts[0]!
    for (const text of texts.slice(1)) {
      // What is on the disk after each step of a write that a crash interrupts.
      for (let length = 0; length <= text.length; length += 29) {
        writeFileSync(journal, before)
        writeFileSync(next, text.slice(0, length))
        age(next, 2000)
        const { left, refusal, journal: mine } = await claimOf(path)
        expect(refusal).toBeUndefined()
        expect(recordText(left, dead)).toBe(before)
        mine.remove()
      }
      before = text
    }
  })
})

describe('a journal beside a whole file', () => {
  it.each([
    ['is taken away when its owner is gone', recordText(state, dead), false],
    ['stays while its owner lives', recordText(state, thisOwner()), true],
    ['stays when it was left in order', recordText(state, null), true],
    ['stays when it is none', '{}', true],
  ])('%s', (_title, text, stays) => {
    const { path, journal } = leftBy(text)
    Journal.removeDead(path)
    expect(existsSync(journal)).toBe(stays)
    expect(existsSync(`${journal}.new`)).toBe(false)
  })
})
