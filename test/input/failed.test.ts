import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entry, Item } from '../../src/download/entry.ts'
import { entryText, unusableText } from '../../src/input/failed.ts'
import { LineSplitter } from '../../src/input/lines.ts'
import { TextParser } from '../../src/input/text.ts'
import { entriesOf } from './reading.ts'

/** What a list of these bytes gives. */
function read(text: string): Item[] {
  const splitter = new LineSplitter('failed.txt')
  const parser = new TextParser('failed.txt')
  const lines = [...splitter.feed(Buffer.from(text)), ...splitter.end()]
  return [...lines.flatMap((line) => parser.line(line)), ...parser.flush()]
}

const FULL: Entry = {
  urls: ['http://a.example/x', 'https://b.example/x'],
  source: 'old.txt:7',
  out: 'folder/#1 = x.iso',
  dir: 'isos',
  checksum: { algorithm: 'sha256', hex: 'ab'.repeat(32) },
  headers: [
    ['X-One', '1'],
    ['X-Empty', ''],
  ],
  referer: 'http://r.example/',
  userAgent: 'agent/7 (x)',
  size: 0,
  pieces: { algorithm: 'md5', lengthBytes: 4, hexes: ['0f'.repeat(16), 'f0'.repeat(16)] },
}

describe('the text of an entry', () => {
  it('has its mirrors on one line, and its settings below', () => {
    expect(entryText(FULL)).toBe(`http://a.example/x\thttps://b.example/x
  out=folder/#1 = x.iso
  dir=isos
  checksum=sha-256=${'ab'.repeat(32)}
  header=X-One: 1
  header=X-Empty: \n  referer=http://r.example/
  user-agent=agent/7 (x)
  size=0
  pieces=md5 4 ${'0f'.repeat(16)} ${'f0'.repeat(16)}
`)
  })

  it('reads back to the same entry', () => {
    const { source: _, ...expected } = FULL
    expect(entriesOf(read(entryText(FULL)))).toEqual([expected])
  })

  it('holds the hashes of many pieces', () => {
    const hexes = Array.from({ length: 1001 }, (_, index) => index.toString(16).padStart(128, '0'))
    const entry: Entry = {
      urls: ['http://a/'],
      pieces: { algorithm: 'sha512', lengthBytes: 2 ** 40, hexes },
    }
    expect(entriesOf(read(entryText(entry)))).toEqual([entry])
  })
})

describe('the text of an unusable line', () => {
  const bad = (...lines: string[]): string => {
    const items = read(lines.join('\n')).filter((item) => item.kind === 'bad')
    return items.map(unusableText).join('')
  }

  it('is the line as it was, with its settings, and why', () => {
    expect(bad('example.com/x', '  out=y')).toBe(
      '# failed.txt:1: not a URL: write http:// or https:// in front\nexample.com/x\n  out=y\n',
    )
    expect(bad('http://a/x', '  size=lots', '  header=A: b')).toMatch(
      /^# failed.txt:2: .*\nhttp:\/\/a\/x\n {2}size=lots\n {2}header=A: b\n$/,
    )
  })

  it('is a comment where it would be taken for something else', () => {
    for (const line of ['  out=orphan', '{"url": 1}', '<html>', '[']) {
      expect(bad(line)).toMatch(/^# .*\n# .*\n$/)
      expect(bad(line)).toContain(`# ${line}\n`)
    }
  })

  it('is no line where there is none', () => {
    const item = { kind: 'bad', source: 'a.meta4:3', text: 'x', message: 'no URL' } as const
    expect(unusableText(item)).toBe('# a.meta4:3: no URL\n')
  })
})

it('reads back what it wrote: any list of entries, and unusable lines between them', () => {
  const setting = fc
    .tuple(
      fc.constantFrom(
        'out',
        'dir',
        'referer',
        'user-agent',
        'size',
        'header',
        'checksum',
        'pieces',
      ),
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('7K', 'X-A: b', `md5=${'0'.repeat(32)}`, `md5 5 ${'a'.repeat(32)}`),
      ),
    )
    .map(([key, value]) => `  ${key}=${value}`)
  const url = fc.oneof(
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string(),
    fc.constantFrom('http://a/x', 'http://b/y\thttps://c/ü', '{', '<', 'http://u:p@h/'),
  )
  const block = fc.tuple(url, fc.array(setting, { maxLength: 4 })).map((lines) => lines.flat())
  fc.assert(
    fc.property(fc.array(block), (blocks) => {
      const items = read(blocks.flat().join('\n')).filter((item) => item.kind !== 'warning')
      const written = items
        .map((item) => (item.kind === 'entry' ? entryText(item.entry) : unusableText(item)))
        .join('')
      const again = read(written).filter((item) => item.kind === 'entry')
      expect(entriesOf(again)).toEqual(entriesOf(items.filter((item) => item.kind === 'entry')))
    }),
    { numRuns: 500 },
  )
})
