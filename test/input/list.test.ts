import { gzipSync } from 'node:zlib'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Item } from '../../src/download/entry.ts'
import { readSource } from '../../src/input/index.ts'
import { run } from '../../src/scheduler/index.ts'
import { entriesOf, readList, tryList } from './reading.ts'

const TEXT = 'http://a.example/x\n  out=y\n'
const JSON_LINE = '{"url": "http://a.example/x", "out": "y"}\n'
const METALINK = `<?xml version="1.0"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink">
<file name="y"><url>http://a.example/x</url></file></metalink>
`
const FORMATS = { text: TEXT, 'JSON Lines': JSON_LINE, Metalink: METALINK }

describe.each(Object.entries(FORMATS))('%s', (_, list) => {
  const expected = [{ urls: ['http://a.example/x'], out: 'y' }]

  it.each([
    ['as it is', list],
    ['with CRLF', list.replaceAll('\n', '\r\n')],
    ['after a byte order mark', `\ufeff${list}`],
    [
      'after blank lines and comments',
      `\ufeff\n# a {comment} <of> it\r\n  # another\n \t\n${list}`,
    ],
    ['packed by gzip', gzipSync(list)],
    ['packed in two members', Buffer.concat([gzipSync(list.slice(0, 9)), gzipSync(list.slice(9))])],
    ['without a line feed at its end', list.trimEnd()],
  ])('is told from its content %s, whatever its chunks', async (__, bytes) => {
    for (const chunkBytes of [1, 2, 7, 100_000]) {
      expect(entriesOf(await readList(bytes, chunkBytes))).toEqual(expected)
    }
  })

  it('counts the lines before it', async () => {
    const lineOf = ([item]: Item[]): unknown => item?.kind === 'entry' && item.entry.source
    const line = list === METALINK ? 5 : 3
    expect(lineOf(await readList(`\n# x\n${list}`))).toBe(`standard input:${line}`)
  })
})

describe('a list', () => {
  it('may be empty, or of comments alone', async () => {
    for (const list of ['', '\n', '# nothing', '\ufeff', '\xef', gzipSync('')]) {
      const { items, error } = await tryList(list)
      expect(error).toBeUndefined()
      expect(items.filter((item) => item.kind === 'entry')).toEqual([])
    }
  })

  it('that begins with a setting is told so', async () => {
    expect(await readList('  out=x\n')).toMatchObject([
      { kind: 'bad', message: /no URL above/, written: ' out=x' },
    ])
  })

  it('in UTF-16 is told so', async () => {
    await expect(readList(Buffer.from('\ufeffhttp://a/', 'utf16le'))).rejects.toThrow(/UTF-16/)
  })

  it('gives each entry of a pipe as its line ends, before the pipe does', async () => {
    for (const line of ['http://a/x\n', '{"url": "http://a/x"}\n']) {
      const pipe = new PassThrough()
      const items: Item[] = []
      const ended = run(() =>
        readSource(
          '-',
          () => pipe,
          (item) => items.push(item),
        ),
      )
      pipe.write(line)
      await expect.poll(() => items.length, { interval: 5 }).toBe(1)
      pipe.end(line)
      await ended
      expect(items).toHaveLength(2)
    }
  })
})

describe('a packed list', () => {
  const lines = Array.from({ length: 5000 }, (_, index) => `http://a.example/${index * 7919}\n`)
  const packed = gzipSync(lines.join(''))

  it('that is torn gives what it held, and an error that names it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gdl-input-'))
    const file = join(folder, 'urls.txt.gz')
    writeFileSync(file, packed.subarray(0, packed.length - 200))
    const items: Item[] = []
    const ended = run(() =>
      readSource(
        file,
        () => process.stdin,
        (item) => items.push(item),
      ),
    )
    await expect(ended).rejects.toThrow(`${file}: the gzip data breaks off`)
    expect(items.length).toBeGreaterThan(1000)
  })

  it('that is damaged is an error', async () => {
    const { error } = await tryList(Buffer.concat([packed.subarray(0, 100), Buffer.alloc(100, 1)]))
    expect(String(error)).toMatch(/standard input: the gzip data (is damaged|breaks off)/)
    expect(String((await tryList('\x1fnot gzip')).error)).toMatch(/gzip data is damaged/)
  })

  it('may be a bomb, which is never held in memory', async () => {
    const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024, '#\n'))
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
    }, 5)
    expect(await readList(bomb)).toEqual([])
    clearInterval(watch)
    expect(most).toBeLessThan(64 * 1024 * 1024)
  }, 30_000)
})

describe('nothing crashes on', () => {
  const settled = async (list: string | Uint8Array): Promise<void> => {
    const { error } = await tryList(list)
    if (error !== undefined) expect(error).toMatchObject({ code: 'GDL_ERR_LIST' })
  }

  it('random bytes', async () => {
    const start = fc.constantFrom('', '{', '<', '\x1f\x8b\x08', '\ufeff', 'http://a/\n  ')
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 200 }), async (head, rest) =>
        settled(Buffer.concat([Buffer.from(head, 'latin1'), rest])),
      ),
      { numRuns: 4000 },
    )
  })

  it('random JSON', async () => {
    const keys = fc.constantFrom(
      'url',
      'out',
      'dir',
      'checksum',
      'headers',
      'size',
      '__proto__',
      'x',
    )
    const values = fc.oneof(fc.jsonValue(), fc.string(), fc.constant('http://a/'))
    const line = fc.oneof(fc.jsonValue(), fc.dictionary(keys, values))
    await fc.assert(
      fc.asyncProperty(fc.array(line), async (lines) =>
        settled(`{}\n${lines.map((value) => JSON.stringify(value)).join('\n')}`),
      ),
      { numRuns: 3000 },
    )
  })

  it('random XML', async () => {
    const piece = fc.oneof(
      fc.constantFrom('<file name="a">', '</file>', '<url>', '</url>', 'http://a/', '<size>', '7'),
      fc.constantFrom(
        '</size>',
        '<pieces length="4" type="md5">',
        '</pieces>',
        '<hash>',
        '</hash>',
      ),
      fc.constantFrom(
        '<a hasOwnProperty="1" __proto__="2">',
        '<x:y>',
        '<![CDATA[',
        ']]>',
        '&#x41;',
      ),
      fc.constantFrom(
        '&lol;',
        '<!--',
        '-->',
        '<!DOCTYPE a [',
        '<?xml version="1.0"?>',
        '</metalink>',
      ),
      fc.string(),
    )
    const root = fc.constantFrom('<metalink xmlns="urn:ietf:params:xml:ns:metalink">', '<', '<m>')
    await fc.assert(
      fc.asyncProperty(root, fc.array(piece), async (head, pieces) =>
        settled(head + pieces.join('')),
      ),
      { numRuns: 3000 },
    )
  })
})
