/**
 * The terminal as cli-progress sees it (its `terminal` option): gathers what it draws, and writes a
 * frame in one go.
 *
 * cli-progress's own terminal writes each piece as it comes, and goes up by the lines it counted. After
 * a resize that is wrong: the terminal has wrapped each old bar into as many rows as the new width asks
 * for. So the widths of the drawn bars are kept, and the rows counted anew. The cursor rests at the
 * *start of the last bar*: there it is right whether a terminal wraps the cursor's own line (VTE, tmux)
 * or not (xterm.js). Resting at the first bar, with nothing to count, was rejected: xterm.js moves the
 * cursor by what is wrapped below it.
 *
 * A frame: 1. up to the first bar; 2. after a resize, or with lines for above: delete all below, and
 * write those lines, with wrapping on: they scroll away; 3. wrapping off (a width may be misjudged), each
 * bar, clear to its line's end, clear below; 4. wrapping on, to the start of the last bar. Bars whose
 * text is empty take no row: slots without a download vanish without being removed.
 *
 * Known weakness: rows that a shrinking window has pushed into the scrollback are out of reach, and stay there;
 * and a terminal that never wraps on resize (xterm, the Linux console) loses as many finished lines from
 * its screen as were counted in vain; so may one that draws a name less wide than we take it for. Only
 * asking for the cursor's place, through stdin, would tell.
 */
import { displayWidth } from './text.ts'

/** What is written to; `process.stderr` is one. */
export interface ScreenStream {
  write(text: string): unknown
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

const CLEAR_RIGHT = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'
const WRAP_OFF = '\x1b[?7l'
const WRAP_ON = '\x1b[?7h'
const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
const SGR = /\x1b\[[\d;]*m/g

/** The methods that cli-progress 3.12 calls on its terminal, and `flush` and `end` for us. */
export class FrameTerminal {
  readonly #stream: ScreenStream
  /** Lines for above the bars, each with its line end. */
  #above = ''
  /** The bars of the frame that is being drawn, and those that stand on the screen. */
  #lines: string[] = ['']
  #drawn: string[] = []
  /** Whether the screen may not hold what was drawn: the window has changed. */
  #stale = false
  #cursorHidden = false

  constructor(stream: ScreenStream) {
    this.#stream = stream
  }

  /** The window's width in columns; 80 where it is not known. */
  get columns(): number {
    // Some pseudo-terminals say 0 for "not known".
    return this.#stream.columns || 80
  }

  /** The window's height in rows; 24 where it is not known. */
  get rows(): number {
    return this.#stream.rows || 24
  }

  /** The window has changed: what is on it is not what was drawn. */
  invalidate(): void {
    this.#stale = true
  }

  /** Writes the frame that cli-progress has drawn, if it differs from the last: at most one write. */
  flush(): void {
    const lines = this.#lines.filter((line) => line !== '')
    if (!this.#stale && this.#above === '' && isSame(lines, this.#drawn)) return
    let frame = this.#cursorHidden ? '' : HIDE_CURSOR
    frame += this.#toFirst()
    if (this.#above !== '' || this.#stale || lines.length === 0) {
      frame += this.#deleteBelow() + this.#above
    }
    frame += WRAP_OFF + lines.join(`${CLEAR_RIGHT}\r\n`)
    frame += (lines.length > 0 ? CLEAR_BELOW : '') + WRAP_ON
    this.#stream.write(`${frame}\r`)
    this.#above = ''
    this.#drawn = lines
    this.#stale = false
    this.#cursorHidden = true
  }

  /** The cursor is somewhere else, and others have drawn: the next frame begins where it is. */
  forget(): void {
    this.#drawn = []
    this.#cursorHidden = false
  }

  /** Clears the block, writes the lines that still belong above it, and shows the cursor. */
  end(): void {
    const clear = this.#cursorHidden ? this.#toFirst() + this.#deleteBelow() : ''
    const last = clear + this.#above + (this.#cursorHidden ? SHOW_CURSOR : '')
    if (last !== '') this.#stream.write(last)
    this.#above = ''
    this.forget()
  }

  /** From where the cursor rests to the start of the first bar. */
  #toFirst(): string {
    let up = 0
    for (const line of this.#drawn.slice(0, -1)) {
      // Without a resize each bar is one row, even where its width was misjudged.
      const width = this.#stale ? displayWidth(line.replaceAll(SGR, '')) : 1
      up += Math.max(1, Math.ceil(width / this.columns))
    }
    return up > 0 ? `\x1b[${up}A\r` : '\r'
  }

  /**
   * Empties the screen from the cursor's row down. Deletes the rows, since tmux takes an erasure from
   * the first cell on for the clearing of a screen, and saves what was there into its history.
   */
  #deleteBelow(): string {
    return `\x1b[${this.rows}M`
  }

  isTTY(): boolean {
    return true
  }

  getWidth(): number {
    return this.columns
  }

  /** A frame begins. */
  cursorRelativeReset(): void {
    this.#lines = ['']
  }

  /** A bar, or with `raw` lines for above, each with its line end. */
  write(text: string, raw = false): void {
    if (raw) this.#above += text
    else this.#lines[this.#lines.length - 1] = text
  }

  newline(): void {
    this.#lines.push('')
  }

  clearBottom(): void {
    this.#lines = ['']
  }

  // The frame sees to these itself.
  cursor(): void {}
  cursorTo(): void {}
  clearLine(): void {}
  clearRight(): void {}
  lineWrapping(): void {}
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i])
}
