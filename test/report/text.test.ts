import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { sanitize } from '../../src/report/sanitize.ts'
import { cutToWidth, displayWidth, padToWidth } from '../../src/report/text.ts'
import { strange } from './strange.ts'

describe('displayWidth', () => {
  it('is never less than what string-width says', () => {
    fc.assert(
      fc.property(strange.map(sanitize), (text) => {
        expect(displayWidth(text)).toBeGreaterThanOrEqual(stringWidth(text))
      }),
    )
  })
})

describe('cutToWidth', () => {
  it('never exceeds the width, and keeps what fits', () => {
    fc.assert(
      fc.property(strange.map(sanitize), fc.integer({ min: 0, max: 60 }), (text, columns) => {
        const cut = cutToWidth(text, columns)
        expect(displayWidth(cut)).toBeLessThanOrEqual(columns)
        expect(stringWidth(cut)).toBeLessThanOrEqual(columns)
        if (displayWidth(text) <= columns) expect(cut).toBe(text)
        expect(sanitize(cut)).toBe(cut)
      }),
    )
  })

  it('keeps the extension where there is room for it', () => {
    expect(cutToWidth('a-very-long-name-of-a-file.tar.gz', 28)).toBe('a-very-long-name-of-….tar.gz')
    expect(cutToWidth('a-very-long-name.iso', 6)).toBe('a-ver…')
    expect(cutToWidth('漢字漢字漢字漢字.iso', 16)).toBe('漢字漢字漢….iso')
    expect(cutToWidth('anything', 1)).toBe('…')
    expect(cutToWidth('anything', 0)).toBe('')
  })

  it('does not put a combining mark on the ellipsis', () => {
    expect(cutToWidth('aaaaaaaaaaaaaaaae\u0301\u0301\u0301\u0301bc', 8)).toBe('aaaaa…bc')
  })
})

describe('padToWidth', () => {
  it('fills with spaces by display width', () => {
    expect(padToWidth('漢字', 6)).toBe('漢字  ')
    expect(padToWidth('abcdef', 4)).toBe('abc…')
  })
})
