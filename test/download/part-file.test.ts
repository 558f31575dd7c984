import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PartFile, writeWhole as writeWholeWith } from '../../src/download/part-file.ts'
import { FileError } from '../../src/errors.ts'
import { type Operation, run, sleep, spawn } from '../../src/scheduler/index.ts'
import { errorOf, thrownBy } from '../scheduler/helpers.ts'
import { bytes } from '../support/bytes.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const content = bytes(300_000, 'part file')
const isWindows = process.platform === 'win32'
// Root writes to read-only folders.
const isRoot = process.getuid?.() === 0

function go<T>(main: () => Operation<T>): Promise<T> {
  return run(main, { signals: false })
}

/** Without a time, and without waiting for the disk. */
const PLAIN = { modifiedMs: undefined, isSynced: false }
const writeWhole = (path: string, chunks: readonly Buffer[]): boolean =>
  writeWholeWith(path, chunks, PLAIN)

const nothing = (): void => {}

describe('a PartFile', () => {
  it('is NAME when it is committed, and not a moment earlier', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a')
    await go(function* () {
      const part = PartFile.open(path)
      expect(readdirSync(folder)).toEqual(['a.gdl.part'])
      yield* part.write(5000, [content.subarray(5000)], nothing)
      yield* part.write(0, [], nothing)
      yield* part.write(0, [content.subarray(0, 1000), content.subarray(1000, 5000)], nothing)
      expect(readdirSync(folder)).toEqual(['a.gdl.part'])
      yield* part.commit(undefined, false)
      expect(readdirSync(folder)).toEqual(['a'])
    })
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('leaves what was at NAME alone until then, and replaces it as one', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a')
    writeFileSync(path, 'old')
    await go(function* () {
      const discarded = PartFile.open(path)
      yield* discarded.write(0, [content], nothing)
      expect(String(readFileSync(path))).toBe('old')
      yield* discarded.discard()
      expect(readdirSync(folder)).toEqual(['a'])
      expect(String(readFileSync(path))).toBe('old')
      const part = PartFile.open(path)
      yield* part.write(0, [content], nothing)
      yield* part.commit(undefined, false)
    })
    expect(readdirSync(folder)).toEqual(['a'])
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('begins anew where a run that died left one', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a')
    writeFileSync(`${path}.gdl.part`, content)
    await go(function* () {
      const part = PartFile.open(path)
      yield* part.write(0, [Buffer.from('new')], nothing)
      yield* part.commit(undefined, false)
    })
    expect(String(readFileSync(path))).toBe('new')
  })

  it('gives the memory of a batch back when it is written', async () => {
    const path = join(temporaryFolder(), 'a')
    await go(function* () {
      const released: number[] = []
      const part = PartFile.open(path)
      for (const at of [1, 2, 3]) {
        yield* part.write(0, [content], () => released.push(at))
        expect(released.at(-1)).toBe(at)
      }
      expect(released).toEqual([1, 2, 3])
      yield* part.discard()
    })
  })

  it('is gone when it is discarded, also after a kill in the middle of a write', async () => {
    const folder = temporaryFolder()
    await go(function* () {
      for (let round = 0; round < 20; round++) {
        const writing = spawn(function* () {
          const part = PartFile.open(join(folder, `a${round}`))
          try {
            for (;;) yield* part.write(0, [content], nothing)
          } finally {
            yield* part.discard()
          }
        })
        for (let turns = 0; turns < round; turns++) yield* sleep(0)
        yield* writing.kill()
        expect(readdirSync(folder)).toEqual([])
      }
    })
  })

  it('says that a folder is in the way of NAME, and is still there to be discarded', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a')
    for (const filled of [false, true]) {
      if (filled) writeFileSync(join(path, 'b'), '')
      else mkdirSync(path)
      await go(function* () {
        const part = PartFile.open(path)
        yield* part.write(0, [content], nothing)
        const error = yield* thrownBy(part.commit(undefined, false))
        expect(error).toBeInstanceOf(FileError)
        expect(error).toMatchObject({ code: 'GDL_ERR_IS_DIRECTORY' })
        yield* part.discard()
      })
      expect(readdirSync(folder)).toEqual(['a'])
    }
  })

  it('cannot be where a folder is, nor where its folder is gone', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'a.gdl.part'))
    expect(errorOf(() => PartFile.open(join(folder, 'a')))).toMatchObject({
      code: 'GDL_ERR_IS_DIRECTORY',
    })
    const gone = errorOf(() => PartFile.open(join(folder, 'no', 'a')))
    expect(gone).toBeInstanceOf(FileError)
    expect(gone).toMatchObject({ code: 'GDL_ERR_FILE', cause: { code: 'ENOENT' } })
    expect((gone as Error).message).toMatch(/its folder is gone$/)
  })

  it.skipIf(isWindows)('does not follow a link at NAME.gdl.part', () => {
    const folder = temporaryFolder()
    const precious = join(temporaryFolder(), 'precious')
    writeFileSync(precious, 'precious')
    symlinkSync(precious, join(folder, 'a.gdl.part'))
    symlinkSync(join(folder, 'nothing'), join(folder, 'b.gdl.part'))
    for (const name of ['a', 'b']) {
      expect(errorOf(() => PartFile.open(join(folder, name)))).toMatchObject({
        code: 'GDL_ERR_FILE',
        cause: { code: 'ELOOP' },
      })
    }
    expect(String(readFileSync(precious))).toBe('precious')
    expect(existsSync(join(folder, 'nothing'))).toBe(false)
  })

  it.skipIf(isWindows)('replaces a link at NAME, and not what that leads to', async () => {
    const folder = temporaryFolder()
    const precious = join(temporaryFolder(), 'precious')
    writeFileSync(precious, 'precious')
    symlinkSync(precious, join(folder, 'a'))
    await go(function* () {
      const part = PartFile.open(join(folder, 'a'))
      yield* part.write(0, [content], nothing)
      yield* part.commit(undefined, false)
    })
    expect(String(readFileSync(precious))).toBe('precious')
    expect(readFileSync(join(folder, 'a')).equals(content)).toBe(true)
  })

  it.skipIf(isWindows || isRoot)('cannot be in a folder that is read-only', () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o555)
    try {
      const error = errorOf(() => PartFile.open(join(folder, 'a')))
      expect(error).toMatchObject({ code: 'GDL_ERR_FILE', cause: { code: 'EACCES' } })
      expect((error as Error).message).toMatch(/no permission$/)
    } finally {
      chmodSync(folder, 0o755)
    }
  })
})

