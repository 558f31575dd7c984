/**
 * docs/inputs.md shows what the parsers take: each of its examples is read here, by the door that the
 * command uses, and gives what the page says.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Item } from '../src/download/entry.ts'
import { entryText, readChecksums, unusableText } from '../src/input/index.ts'
import { entriesOf, readList } from './input/reading.ts'

const page = readFileSync(new URL('../docs/inputs.md', import.meta.url), 'utf8')

/** The example under each heading that has one. */
const examples = new Map(
  page.split(/^## /m).flatMap((section): [string, string][] => {
    const example = /^```\w+\n([^]*?)^```$/m.exec(section)?.[1]
    return example === undefined ? [] : [[section.slice(0, section.indexOf('\n')), example]]
  }),
)

function example(heading: string): string {
  const text = examples.get(heading)
  if (text === undefined) throw new Error(`docs/inputs.md has no example under ${heading}`)
  return text
}

const FOO_SHA1 = '0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33'
const BAR_SHA1 = '62cdb7020ff920e5aa642c3d4066950dd1f01f4d'
const FOO_SHA256 = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae'
const FOOBAR_SHA256 = 'c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f2'

/** What the text and the gzip of it give. */
const TEXT = [
  { urls: ['https://example.org/a.pdf'] },
  {
    urls: ['https://example.org/b.iso', 'https://mirror.example/b.iso'],
    out: 'images/b.iso',
    checksum: { algorithm: 'sha256', hex: FOO_SHA256 },
    size: 700 * 1024 * 1024,
    headers: [
      ['Authorization', 'Bearer secret'],
      ['X-Trace', '1'],
    ],
  },
]

/** What the Metalink gives, and what --failed writes of it. */
const METALINK = {
  urls: ['https://example.org/b.iso', 'https://mirror.example/b.iso'],
  out: 'images/b.iso',
  size: 6,
  checksum: { algorithm: 'sha256', hex: FOOBAR_SHA256 },
  pieces: { algorithm: 'sha1', lengthBytes: 3, hexes: [FOO_SHA1, BAR_SHA1] },
}

function textOf(item: Item): string {
  if (item.kind === 'entry') return entryText(item.entry)
  return item.kind === 'bad' ? unusableText({ ...item, source: 'urls.txt:17' }) : ''
}

describe('each example of docs/inputs.md', () => {
  it('is read by a test', () => {
    const read = ['Text', "aria2's form", 'JSON Lines', 'Metalink 4', 'Lists of checksums']
    expect([...examples.keys()]).toEqual([...read, 'What `--failed` writes'])
    expect(page.match(/^```\w+$/gm)).toHaveLength(examples.size)
  })

  it('as text gives its mirrors and settings, packed by gzip too', async () => {
    const text = example('Text')
    expect(entriesOf(await readList(text))).toEqual(TEXT)
    expect(entriesOf(await readList(gzipSync(text)))).toEqual(TEXT)
  })

  it("in aria2's form warns of what gdl has not, and takes the rest", async () => {
    const items = await readList(example("aria2's form"))
    expect(items.flatMap((item) => (item.kind === 'warning' ? [item.message] : []))).toEqual([
      'the setting split is not known to gdl, and is left out',
    ])
    expect(entriesOf(items.filter(({ kind }) => kind === 'entry'))).toEqual([
      {
        urls: ['http://a.example/f.iso', 'http://b.example/f.iso'],
        dir: '/iso',
        out: 'f.iso',
        checksum: { algorithm: 'sha1', hex: FOO_SHA1 },
      },
    ])
  })

  it('as JSON Lines gives an entry a line', async () => {
    expect(entriesOf(await readList(example('JSON Lines')))).toEqual([
      { urls: ['https://example.org/a.pdf'] },
      {
        urls: ['https://example.org/b.iso', 'https://mirror.example/b.iso'],
        out: 'b.iso',
        dir: 'images',
        size: 1234,
      },
      {
        urls: ['https://example.org/c'],
        headers: [
          ['Accept', 'text/csv'],
          ['X-Tag', 'one'],
          ['X-Tag', 'two'],
        ],
        referer: 'https://example.org/',
      },
    ])
  })

  it('as Metalink goes by priority, and by the strongest hash', async () => {
    expect(entriesOf(await readList(example('Metalink 4')))).toEqual([METALINK])
  })

  it('as a list of checksums names each file by its place below --dir', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gdl-docs-'))
    try {
      const path = join(folder, 'SUMS')
      writeFileSync(path, example('Lists of checksums'))
      const algorithms = [...readChecksums(path)].map(([name, { algorithm }]) => [name, algorithm])
      expect(algorithms).toEqual([
        ['a.txt', 'md5'],
        ['images/b.iso', 'sha256'],
        ['c.txt', 'sha512'],
        ['d.txt', 'sha256'],
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('of --failed is what is written of the Metalink, and reads back to it', async () => {
    const text = example('What `--failed` writes')
    const items = await readList(text)
    expect(items.map(({ kind }) => kind)).toEqual(['entry', 'bad'])
    expect(items.map(textOf).join('')).toBe(text)
    expect(entriesOf(items.slice(0, 1))).toEqual([METALINK])
  })
})
