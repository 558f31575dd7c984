/**
 * Text in the columns of a terminal: measured, cut and filled. Expects what `sanitize` has passed.
 *
 * A width is the sum of what each code point takes, measured by string-width. That is never less than
 * string-width of the whole, which counts an emoji of many code points as 2 columns where many
 * terminals draw each part: too wide a guess leaves a gap, too narrow a one breaks the screen.
 * Intl.Segmenter was rejected: it costs microseconds a character, and cutting inside an emoji is harmless.
 *
 * Nearly all text is printable ASCII, and has a fast path. Loaded with the bars alone.
 */
import stringWidth from 'string-width'

const PRINTABLE_ASCII = /^[ -~]*$/

/** The columns that `text` takes at most. */
export function displayWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/**
 * `text` in at most `columns` columns: itself where it fits, else its beginning and its end (the last
 * quarter, at most 12 columns, so that an extension stays) around an ellipsis. Where there is room for
 * less than 8 columns, the beginning alone.
 */
export function cutToWidth(text: string, columns: number): string {
  // A code unit takes 2 columns at most (a pair of them 2), so short text needs no measuring.
  if (text.length * 2 <= columns || displayWidth(text) <= columns) return text
  if (columns < 1) return ''
  const characters = Array.from(text)
  const tailColumns = columns < 8 ? 0 : Math.min(12, Math.floor(columns / 4))
  return `${head(characters, columns - 1 - tailColumns)}…${tail(characters, tailColumns)}`
}

/** `text` cut to `columns`, and filled with spaces up to them. */
export function padToWidth(text: string, columns: number): string {
  const cut = cutToWidth(text, columns)
  return cut + ' '.repeat(Math.max(0, columns - displayWidth(cut)))
}

function head(characters: readonly string[], columns: number): string {
  let width = 0
  let end = 0
  while (end < characters.length) {
    width += characterWidth(characters[end]!)
    if (width > columns) break
    end++
  }
  return characters.slice(0, end).join('')
}

function tail(characters: readonly string[], columns: number): string {
  let width = 0
  let start = characters.length
  while (start > 0) {
    width += characterWidth(characters[start - 1]!)
    if (width > columns) break
    start--
  }
  // A combining mark without its letter would sit on the ellipsis.
  while (start < characters.length && characterWidth(characters[start]!) === 0) start++
  return characters.slice(start).join('')
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0)!
  if (code < 0x7f) return 1
  // string-width 4 knows the emoji of Unicode 12; the planes of emoji and of ideographs are all wide here.
  if (code >= 0x1f000) return 2
  return stringWidth(character)
}
