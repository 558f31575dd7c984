import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sanitize } from '../../src/report/sanitize.ts'
import { strange } from './strange.ts'

describe('sanitize', () => {
  it('leaves no control, no bidi control, no line end and no lone surrogate', () => {
    fc.assert(
      fc.property(strange, (text) => {
        expect(sanitize(text)).not.toMatch(
          /[\p{Cc}\p{Surrogate}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u,
        )
      }),
    )
  })

  it('leaves harmless text as it is', () => {
    for (const text of ['', 'a file (1).iso', 'Übergröße', 'e\u0301', '漢字.txt', '👩‍👩‍👧']) {
      expect(sanitize(text)).toBe(text)
    }
  })

  it('drops whole escape sequences, and shows where a lone control was', () => {
    expect(sanitize('a\x1b[1;31mred\x1b[0m')).toBe('ared')
    expect(sanitize('\x1b]0;owned\x07x\x1b]8;;http://a\x1b\\y')).toBe('xy')
    expect(sanitize('\x9b2Jx')).toBe('x')
    expect(sanitize('a\x1bb\x07c\x7f')).toBe('a\ufffdb\ufffdc\ufffd')
    expect(sanitize('jpg.\u202eexe')).toBe('jpg.\ufffdexe')
    expect(sanitize('one\r\ntwo\tthree')).toBe('one two three')
  })

  it('does not hide the rest of a text behind a sequence without an end', () => {
    expect(sanitize('\x1b]0;the rest')).toBe('\ufffd]0;the rest')
  })

  it('takes linear time for hostile text', () => {
    const startedMs = performance.now()
    for (const part of ['\x1b]', '\x1bP', '\x1b[0', '\x9b;', '\x1b]a\x1b']) {
      sanitize(part.repeat(50_000))
    }
    expect(performance.now() - startedMs).toBeLessThan(2000)
  })
})
