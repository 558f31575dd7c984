import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dispositionName } from '../../src/io/disposition.ts'

const nameIn = (value: string): string | undefined =>
  dispositionName({ 'content-disposition': value })

describe('the name in Content-Disposition', () => {
  it.each([
    ['attachment; filename=a.txt', 'a.txt'],
    ['attachment; filename="a b;c.txt"', 'a b;c.txt'],
    [String.raw`attachment; filename="a\"b\\c.txt"`, String.raw`a"b\c.txt`],
    ['inline ; FileName = "a.txt" ; x=y', 'a.txt'],
    ["attachment; filename*=UTF-8''%e2%82%ac.txt", '€.txt'],
    ["attachment; filename*=iso-8859-1'en'%a3.txt", '£.txt'],
    ['attachment; filename="plain.txt"; filename*=utf-8\'\'better.txt', 'better.txt'],
    ["attachment; filename*=utf-8''better.txt; filename=plain.txt", 'better.txt'],
    ["attachment; filename=plain.txt; filename*=klingon''x.txt", 'plain.txt'],
    ["attachment; filename=plain.txt; filename*=utf-8''%ff%zz", 'plain.txt'],
    // UTF-8 where Latin-1 should be, and Latin-1.
    [`attachment; filename="${Buffer.from('写真.jpg').toString('latin1')}"`, '写真.jpg'],
    ['attachment; filename="\u00fcber.txt"', 'über.txt'],
    // Not made safe here.
    ['attachment; filename="../../etc/passwd"', '../../etc/passwd'],
    ["attachment; filename*=utf-8''%2e%2e%2fx%00", '../x\0'],
  ])('%s', (value, name) => {
    expect(nameIn(value)).toBe(name)
  })

  it.each([
    '',
    'attachment',
    'inline; x=y',
    'attachment; filename=',
    'attachment; filename=""',
    ';;=;',
  ])('is none in %j', (value) => {
    expect(nameIn(value)).toBeUndefined()
  })

  it('is none without the field, and the first of several', () => {
    expect(dispositionName({})).toBeUndefined()
    const both = ['attachment; filename=a', 'attachment; filename=b']
    expect(dispositionName({ 'content-disposition': both })).toBe('a')
  })

  it('never throws, whatever the field holds', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        ';',
        '=',
        '"',
        '\\',
        "''",
        '%',
        'filename',
        'filename*',
        'utf-8',
        '__proto__',
      ),
    )
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const name = nameIn(parts.join(''))
        return name === undefined || (typeof name === 'string' && name !== '')
      }),
      { numRuns: 1000 },
    )
  })
})
