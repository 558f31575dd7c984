/**
 * Entries and unusable lines as text of the list format: what `--failed` writes, for `gdl` to read.
 *
 * Always the text format, whatever the entry came from: it can be read by eye, sorted out by hand, and
 * appended to at any moment. All that an entry holds comes back, for no format's settings hold more than
 * a line of text can: `settings.ts` and `url.ts` see to that. What `source` said is not kept, as the
 * line has a new place.
 *
 * Header values are written as they are, so the file may hold passwords: whoever makes it gives it
 * mode 0600.
 */
import type { Checksum, Entry, Unusable } from '../download/entry.ts'

/** So that a line of the longest hashes stays well below the longest line. */
const PIECES_A_LINE = 100

/** What may be written as it was: no comment, setting, nor the beginning of another format or of gzip. */
const VERBATIM = /^\w/

/** `entry` in the text format: its URLs, and its settings in indented lines. Ends in a line feed. */
export function entryText(entry: Entry): string {
  const settings: string[] = []
  const set = (key: string, value: string | number | undefined): void => {
    if (value !== undefined) settings.push(`  ${key}=${value}\n`)
  }
  set('out', entry.out)
  set('dir', entry.dir)
  const { checksum, pieces } = entry
  if (checksum !== undefined) set('checksum', `${nameOf(checksum.algorithm)}=${checksum.hex}`)
  for (const [name, value] of entry.headers ?? []) set('header', `${name}: ${value}`)
  set('referer', entry.referer)
  set('user-agent', entry.userAgent)
  set('size', entry.size)
  if (pieces !== undefined) {
    const { algorithm, lengthBytes, hexes } = pieces
    for (let start = 0; start < hexes.length; start += PIECES_A_LINE) {
      const some = hexes.slice(start, start + PIECES_A_LINE).join(' ')
      set('pieces', `${nameOf(algorithm)} ${lengthBytes} ${some}`)
    }
  }
  return `${entry.urls.join('\t')}\n${settings.join('')}`
}

/**
 * An unusable line, below a comment that says why: as it was, so that it is tried and told again until
 * somebody mends it; or as a comment, where it would do harm (a setting without a URL, say, would go to
 * another entry). Ends in a line feed.
 */
export function unusableText({ source, message, written }: Unusable): string {
  const why = `${comment(`${source}: ${message}`)}\n`
  if (written === undefined) return why
  return `${why}${VERBATIM.test(written) ? written : comment(written)}\n`
}

function comment(text: string): string {
  return text.replace(/^/gm, '# ')
}

/** As lists spell it: `sha-256` for Node's `sha256`. */
function nameOf(algorithm: Checksum['algorithm']): string {
  return algorithm.replace('sha', 'sha-')
}
