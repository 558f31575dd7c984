import { describe, expect, it } from 'vitest'
import type { Item } from '../../src/download/entry.ts'
import { JsonLinesParser } from '../../src/input/json-lines.ts'

function parse(...lines: unknown[]): Item[] {
  const parser = new JsonLinesParser('urls.jsonl')
  return lines.flatMap((line) =>
    parser.line(typeof line === 'string' ? line : JSON.stringify(line)),
  )
}

const URL_ = 'http://a.example/x'

describe('JSON Lines', () => {
  it('have an object a line, with all settings', () => {
    const items = parse('', ' # a comment', {
      url: [URL_, 'HTTPS://b.example/x#part', URL_],
      out: ' folder/name.iso ',
      dir: 'isos',
      checksum: `SHA-256=${'AB'.repeat(32)}`,
      headers: { 'X-One': '1', 'X-Two': ['2', '3'] },
      referer: 'http://r.example/',
      'user-agent': 'agent/7',
      size: 0,
    })
    expect(items).toEqual([
      {
        kind: 'entry',
        entry: {
          urls: [URL_, 'https://b.example/x'],
          source: 'urls.jsonl:3',
          out: 'folder/name.iso',
          dir: 'isos',
          checksum: { algorithm: 'sha256', hex: 'ab'.repeat(32) },
          headers: [
            ['X-One', '1'],
            ['X-Two', '2'],
            ['X-Two', '3'],
          ],
          referer: 'http://r.example/',
          userAgent: 'agent/7',
          size: 0,
        },
      },
    ])
  })

  it('warn of an unknown key once, and take the entry', () => {
    const items = parse({ url: URL_, name: 1 }, { url: URL_, name: 2, 'a secret': 3 })
    expect(items.map((item) => item.kind)).toEqual(['warning', 'entry', 'warning', 'entry'])
    expect(items[0]).toMatchObject({ source: 'urls.jsonl:1', message: /key name is not known/ })
    expect(JSON.stringify(items)).not.toContain('secret')
  })

  it('that are an array end the list', () => {
    expect(() => parse('[')).toThrow(/urls.jsonl:1: an array/)
  })

  it('that are no objects fail by themselves; so do those that are too long', () => {
    const bad = ['[1]', 'null', '7', '"http://a/"', 'http://a/', `{"url":"${URL_}"\n`]
    const items = parse({ url: URL_ }, ...bad, { url: URL_ })
    expect(items.map((item) => item.kind)).toEqual(['entry', ...bad.map(() => 'bad'), 'entry'])
    expect(items.at(-2)).toEqual({
      kind: 'bad',
      source: 'urls.jsonl:7',
      text: '{…}',
      message: 'the line is longer than 64 KiB',
    })
  })
})

describe('a bad object', () => {
  it.each([
    [{}, /there is no url/],
    [{ url: 7 }, /url is a string, or an array/],
    [{ url: [] }, /url is a string, or an array/],
    [{ url: [URL_, null] }, /url is a string, or an array/],
    [{ url: null }, /url is a string/],
    [{ url: 'a.example/x' }, /not a URL: write http/],
    [{ url: [URL_, 'ftp://a/'] }, /URL 2 of 2: the scheme ftp/],
    [{ url: URL_, out: 7 }, /out is a string/],
    [{ url: URL_, out: null }, /out is a string/],
    [{ url: URL_, out: ' ' }, /out has no value/],
    [{ url: URL_, out: 'a\nb' }, /out holds a CR, LF or NUL/],
    [{ url: URL_, dir: 'a\0' }, /dir holds a CR, LF or NUL/],
    [{ url: URL_, checksum: 'sha-256=ab' }, /64 hexadecimal digits, not 2/],
    [{ url: URL_, checksum: { 'sha-256': 'ab' } }, /checksum is a string/],
    [{ url: URL_, headers: ['X: 1'] }, /headers is an object/],
    [{ url: URL_, headers: { X: 1 } }, /each of headers is a string/],
    [{ url: URL_, headers: { X: 'a\r\nY: b' } }, /CR, LF or NUL/],
    [{ url: URL_, headers: { 'X:Y': 'a' } }, /name holds no colon/],
    [{ url: URL_, headers: { 'X Y': 'a' } }, /header's name has a character/],
    [{ url: URL_, size: '7' }, /size is a whole number/],
    [{ url: URL_, size: 1.5 }, /size is a whole number/],
    [{ url: URL_, size: -1 }, /size is a whole number/],
    [{ url: URL_, size: 1e300 }, /size is a whole number/],
    [`{"url": "${URL_}", "out": "\\ud800"}`, /not well-formed Unicode/],
    [`{"url": "${URL_}"`, /not JSON, .*one whole object a line/],
    [`{"url": "${URL_}"}}`, /not JSON, at character 31/],
    ['null', /a line is one object/],
    [URL_, /not JSON/],
  ])('%j fails by itself, named by its line', (line, message) => {
    const items = parse({ url: URL_ }, line, { url: URL_ })
    expect(items.map((item) => item.kind)).toEqual(['entry', 'bad', 'entry'])
    expect(items[1]).toMatchObject({ source: 'urls.jsonl:2', message })
  })

  it('is shown without its secrets', () => {
    const [first, second] = parse(
      { url: 'http://me:secret@[/', headers: { A: 'secret' } },
      '{"headers": {"A": "secret"}, "url": nonsense}',
    )
    for (const item of [first, second]) {
      const { written: _, ...shown } = item as Extract<Item, { kind: 'bad' }>
      expect(JSON.stringify(shown)).not.toContain('secret')
    }
    expect(first).toMatchObject({ text: 'http://***@[/' })
    expect(second).toMatchObject({ text: '{…}' })
  })
})
