import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Item } from '../../src/download/entry.ts'
import { TextParser } from '../../src/input/text.ts'

function parse(...lines: string[]): Item[] {
  const parser = new TextParser('urls.txt')
  return [...lines.flatMap((line) => parser.line(line)), ...parser.flush()]
}

/** The one item of a list that has one bad entry. */
function badOf(...lines: string[]): Extract<Item, { kind: 'bad' }> {
  const items = parse(...lines)
  expect(items.map((item) => item.kind)).toEqual(['bad'])
  return items[0] as Extract<Item, { kind: 'bad' }>
}

const SHA256 = 'ab'.repeat(32)

describe('the text format', () => {
  it('has a download a line, named by its place', () => {
    expect(parse('# a list', '', 'http://a.example/1', '   ', 'HTTP://A.example/2#x')).toEqual([
      { kind: 'entry', entry: { urls: ['http://a.example/1'], source: 'urls.txt:3' } },
      { kind: 'entry', entry: { urls: ['http://a.example/2'], source: 'urls.txt:5' } },
    ])
  })

  it('has mirrors in their order, separated by TABs or spaces, each once', () => {
    const [item] = parse('http://b.example/x\thttp://a.example/x   http://B.example/x ')
    expect(item).toMatchObject({ entry: { urls: ['http://b.example/x', 'http://a.example/x'] } })
  })

  it('reads every setting of an aria2 input file', () => {
    const items = parse(
      'http://a.example/x',
      '  out=folder/name with space=.iso',
      '\tdir = isos',
      '  # a comment',
      '',
      `  checksum=SHA-256=${SHA256.toUpperCase()}`,
      '  header=X-One: 1',
      '  header=X-Two:two: 2 ',
      '  referer=http://r.example/',
      '  user-agent=Mozilla/5.0 (x)',
      '  size=1K',
    )
    expect(items).toEqual([
      {
        kind: 'entry',
        entry: {
          urls: ['http://a.example/x'],
          source: 'urls.txt:1',
          out: 'folder/name with space=.iso',
          dir: 'isos',
          checksum: { algorithm: 'sha256', hex: SHA256 },
          headers: [
            ['X-One', '1'],
            ['X-Two', 'two: 2'],
          ],
          referer: 'http://r.example/',
          userAgent: 'Mozilla/5.0 (x)',
          size: 1024,
        },
      },
    ])
  })

  it('warns of an unknown key once, and takes the entry', () => {
    const items = parse('http://a/1', ' split=5', ' http-passwd=secret', 'http://a/2', ' split=5')
    expect(items.map((item) => item.kind)).toEqual(['warning', 'warning', 'entry', 'entry'])
    expect(items[0]).toMatchObject({ source: 'urls.txt:2', message: /setting split is not known/ })
    expect(JSON.stringify(items)).not.toContain('secret')
  })

  it('keeps absent what is not given', () => {
    const [item] = parse('http://a/1')
    expect(Object.keys((item as Extract<Item, { kind: 'entry' }>).entry)).toEqual([
      'urls',
      'source',
    ])
  })
})

describe('a bad line', () => {
  it('fails by itself; the others go on', () => {
    const items = parse('http://a/1', 'example.com/2', '  out=ignored', 'http://a/3')
    expect(items.map((item) => item.kind)).toEqual(['entry', 'bad', 'entry'])
    expect(items[1]).toEqual({
      kind: 'bad',
      source: 'urls.txt:2',
      text: 'example.com/2',
      message: 'not a URL: write http:// or https:// in front',
      written: 'example.com/2\n  out=ignored',
    })
  })

  it('takes all its mirrors along, and says which it was', () => {
    const bad = badOf('http://a.example/my file.txt')
    expect(bad.message).toMatch(/^URL 2 of 2: not a URL: .*%20/)
    expect(badOf('http://a/x ftp://a/x http://b/x').message).toMatch(/^URL 2 of 3: .*scheme ftp/)
  })

  it('that is a setting without its space is told so', () => {
    const items = parse('http://a/x', 'header=Authorization: Bearer secret')
    expect(items[1]).toMatchObject({
      kind: 'bad',
      text: 'header=Authorization: ***',
      message: /header is a setting: write it below its URL/,
    })
  })

  it('that is a setting without a URL is told so, and so is an indented URL', () => {
    expect(badOf('  out=x').message).toMatch(/no URL above/)
    expect(badOf('http://a/x', '  http://b/x?y=z').message).toMatch(/remove the space in front/)
  })

  it.each(['http://a/\rhttp://b/', 'http://a/\0', '\0'])('may not hold CR or NUL: %j', (line) => {
    expect(badOf(line).text).not.toMatch(/[\r\0]/)
  })

  it('that is too long is told so, whatever it begins with', () => {
    const items = parse(
      'http://a/1',
      'http://a/bbb\n',
      'http://b/1 http://b/2\n',
      '# a\n',
      'http://a/3',
    )
    expect(items).toMatchObject([
      { kind: 'entry' },
      { kind: 'bad', source: 'urls.txt:2', message: 'the line is longer than 64 KiB' },
      { kind: 'bad', source: 'urls.txt:3', message: 'the line is longer than 64 KiB' },
      { kind: 'entry' },
    ])
    expect(items[1]).not.toHaveProperty('written')
  })

  it('is cut and shown without passwords', () => {
    const bad = badOf(`http://me:secret@a/x http://me:secret@[/ ${'x'.repeat(60_000)}`)
    expect(bad.text).not.toContain('secret')
    expect(bad.text.length).toBeLessThan(250)
  })
})

