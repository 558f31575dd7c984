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
import { join, relative } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Folders, PartFile, writeWhole } from '../../src/download/part-file.ts'
import { FileError } from '../../src/errors.ts'
import { Batch } from '../../src/io/exchange.ts'
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

function batchOf(...chunks: Buffer[]): Batch {
  const batch = new Batch()
  for (const chunk of chunks) batch.add(chunk, undefined)
  return batch
}

describe('a PartFile', () => {
  it('is NAME when it is committed, and not a moment earlier', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a')
    await go(function* () {
      const part = PartFile.open(path)
      expect(readdirSync(folder)).toEqual(['a.gdl.part'])
      yield* part.write(batchOf(content.subarray(0, 1000), content.subarray(1000, 5000)))
      yield* part.write(batchOf())
      yield* part.write(batchOf(content.subarray(5000)))
      expect(readdirSync(folder)).toEqual(['a.gdl.part'])
      yield* part.commit()
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
      yield* discarded.write(batchOf(content))
      expect(String(readFileSync(path))).toBe('old')
      yield* discarded.discard()
      expect(readdirSync(folder)).toEqual(['a'])
      expect(String(readFileSync(path))).toBe('old')
      const part = PartFile.open(path)
      yield* part.write(batchOf(content))
      yield* part.commit()
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
      yield* part.write(batchOf(Buffer.from('new')))
      yield* part.commit()
    })
    expect(String(readFileSync(path))).toBe('new')
  })

  it('gives the memory of a batch back when it is written', async () => {
    const path = join(temporaryFolder(), 'a')
    await go(function* () {
      const released: number[] = []
      const part = PartFile.open(path)
      for (const at of [1, 2, 3]) {
        const batch = batchOf(content)
        batch.release = () => released.push(at)
        yield* part.write(batch)
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
            for (;;) yield* part.write(batchOf(content))
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
        yield* part.write(batchOf(content))
        const error = yield* thrownBy(part.commit())
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
      yield* part.write(batchOf(content))
      yield* part.commit()
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
    expect(errorOf(() => writeWhole(join(folder, 'a'), [content]))).toMatchObject({
      code: 'GDL_ERR_FILE',
    })
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

describe('Folders', () => {
  it('makes the folders of a path, and those above the base', () => {
    const base = join(temporaryFolder(), 'x', 'y')
    const folders = new Folders(base)
    folders.makeFor(join(base, 'a', 'b', 'c'))
    folders.makeFor(join(base, 'a', 'b', 'd'))
    folders.makeFor(join(base, 'e'))
    expect(readdirSync(base)).toEqual(['a'])
    expect(readdirSync(join(base, 'a'))).toEqual(['b'])
    expect(readdirSync(join(base, 'a', 'b'))).toEqual([])
  })

  it('takes relative paths, from where the process is', () => {
    const here = temporaryFolder()
    const base = relative(process.cwd(), join(here, 'out'))
    new Folders(base).makeFor(join(base, 'a', 'b'))
    expect(readdirSync(join(here, 'out'))).toEqual(['a'])
    // A name alone is in the current folder, which is there.
    new Folders('.').makeFor('name')
    expect(existsSync('name')).toBe(false)
  })

  it('makes each once, and looks no more', () => {
    const base = temporaryFolder()
    const folders = new Folders(base)
    folders.makeFor(join(base, 'a', 'b'))
    writeFileSync(join(base, 'a', 'b'), '')
    folders.makeFor(join(base, 'a', 'c'))
    expect(readdirSync(join(base, 'a'))).toEqual(['b'])
  })

  it('is content with folders that are there, whatever they are called', () => {
    const base = temporaryFolder()
    const names = ['a', '..b', '...', '-', ' ', 'ü']
    for (const name of names) {
      mkdirSync(join(base, name))
      new Folders(base).makeFor(join(base, name, 'inner', 'file'))
      expect(readdirSync(join(base, name))).toEqual(['inner'])
    }
  })

  it('says that a file is where a folder should be', () => {
    const base = temporaryFolder()
    writeFileSync(join(base, 'a'), 'a file')
    const error = errorOf(() => new Folders(base).makeFor(join(base, 'a', 'b', 'c')))
    expect(error).toBeInstanceOf(FileError)
    expect(error).toMatchObject({ code: 'GDL_ERR_FILE' })
    const above = errorOf(() =>
      new Folders(join(base, 'a', 'x')).makeFor(join(base, 'a', 'x', 'c')),
    )
    expect(above).toMatchObject({ code: 'GDL_ERR_FILE' })
    expect(String(readFileSync(join(base, 'a')))).toBe('a file')
  })

  it.skipIf(isWindows)(
    'refuses links that lead out, at any depth, and makes nothing outside',
    () => {
      const outside = temporaryFolder()
      const base = temporaryFolder()
      mkdirSync(join(base, 'a'))
      symlinkSync(outside, join(base, 'link'))
      symlinkSync(outside, join(base, 'a', 'link'))
      symlinkSync('..', join(base, 'up'))
      symlinkSync('/', join(base, 'root'))
      symlinkSync('link', join(base, 'indirect'))
      for (const path of ['link/x', 'link/b/x', 'a/link/x', 'up/b/x', 'root/b/x', 'indirect/b/x']) {
        const error = errorOf(() => new Folders(base).makeFor(join(base, path)))
        expect(error, path).toBeInstanceOf(FileError)
        expect(error, path).toMatchObject({ code: 'GDL_ERR_UNSAFE_PATH' })
      }
      expect(readdirSync(outside)).toEqual([])
      expect(readdirSync(base).sort()).toEqual(['a', 'indirect', 'link', 'root', 'up'])
    },
  )

  it.skipIf(isWindows)(
    'refuses a folder beside the base whose name begins as the base’s does',
    () => {
      const parent = temporaryFolder()
      const base = join(parent, 'out')
      mkdirSync(base)
      mkdirSync(join(parent, 'out-side'))
      symlinkSync(join(parent, 'out-side'), join(base, 'link'))
      const error = errorOf(() => new Folders(base).makeFor(join(base, 'link', 'b', 'c')))
      expect(error).toMatchObject({ code: 'GDL_ERR_UNSAFE_PATH' })
      expect(readdirSync(join(parent, 'out-side'))).toEqual([])
    },
  )

  it.skipIf(isWindows)('takes links that stay inside, and a base that is a link itself', () => {
    const real = temporaryFolder()
    const base = join(temporaryFolder(), 'base')
    symlinkSync(real, base)
    mkdirSync(join(real, 'a'))
    symlinkSync('a', join(real, 'link'))
    new Folders(base).makeFor(join(base, 'link', 'b', 'file'))
    expect(readdirSync(join(real, 'a'))).toEqual(['b'])
  })

  it.skipIf(isWindows)('says that a link leads nowhere', () => {
    const base = temporaryFolder()
    symlinkSync(join(base, 'nothing'), join(base, 'link'))
    const error = errorOf(() => new Folders(base).makeFor(join(base, 'link', 'b')))
    expect(error).toBeInstanceOf(FileError)
    expect(readdirSync(base)).toEqual(['link'])
  })

  it('makes what is asked for, and nothing else, whatever the names', () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const paths = fc.array(fc.array(name, { minLength: 1, maxLength: 4 }), { maxLength: 10 })
    fc.assert(
      fc.property(paths, (given) => {
        const base = temporaryFolder()
        const folders = new Folders(base)
        const expected = new Set<string>()
        for (const names of given) {
          folders.makeFor(join(base, ...names, 'file'))
          for (let depth = 1; depth <= names.length; depth++) {
            expected.add(join(...names.slice(0, depth)))
          }
        }
        const made = readdirSync(base, { recursive: true }).map(String)
        expect(made.sort()).toEqual([...expected].sort())
      }),
      { numRuns: 50 },
    )
  })
})

describe('what is at a path', () => {
  it('is told without following links', () => {
    const base = temporaryFolder()
    writeFileSync(join(base, 'file'), '')
    mkdirSync(join(base, 'folder'))
    const folders = new Folders(base)
    const kinds = (...names: string[]) => names.map((name) => folders.whatIsAt(join(base, name)))
    expect(kinds('nothing', 'file', 'folder', 'no/such')).toEqual([
      'nothing',
      'file',
      'folder',
      'nothing',
    ])
    if (isWindows) return
    symlinkSync(join(base, 'folder'), join(base, 'link'))
    symlinkSync(join(base, 'gone'), join(base, 'dangling'))
    expect(kinds('link', 'dangling')).toEqual(['file', 'file'])
  })
})
