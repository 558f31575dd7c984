/**
 * Events as lines: one for each end of a download, and those that `--verbose` asks for.
 *
 * Shared by the plain reporter and by the one with bars, above which the same lines scroll. A line
 * starts with a word in a column of its own, so that `grep ^failed` and the eye find it; an entry that
 * came from a list starts with its place (`urls.txt:17: `), as compilers do, so that editors jump to it.
 *
 * Where a width is given, the name of a success is cut so that its line fits. A failure or a
 * warning is never cut: its words are what the user needs next, so it may wrap like any text.
 *
 * All that strangers wrote passes `sanitize`; URLs pass `redact`.
 */
import type { DownloadEvent } from '../download/events.ts'
import { redact } from '../errors.ts'
import { formatBytes, formatDuration, formatSpeed } from './format.ts'
import { sanitize } from './sanitize.ts'

/**
 * Which events become lines, each level with those before it: `errors`: failures alone; `warnings`;
 * `ends`: every end; `all`: starts, retries and details.
 */
export type Loudness = 'errors' | 'warnings' | 'ends' | 'all'

/** How lines are made. */
export interface LineStyle {
  readonly loudness: Loudness
  /** Whether SGR codes may be used. */
  readonly colour: boolean
  /** Below which width the line of a success must stay, and how to cut for that. */
  readonly fit: Fit | undefined
}

/** A width in columns, and `cutToWidth`; given in, so that plain lines need not load it. */
export interface Fit {
  readonly columns: number
  readonly cut: (text: string, columns: number) => string
}

/** What a failure's reason and its hint are cut to: a server's reason phrase may have kilobytes. */
const LONGEST_MESSAGE = 600

/** Rather than cut a name to less, its facts are left out. */
const LEAST_NAME = 12

const RED = 31
const GREEN = 32
const YELLOW = 33
const LEVELS: Readonly<Record<Loudness, number>> = { errors: 0, warnings: 1, ends: 2, all: 3 }

/** The line of `event` without a line end, or undefined when it has none at this loudness. */
export function lineOf(event: DownloadEvent, style: LineStyle): string | undefined {
  const level = LEVELS[style.loudness]
  switch (event.event) {
    case 'fail':
      // Whoever closes a pipe knows.
      return event.error.code === 'GDL_ERR_PIPE' ? undefined : failure(event, style)
    case 'error':
      return `gdl: ${paint('error', RED, style.colour)}: ${message(event.message)}`
    case 'warning':
      return level < LEVELS.warnings ? undefined : warning(event.message, style)
    case 'done':
      return level < LEVELS.ends ? undefined : success(event, style)
    case 'planned':
      if (level < LEVELS.ends) return undefined
      return row('would get', `${sanitize(event.path)}  ${shown(event.url)}`)
    case 'added':
      return undefined
    case 'start': {
      const { id, path, url } = event.transfer
      return level < LEVELS.all
        ? undefined
        : row('start', `#${id} ${sanitize(path)}  ${shown(url)}`)
    }
    case 'retry': {
      if (level < LEVELS.all) return undefined
      const again = `try ${event.attempt} failed, next in ${formatDuration(event.delayMs)}`
      const colour = style.colour ? YELLOW : undefined
      return row('retry', `#${event.id} ${again}: ${message(event.error.message)}`, colour)
    }
    case 'detail':
      return level < LEVELS.all ? undefined : row('', `#${event.id} ${message(event.message)}`)
  }
}

/** `text` in the SGR colour `code`, or as it is. */
function paint(text: string, code: number, colour: boolean): string {
  return colour ? `\x1b[${code}m${text}\x1b[0m` : text
}

function success(event: DownloadEvent & { event: 'done' }, style: LineStyle): string {
  let facts = ''
  if (event.status === 'downloaded' || event.status === 'resumed') {
    facts = `  ${formatBytes(event.bytes)} in ${formatDuration(event.seconds * 1000)}`
    // Of a resumed file not all bytes came in this time.
    if (event.status === 'downloaded' && event.seconds > 0) {
      facts += ` (${formatSpeed(event.bytes / event.seconds)})`
    }
  }
  const path = sanitize(event.path)
  const word = (rest: string): string => row(event.status, rest, style.colour ? GREEN : undefined)
  if (style.fit === undefined) return word(path + facts)
  const { columns, cut } = style.fit
  const room = columns - 1 - WORD_COLUMNS
  const short = cut(path, room - facts.length)
  // A window too narrow for both: the name matters more.
  const tooShort = short !== path && room - facts.length < LEAST_NAME
  return word(tooShort ? cut(path, room) : short + facts)
}

function failure(event: DownloadEvent & { event: 'fail' }, style: LineStyle): string {
  const place = event.source === undefined ? '' : `${sanitize(event.source)}: `
  const what = event.path === undefined ? shown(event.url) : sanitize(event.path)
  const hint = event.error.hint === undefined ? '' : ` (${message(event.error.hint)})`
  const word = paint('failed', RED, style.colour)
  const gap = place === '' ? ' '.repeat(WORD_COLUMNS - 'failed'.length) : ' '
  const reason = paint(message(event.error.message), RED, style.colour)
  return `${place}${word}${gap}${what}: ${reason}${hint}`
}

function warning(text: string, style: LineStyle): string {
  return `gdl: ${paint('warning', YELLOW, style.colour)}: ${message(text)}`
}

const WORD_COLUMNS = 'downloaded  '.length

function row(word: string, rest: string, colour?: number): string {
  const gap = ' '.repeat(WORD_COLUMNS - word.length)
  return (colour === undefined ? word : paint(word, colour, true)) + gap + rest
}

function shown(url: string): string {
  return message(redact(url))
}

function message(text: string): string {
  return sanitize(text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text)
}