describe('a bad setting', () => {
  it.each([
    ['checksum=sha-256=abcd', /64 hexadecimal digits, not 4/],
    [`checksum=sha-256=${'xy'.repeat(32)}`, /not hexadecimal/],
    [`checksum=sha-224=${'ab'.repeat(28)}`, /"sha-224" is not known: use md5/],
    ['checksum=abcd', /written as sha-256=HEX/],
    ['header=no colon', /written as Name: value/],
    ['header=Bad Name: x', /name has a character/],
    ['header=: x', /name has a character/],
    ['header=X-A: a\rX-B: b', /CR, LF or NUL/],
    ['header=X-A: a\r', /CR, LF or NUL/],
    ['header=X-A: a\u0007', /cannot hold/],
    ['header=X-A: \u{1f600}', /cannot hold/],
    ['user-agent=\u0001', /cannot hold/],
    ['size=lots', /is not a size/],
    ['size=-1', /is not a size/],
    ['out=', /no value/],
    ['out=a\0b', /CR, LF or NUL/],
    ['just words', /key=value/],
  ])('%j takes its entry along, named by its own line', (setting, message) => {
    const bad = badOf('http://a/x', `  ${setting}`, '  out=fine')
    expect(bad.source).toBe('urls.txt:2')
    expect(bad.message).toMatch(message)
    expect(bad.text).toBe('http://a/x')
  })

  it.each([
    ['header=X-Key: secret\u0007', 'header=X-Key: ***'],
    ['header=secret', 'header=***'],
    ['Authorization: secret', 'Authorization: ***'],
    ['referer=http://me:secret@a/\u0001', 'referer=http://a/\ufffd'],
  ])('%j is shown without its secret', (setting, text) => {
    const bad = badOf('http://a/x', ` ${setting}`)
    expect(bad.text).toBe('http://a/x')
    expect(bad.message.startsWith(`${text}: `)).toBe(true)
    expect(bad.message).not.toContain('secret')
  })

  it('that is too long takes its entry along, and neither is kept, for its end is not known', () => {
    const items = parse('http://a/1', '  out=aaa\n', '  dir=x', 'http://a/2')
    expect(items).toMatchObject([
      { kind: 'bad', source: 'urls.txt:2', text: 'http://a/1', message: /out=aaa: .*64 KiB/ },
      { kind: 'entry' },
    ])
    expect(items[0]).not.toHaveProperty('written')
    expect(parse('http://a/1', '  foo=aaa\n').map((item) => item.kind)).toEqual(['bad'])
  })

  it('leaves the next entry alone', () => {
    const items = parse('http://a/1', ' size=x', 'http://a/2', ' out=y')
    expect(items.map((item) => item.kind)).toEqual(['bad', 'entry'])
  })
})

describe('a flush', () => {
  it('gives the entry that is open, once', () => {
    const parser = new TextParser('-')
    expect(parser.line('http://a/1')).toEqual([])
    expect(parser.flush()).toHaveLength(1)
    expect(parser.flush()).toEqual([])
    expect(parser.line('http://a/2')).toEqual([])
  })

  it('makes a setting that comes after it too late', () => {
    const parser = new TextParser('-')
    parser.line('http://a/1')
    parser.flush()
    expect(parser.line('')).toEqual([])
    expect(parser.line('  http-passwd=secret')).toEqual([
      {
        kind: 'bad',
        source: '-:3',
        text: 'http-passwd=***',
        message: expect.stringMatching(/download of line 1 had begun .* at once/),
        written: '  http-passwd=secret',
      },
    ])
  })

  it('anywhere between entries changes nothing', () => {
    const lines = fc.array(
      fc.constantFrom('http://a/1', 'http://b/2 http://b/3', 'nonsense', '# x', ''),
    )
    fc.assert(
      fc.property(lines, fc.infiniteStream(fc.boolean()), (all, flushes) => {
        const parser = new TextParser('urls.txt')
        const items = all.flatMap((line) => [
          ...parser.line(line),
          ...(flushes.next().value === true ? parser.flush() : []),
        ])
        expect([...items, ...parser.flush()]).toEqual(parse(...all))
      }),
    )
  })
})

it('answers each line of arbitrary text that is not blank, comment or indented by one item', () => {
  const units = fc
    .array(fc.integer({ min: 0, max: 0xffff }))
    .map((codes) => String.fromCharCode(...codes))
  const line = fc.oneof(units, fc.constantFrom('http://a/', 'x', '#', ''))
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const asked = lines.filter((text) => text !== '' && !/^[# \t]/.test(text))
      const alone = parse(...asked)
      expect(alone).toHaveLength(asked.length)
      expect(parse(...lines).length).toBeGreaterThanOrEqual(asked.length)
    }),
  )
})
