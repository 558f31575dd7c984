import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { UsageError } from '../../src/errors.ts'
import { isOverlong, LineSplitter, MAX_LINE_BYTES } from '../../src/input/lines.ts'

/** The lines of `chunks`, and the message of the error that ended them, if any. */
function split(chunks: readonly Uint8Array[]): { lines: string[]; error?: string } {
  const splitter = new LineSplitter('urls.txt')
  const lines: string[] = []
  try {
    for (const chunk of chunks) {
      const own = Uint8Array.from(chunk)
      lines.push(...splitter.feed(own))
      own.fill(0x21) // its owner may reuse a chunk
    }
    lines.push(...splitter.end())
  } catch (error) {
    return { lines, error: (error as UsageError).message }
  }
  return { lines }
}

function splitText(...chunks: string[]): string[] {
  return split(chunks.map((chunk) => Buffer.from(chunk))).lines
}

/** `bytes` cut at `places`. */
function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const borders = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length]
  borders.sort((a, b) => a - b)
  return borders.slice(1).map((border, index) => bytes.subarray(borders[index], border))
}

describe('lines', () => {
  it('end in LF or CRLF, and the last may end in nothing', () => {
    expect(splitText('one\ntwo\r\n\nthree')).toEqual(['one', 'two', '', 'three'])
    expect(splitText('one\n')).toEqual(['one'])
    expect(splitText('')).toEqual([])
  })

  it('keep a carriage return that is not at the end', () => {
    expect(splitText('a\rb\r\r\n')).toEqual(['a\rb\r'])
  })

  it('lose a byte order mark at the start of the input, and nowhere else', () => {
    expect(splitText('\ufeffa\n\ufeffb\n')).toEqual(['a', '\ufeffb'])
  })

  it('are the same however the bytes are cut', () => {
    const text = fc.array(fc.constantFrom('\n', '\r', '\r\n', '\ufeff', 'é', '𝄞', 'url', ' '))
    const bytes = fc.oneof(
      text.map((parts) => Buffer.from(parts.join(''))),
      fc.uint8Array({ maxLength: 60 }),
    )
    fc.assert(
      fc.property(bytes, fc.array(fc.nat()), (all, places) => {
        expect(split(cutAt(all, places))).toEqual(split([all]))
      }),
    )
  })

  it('are those of a naive split of the whole text', () => {
    const character = fc.constantFrom('a', 'é', '𝄞', '\n', '\r\n', '\t')
    fc.assert(
      fc.property(fc.array(character), fc.array(fc.nat()), (characters, places) => {
        const text = characters.join('')
        const naive = text.split(/\r?\n/)
        if (naive.at(-1) === '') naive.pop()
        expect(split(cutAt(Buffer.from(text), places)).lines).toEqual(naive)
      }),
    )
  })

  it('may have 64 KiB; of one with a byte more its beginning is given, marked', () => {
    const longest = Buffer.alloc(MAX_LINE_BYTES, 'a')
    expect(split([longest, Buffer.from('\nb')]).lines).toHaveLength(2)
    const list = Buffer.concat([Buffer.from('first\n'), longest, Buffer.from('a\nlast\n')])
    for (const cuts of [[], [7], [10, 90, 65_543], [65_542], [65_543], [65_544]]) {
      const { lines, error } = split(cutAt(list, cuts))
      expect(error).toBeUndefined()
      expect(lines.map(isOverlong)).toEqual([false, true, false])
      expect(lines[1]).toMatch(/^a{1,128}\n$/)
      expect(lines[2]).toBe('last')
    }
  })

  it('are marked also when the input ends in one that is too long', () => {
    const endless = Buffer.alloc(3 * MAX_LINE_BYTES, 'a')
    const { lines } = split([Buffer.from('first\n'), endless, endless])
    expect(lines.map(isOverlong)).toEqual([false, true])
  })

  it('fail, and go on failing, where the very first is too long', () => {
    const splitter = new LineSplitter('urls.txt', 3)
    const endless = Buffer.alloc(MAX_LINE_BYTES + 1)
    for (let i = 0; i < 3; i++) {
      expect(() => splitter.feed(endless)).toThrow('urls.txt:3: the line is longer than 64 KiB')
    }
    expect(() => splitter.end()).toThrow(expect.objectContaining({ code: 'GDL_ERR_LIST' }))
  })

  it('are not looked for in UTF-16', () => {
    const utf16 = Buffer.from('\ufeffhttp://a.example/\n', 'utf16le')
    expect(split([utf16]).error).toBe('urls.txt:1: the list is in UTF-16')
    expect(split(cutAt(utf16, [1])).error).toBe('urls.txt:1: the list is in UTF-16')
  })
})
