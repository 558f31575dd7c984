import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entryFromUrl, parseUrl, showUrl } from '../../src/input/url.ts'

function messageOf(text: string): string {
  const parsed = parseUrl(text)
  return 'message' in parsed ? parsed.message : `taken as ${parsed.href}`
}

describe('a URL', () => {
  it('is normalised, and loses its fragment', () => {
    expect(parseUrl('HTTP://Example.COM:80/a/../b c?d=e#f#g')).toEqual({
      href: 'http://example.com/b%20c?d=e',
    })
    expect(parseUrl(' https://example.com ')).toEqual({ href: 'https://example.com/' })
  })

  it.each([
    'example.com/file',
    'localhost:8080/x',
    'example.com:80',
    '//example.com/x',
    'file',
    '',
  ])('without a scheme (%j) is refused with what to write', (text) => {
    expect(messageOf(text)).toBe('not a URL: write http:// or https:// in front')
  })

  it.each([
    ['ftp://example.com/x', 'ftp'],
    ['magnet:?xt=urn:btih:0', 'magnet'],
    ['FILE:///etc/passwd', 'file'],
    ['javascript:alert(1)', 'javascript'],
  ])('of another scheme (%s) is refused by its name', (text, scheme) => {
    expect(messageOf(text)).toBe(`the scheme ${scheme} is not supported: only http and https are`)
  })

  it('with an impossible host or port is refused', () => {
    expect(messageOf('http://')).toMatch(/host or port/)
    expect(messageOf('http://example.com:99999/')).toMatch(/host or port/)
    expect(messageOf('https://[::1/')).toMatch(/host or port/)
  })

  it.each(['http://a/\r\nX: y', 'http://a/\n', 'http://a/\0', '\rhttp://a/'])(
    'with a line break or NUL (%j) is refused',
    (text) => {
      expect(messageOf(text)).toMatch(/CR, LF or NUL/)
    },
  )

  it('on the command line is an entry without a source', () => {
    expect(entryFromUrl('http://a.example/x')).toEqual({ urls: ['http://a.example/x'] })
  })

  it('on the command line that cannot be used is a usage error without its password', () => {
    expect(() => entryFromUrl('ftp://me:secret@a.example/x')).toThrow(
      expect.objectContaining({
        code: 'GDL_ERR_USAGE',
        message: 'ftp://a.example/x: the scheme ftp is not supported: only http and https are',
      }),
    )
  })
})

describe('what is shown of a URL', () => {
  it.each([
    ['https://example.com/@scope/pkg', 'https://example.com/@scope/pkg'],
    ['http://me:secret@example.com/x', 'http://example.com/x'],
    ['http://me:sec/ret@example.com/x', 'http://***@example.com/x'],
    ['http:\\\\me:secret@example.com', '***@example.com'],
    ['http:///me:secret@example.com', 'http://***@example.com'],
    ['http://a/?token=secret', 'http://a/?token=***'],
    ['http://me:se/cret@a/?token=secret', 'http://***@a/?token=***'],
    ['\u001b[2Jx\u202e', '\ufffd[2Jx\ufffd'],
  ])('%j is %j', (text, shown) => {
    expect(showUrl(text)).toBe(shown)
  })

  it('never holds a user or password, in whatever stands around them', () => {
    const around = fc.array(
      fc.constantFrom(
        'http:',
        'https://',
        'x:',
        '/',
        '\\',
        ':',
        '@',
        '?',
        '#',
        'h',
        ' ',
        '\t',
        '%',
      ),
    )
    fc.assert(
      fc.property(around, around, (before, after) => {
        const text = `${before.join('')}secret${after.join('')}@host/`
        // What stands before `:/` is a scheme, and may be shown.
        fc.pre(!/^[^/\\@?#]*secret[^/\\@?#]*:[/\\]/.test(text))
        const parsed = URL.canParse(text) ? new URL(text) : undefined
        const isUserinfo = /secret/.test(`${parsed?.username} ${parsed?.password}`)
        const shown = `${showUrl(text)} ${messageOf(text).replace(/^taken.*/, '')}`
        if (parsed === undefined || isUserinfo) expect(shown).not.toContain('secret')
      }),
      { numRuns: 2000 },
    )
  })
})