describe('writeWhole', () => {
  it('makes a file of all chunks, and replaces what was there', () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a')
    writeWhole(path, [])
    expect(readFileSync(path).length).toBe(0)
    writeWhole(path, [content.subarray(0, 10), Buffer.alloc(0), content.subarray(10)])
    expect(readFileSync(path).equals(content)).toBe(true)
    writeWhole(path, [Buffer.from('short')])
    expect(String(readFileSync(path))).toBe('short')
    expect(readdirSync(folder)).toEqual(['a'])
  })

  it('takes more chunks than one call of the system does', () => {
    const path = join(temporaryFolder(), 'a')
    const chunks = Array.from({ length: 5000 }, (_none, at) => content.subarray(at * 9, at * 9 + 9))
    writeWhole(path, chunks)
    expect(readFileSync(path).equals(content.subarray(0, 45_000))).toBe(true)
  })

  it('leaves no file when it fails', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'a'))
    expect(errorOf(() => writeWhole(join(folder, 'a'), [content]))).toMatchObject({
      code: 'GDL_ERR_IS_DIRECTORY',
    })
    expect(readdirSync(folder)).toEqual(['a'])
    const gone = errorOf(() => writeWhole(join(folder, 'no', 'a'), [content]))
    expect(gone).toMatchObject({ code: 'GDL_ERR_FILE', cause: { code: 'ENOENT' } })
    const long = errorOf(() => writeWhole(join(folder, 'x'.repeat(255)), [content]))
    expect(long).toMatchObject({ code: 'GDL_ERR_FILE', cause: { code: 'ENAMETOOLONG' } })
    expect(readdirSync(folder)).toEqual(['a'])
  })

  it.skipIf(isWindows)('does not follow a link at NAME.gdl.part', () => {
    const folder = temporaryFolder()
    const precious = join(temporaryFolder(), 'precious')
    writeFileSync(precious, 'precious')
    symlinkSync(precious, join(folder, 'a.gdl.part'))
    expect(writeWhole(join(folder, 'a'), [content])).toBe(false)
    expect(String(readFileSync(precious))).toBe('precious')
    expect(existsSync(join(folder, 'a'))).toBe(false)
  })

  it.skipIf(isWindows)('makes a file as any other is made, and nothing executable', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'other'), '')
    writeWhole(join(folder, 'a'), [content])
    expect(statSync(join(folder, 'a')).mode).toBe(statSync(join(folder, 'other')).mode)
  })
})
