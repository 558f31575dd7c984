/**
 * Text of strangers, made harmless for a terminal.
 *
 * Names come from URLs and from servers, messages from anywhere, so nothing is printed that has not
 * passed `sanitize`: an escape sequence in a file name could otherwise retitle the window, a newline
 * could forge a line of ours, and a bidi override could show `exe.gpj` as `jpg.exe`. Dropping control
 * characters without a trace was rejected: two names that differ would look the same.
 *
 * Apart from `text.ts`, so that plain reports need not load string-width (10 ms).
 */

const PRINTABLE_ASCII = /^[ -~]*$/

/** Whole escape sequences, then line ends and tabs, then all that is not to be seen, or steers. */
const HOSTILE =
  /(\x1b\[[0-?]*[ -/]*[@-~]|\x9b[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\)|([\t\n\v\f\r\x85\u2028\u2029]+)|[\p{Cc}\p{Surrogate}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu

/**
 * `text` on one line and without power over a terminal: whole escape sequences (CSI, OSC, DCS) are
 * dropped, line ends and tabs become one space, and each other control character (C0, DEL, C1), bidi
 * control or lone surrogate becomes U+FFFD, so that one sees that something was there. Linear.
 */
export function sanitize(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text
  return text.replace(HOSTILE, (_all, sequence?: string, space?: string) =>
    sequence !== undefined ? '' : space !== undefined ? ' ' : '\ufffd',
  )
}
