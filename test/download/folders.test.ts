import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Folders } from '../../src/download/folders.ts'
import { FileError } from '../../src/errors.ts'
import { errorOf } from '../scheduler/helpers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const isWindows = process.platform === 'win32'

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

describe('what an earlier run has left', () => {
  it('is a part file, or a journal that is not beside a whole file', () => {
    const base = temporaryFolder()
    for (const name of ['a.gdl.part', 'b.gdl.json', 'c', 'c.gdl.json', 'd.gdl.json.new']) {
      writeFileSync(join(base, name), '')
    }
    const folders = new Folders(base)
    const paths = ['a', 'b', 'c', 'd'].map((name) => join(base, name))
    for (const path of paths) folders.whatIsAt(path)
    expect(paths.map((path) => folders.hasLeft(path))).toEqual([true, true, false, false])
  })
})
