import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import {
  expandTemplate,
  MAX_NAME_BYTES,
  nameFromUrl,
  Names,
  safeName,
  safePath,
} from '../../src/download/name.ts'

/** What has made holes before. */
const PARTS = [
  ...'. .. / \\ CON nul com¹ LPT9 conin$ : C: ~ - %2f é 𝄞 x .txt .gdl.part ? * | "'.split(' '),
  ...' ,\0,\n,\ud800,\udc00,\u202e,\u0085'.split(','),
  ...['a', '𝄞', '.', ' '].map((character) => character.repeat(120)),
]

/** Strings that look for holes: anything, and much of the above. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom(...PARTS)).map((parts) => parts.join('')),
)

const DEVICE = /^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$) *(\.|$)/i

function expectSafe(name: string): void {
  expect(name).not.toBe('')
  expect(name).not.toMatch(
    /[/\\<>:"|?*\p{Cc}\p{Surrogate}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u,
  )
  expect(name).not.toMatch(/[ .]$/)
  expect(name).not.toMatch(DEVICE)
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(MAX_NAME_BYTES)
  expect(Buffer.from(name).toString()).toBe(name)
}

describe('a safe name', () => {
  it.each([
    ['file.txt', 'file.txt'],
    ['naïve 𝄞.txt', 'naïve 𝄞.txt'],
    ['.bashrc', '.bashrc'],
    ['~x', '~x'],
    ['', 'index.html'],
    ['.', 'index.html'],
    ['..', 'index.html'],
    [' . . ', 'index.html'],
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['/etc/passwd', '_etc_passwd'],
    ['C:\\x', 'C__x'],
    ['a\0b\nc\u0085d\u007f', 'a_b_c_d_'],
    ['photo\u202egpj.exe', 'photo_gpj.exe'],
    ['con', '_con'],
    ['CON.tar.gz', '_CON.tar.gz'],
    ['nul .txt', '_nul .txt'],
    ['COM¹', '_COM¹'],
    ['CONOUT$.x', '_CONOUT$.x'],
    ['console.log', 'console.log'],
    ['com10', 'com10'],
    ['name. . ', 'name'],
    ['\ud800x', '_x'],
  ])('of %j is %j', (raw, name) => {
    expect(safeName(raw)).toBe(name)
  })

  it('is cut between code points, and keeps its extension', () => {
    const name = safeName(`${'𝄞'.repeat(100)}.tar.gz`)
    expect(name).toMatch(/^𝄞+\.gz$/u)
    expect(Buffer.byteLength(name)).toBeGreaterThan(MAX_NAME_BYTES - 4)
    expect(safeName(`a.${'b'.repeat(300)}`)).toBe(`a.${'b'.repeat(MAX_NAME_BYTES - 2)}`)
  })

  it('is no device after it was cut', () => {
    expectSafe(safeName(`CON${' '.repeat(300)}x.txt`))
  })

  it('is safe whatever it was made of, and stays as it is when made again', () => {
    fc.assert(
      fc.property(hostile, (raw) => {
        const name = safeName(raw)
        expectSafe(name)
        expect(safeName(name)).toBe(name)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a safe path', () => {
  it.each([
    ['a/b/c.txt', 'a/b/c.txt'],
    ['a\\b', 'a/b'],
    ['/etc/passwd', 'etc/passwd'],
    ['C:\\Users\\x', 'Users/x'],
    ['C:x', 'C_x'],
    ['\\\\server\\share', 'server/share'],
    ['./a//b/./c/', 'a/b/c'],
    ['../../a', 'a'],
    ['a/../b', 'a/b'],
    ['a/. ./...', 'a'],
    ['nul/aux.txt', '_nul/_aux.txt'],
    ['..', ''],
    ['/', ''],
    ['', ''],
  ])('of %j is %j', (raw, path) => {
    expect(safePath(raw)).toBe(path)
  })

  it('is relative and safe in each part, whatever it was made of, and stays as it is', () => {
    fc.assert(
      fc.property(hostile, (raw) => {
        const path = safePath(raw)
        if (path !== '') path.split('/').forEach(expectSafe)
        expect(safePath(path)).toBe(path)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the name from a URL', () => {
  it.each([
    ['http://h.example/a/b.txt', 'b.txt'],
    ['http://h.example/a/b.txt?c=/d', 'b.txt'],
    ['http://h.example/a%20b%C3%A9%F0%9D%84%9E.txt', 'a bé𝄞.txt'],
    ['http://h.example/100%', '100%'],
    ['http://h.example/%zz%20%ff%C0%AF%ED%A0%80%41', '%zz %ff%C0%AF%ED%A0%80A'],
    ['http://h.example/%2525', '%25'],
    ['http://h.example/x%2F..%2F..%2Fetc%2Fpasswd', 'x_.._.._etc_passwd'],
    ['http://h.example/%2e%2e%5c%00', '..__'],
    ['http://h.example/', 'index.html'],
    ['http://h.example/folder/?x', 'index.html'],
    ['http://h.example', 'index.html'],
    ['http://h.example/a:b', 'a_b'],
  ])('%s is %j', (href, name) => {
    expect(nameFromUrl(href)).toBe(name)
  })

  it('is safe for every URL, and no URL makes it throw', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), hostile, (url, text) => {
        expectSafe(nameFromUrl(new URL(url).href))
        expectSafe(nameFromUrl(new URL(`http://h.example/${text}`).href))
      }),
    )
  })
})

describe('a template', () => {
  const values = { href: 'https://u@h.example:8443/a/b%20c/d.tar.gz?q', name: 'd.tar.gz', index: 7 }

  it.each([
    ['{name}', 'd.tar.gz'],
    ['{stem}.{ext}', 'd.tar.gz'],
    ['{stem}-{index}.{ext}', 'd.tar-7.gz'],
    ['{host}/{path}/{name}', 'h.example/a/b c/d.tar.gz'],
    ['{host}/', 'h.example/d.tar.gz'],
    ['', 'd.tar.gz'],
    ['../../{name}', 'd.tar.gz'],
    ['/abs/{index}', 'abs/7'],
    ['{{name}}-{index}', '{name}-7'],
    ['a{b', 'a{b'],
  ])('%j gives %j', (template, path) => {
    expect(expandTemplate(template, values)).toBe(path)
  })

  it('refuses a word that it does not know, and names those that it does', () => {
    expect(() => expandTemplate('{nmae}', values)).toThrow(UsageError)
    expect(() => expandTemplate('{constructor}', values)).toThrow(
      /\{constructor\}.*\{name\} \{stem\} \{ext\} \{host\} \{path\} \{index\}/,
    )
  })

  it('makes folders of the slashes of a path, and of no encoded one', () => {
    const href = 'http://h.example/..%2f..%2fetc/%2e%2e%5cx/y'
    expect(expandTemplate('{path}/{name}', { href, name: 'a/b', index: 1 })).toBe(
      '.._.._etc/.._x/a_b',
    )
  })

  it('gives the name back as {stem}.{ext}', () => {
    fc.assert(
      fc.property(hostile, (raw) => {
        const name = safeName(raw)
        expect(expandTemplate('{stem}.{ext}', { ...values, name })).toBe(name)
      }),
    )
  })
})

describe('the names of a run', () => {
  function claimAll(paths: readonly string[], platform: NodeJS.Platform = 'linux'): string[] {
    const names = new Names(platform)
    return paths.map((path) => names.claim(path))
  }

  it('are numbered before the last extension, the first comer keeping its own', () => {
    expect(claimAll(['a.txt', 'a.txt', 'b', 'a.txt', 'b'])).toEqual([
      'a.txt',
      'a.1.txt',
      'b',
      'a.2.txt',
      'b.1',
    ])
    expect(claimAll(['a.tar.gz', 'a.tar.gz', '.bashrc', '.bashrc', 'd.x/f', 'd.x/f'])).toEqual([
      'a.tar.gz',
      'a.tar.1.gz',
      '.bashrc',
      '.bashrc.1',
      'd.x/f',
      'd.x/f.1',
    ])
  })

  it('pass by a number that is a name already', () => {
    expect(claimAll(['a.1.txt', 'a.txt', 'a.txt'])).toEqual(['a.1.txt', 'a.txt', 'a.2.txt'])
  })

  it.each(['.gdl.part', '.gdl.json'])('never are the %s of another', (suffix) => {
    const beside = `a.txt${suffix}`
    expect(claimAll(['a.txt', beside])[1]).not.toBe(beside)
    expect(claimAll([beside, 'a.txt'])).toEqual([beside, 'a.1.txt'])
  })

  it('never make a folder of a file', () => {
    expect(claimAll(['a', 'a/b', 'a/c/d', 'a/b'])).toEqual(['a', 'a.1/b', 'a.1/c/d', 'a.1/b.1'])
    expect(claimAll(['a/b/c', 'a', 'a/b'])).toEqual(['a/b/c', 'a.1', 'a/b.1'])
  })

  it('differ by more than case or normal form on macOS and Windows alone', () => {
    const paths = ['\u00e9.txt', 'E\u0301.TXT', 'e\u0301.txt']
    expect(new Set(claimAll(paths, 'linux'))).toEqual(new Set(paths))
    for (const platform of ['darwin', 'win32'] as const) {
      expect(claimAll(paths, platform)).toEqual(['\u00e9.txt', 'E\u0301.1.TXT', 'e\u0301.2.txt'])
    }
  })

  it('stand apart from all others: paths, part files, journals, folders', () => {
    const segment = fc.constantFrom(
      'a',
      'A',
      'a.1',
      'a.gdl.part',
      'a.1.gdl.json',
      'a.gdl.part.gdl.part',
    )
    const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
    const platforms = fc.constantFrom<NodeJS.Platform>('linux', 'darwin')
    fc.assert(
      fc.property(fc.array(path, { maxLength: 30 }), platforms, (paths, platform) => {
        const claimed = claimAll(paths, platform)
        const fold = (text: string): string => (platform === 'linux' ? text : text.toLowerCase())
        const files = claimed.flatMap((name) =>
          ['', '.gdl.part', '.gdl.json'].map((suffix) => fold(name + suffix)),
        )
        expect(new Set(files).size).toBe(files.length)
        const folders = claimed.flatMap((name) =>
          name.split('/').map((_, depth, parts) => fold(parts.slice(0, depth).join('/'))),
        )
        expect(files.filter((file) => folders.includes(file))).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })

  it('are those of a naive model, where nothing is in the way but namesakes', () => {
    const path = fc.constantFrom<string>('a', 'b.x', 'a.1', 'a.2', 'b.1.x', '.c')
    fc.assert(
      fc.property(fc.array(path, { maxLength: 30 }), (paths) => {
        const taken = new Set<string>()
        const model = paths.map((wanted) => {
          let name = wanted
          for (let n = 1; taken.has(name); n++) {
            name = /.\.[^.]*$/.test(wanted)
              ? wanted.replace(/\.[^.]*$/, `.${n}$&`)
              : `${wanted}.${n}`
          }
          taken.add(name)
          return name
        })
        expect(claimAll(paths)).toEqual(model)
      }),
    )
  })

  it('take no longer each when a hundred thousand are equal', () => {
    const names = new Names('linux')
    let last = ''
    for (let i = 0; i < 100_000; i++) last = names.claim('same.bin')
    expect(last).toBe('same.99999.bin')
  })
})
