import { describe, expect, it } from 'vitest'
import type { Item } from '../../src/download/entry.ts'
import { MetalinkParser } from '../../src/input/metalink.ts'

function parse(xml: string): Item[] {
  const items: Item[] = []
  const parser = new MetalinkParser('x.meta4', 1, (item) => items.push(item))
  parser.feed(Buffer.from(xml))
  parser.end()
  return items
}

/** What a Metalink of one file gives. */
function fileOf(content: string, name = 'example.ext'): Item {
  const [item, ...more] = parse(`<metalink xmlns="urn:ietf:params:xml:ns:metalink">
<file name="${name}">${content}</file></metalink>`)
  expect(more).toEqual([])
  return item!
}

const URL_ = '<url>http://a.example/x</url>'
const MD5 = 'ab'.repeat(16)
const SHA256 = 'cd'.repeat(32)

describe('a Metalink', () => {
  it('gives of each file its URLs by priority, its size, and the strongest of its hashes', () => {
    const items = parse(`<?xml version="1.0" encoding="UTF-8"?>
<m:metalink xmlns:m="urn:ietf:params:xml:ns:metalink" xmlns:o="urn:other">
  <m:generator>by hand</m:generator>
  <m:file name="folder/one &amp; two.iso">
    <m:identity>One</m:identity>
    <o:url>http://other.example/</o:url>
    <m:size> 10 </m:size>
    <m:hash type="md5">${MD5}</m:hash>
    <m:hash type="sha-256">
      ${SHA256.toUpperCase()}
    </m:hash>
    <m:hash type="whirlpool">zz</m:hash>
    <m:pieces length="4" type="sha-1"><m:hash>${'1'.repeat(40)}</m:hash>
      <m:hash>${'2'.repeat(40)}</m:hash><m:hash>${'3'.repeat(40)}</m:hash></m:pieces>
    <m:url>http://last.example/</m:url>
    <m:url location="de" priority="2"><![CDATA[http://second.example/?a&b]]></m:url>
    <m:url priority="1">https://first.example/&#x41;</m:url>
    <m:url priority="1">ftp://ftp.example/</m:url>
    <m:metaurl mediatype="torrent">http://torrent.example/</m:metaurl>
  </m:file>
  <m:file name="plain">${URL_.replaceAll('url>', 'm:url>')}</m:file>
</m:metalink>`)
    expect(items).toEqual([
      {
        kind: 'entry',
        entry: {
          urls: ['https://first.example/A', 'http://second.example/?a&b', 'http://last.example/'],
          source: 'x.meta4:4',
          out: 'folder/one & two.iso',
          size: 10,
          checksum: { algorithm: 'sha256', hex: SHA256 },
          pieces: {
            algorithm: 'sha1',
            lengthBytes: 4,
            hexes: ['1'.repeat(40), '2'.repeat(40), '3'.repeat(40)],
          },
        },
      },
      {
        kind: 'entry',
        entry: { urls: ['http://a.example/x'], source: 'x.meta4:21', out: 'plain' },
      },
    ])
  })

  it('gives each file at its end, whatever comes then', () => {
    const items: Item[] = []
    const parser = new MetalinkParser('x.meta4', 1, (item) => items.push(item))
    parser.feed(
      Buffer.from(`<metalink xmlns="urn:ietf:params:xml:ns:metalink">
<file name="a">${URL_}</file>`),
    )
    expect(items).toHaveLength(1)
    parser.feed(Buffer.from('\n<file name="b">'))
    expect(() => parser.end()).toThrow('x.meta4:3: the XML breaks off')
  })

  it.each([
    ['', /no http or https URL/],
    ['<url>ftp://a/</url>', /no http or https URL/],
    ['<url>http://</url>', /host or port/],
    [`${URL_}<size>7 MB</size>`, /size is no whole number/],
    [`${URL_}<hash type="sha-256">abc</hash>`, /64 hexadecimal digits/],
    [`${URL_}<pieces type="md5" length="0"><hash>${MD5}</hash></pieces>`, /length of the pieces/],
    [`${URL_}<pieces type="md5" length="4"></pieces>`, /pieces have no hashes/],
    [`${URL_}<pieces type="md5" length="4"><hash>1</hash></pieces>`, /32 hexadecimal digits/],
    [
      `${URL_}<size>9</size><pieces type="md5" length="4"><hash>${MD5}</hash></pieces>`,
      /size makes 3 pieces, and 1 have hashes/,
    ],
  ])('has a bad file that fails by itself: %s', (content, message) => {
    expect(fileOf(content)).toMatchObject({
      kind: 'bad',
      source: 'x.meta4:2',
      text: 'example.ext',
      message,
    })
  })

  it('has files with names', () => {
    expect(fileOf(URL_, ' ')).toMatchObject({ kind: 'bad', message: /out has no value/ })
    expect(fileOf(URL_, 'a&#10;b')).toMatchObject({ kind: 'bad', message: /CR, LF or NUL/ })
    expect(fileOf(URL_, '../../etc/passwd')).toMatchObject({ entry: { out: '../../etc/passwd' } })
  })
})

describe('what is no Metalink 4', () => {
  const root = '<metalink xmlns="urn:ietf:params:xml:ns:metalink">'
  it.each([
    ['<metalink version="3.0" xmlns="http://www.metalinker.org/"/>', ':1: Metalink 3 is not read'],
    ['\n<rss/>', ':2: not a Metalink 4 (RFC 5854): its root is <rss>'],
    ['<metalink/>', ':1: not a Metalink 4'],
    ['<!DOCTYPE html><html/>', ':1: a DOCTYPE'],
    [`<!DOCTYPE m [<!ENTITY a "b">]>${root}&a;</metalink>`, ':1: a DOCTYPE'],
    [`${root}\n&eacute;</metalink>`, ':2: not well-formed XML'],
    [`${root}\n</file>`, ':2: not well-formed XML'],
    [root, ':1: the XML breaks off'],
    ['<', ':1: not well-formed XML'],
    [
      `<?xml version="1.0" encoding="ISO-8859-1"?>${root}</metalink>`,
      ':1: the encoding ISO-8859-1',
    ],
    [root + '<a>'.repeat(40), ':1: over 32 nested elements'],
  ])('%s is told so, by its line', (xml, message) => {
    expect(() => parse(xml)).toThrow(
      expect.objectContaining({
        code: 'GDL_ERR_LIST',
        message: expect.stringContaining(`x.meta4${message}`),
      }),
    )
  })

  it('is a file element without end', () => {
    const parser = new MetalinkParser('x.meta4', 1, () => {})
    parser.feed(Buffer.from(`${root}<file name="x">`))
    const filler = Buffer.from(`<url>${'x'.repeat(1024 * 1024)}</url>`)
    expect(() => {
      for (let count = 0; count < 40; count++) parser.feed(filler)
    }).toThrow(/over 32 MiB/)
  })
})
