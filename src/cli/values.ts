/**
 * What an option's text means: the parsers of single values, shared by the table of options.
 *
 * Each throws a UsageError that says what the option takes; which option it was, and where, is added by
 * `settings.ts`.
 */
import { expandTemplate } from '../download/index.ts'
import { UsageError } from '../errors.ts'
import { type Header, parseDuration, parseHeader, parseSize } from '../input/index.ts'
import { PRINTABLE, type Printable } from '../report/index.ts'
import { readArgument } from './argument-file.ts'

/** A whole number from 0. */
export function number(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw unusable(text, 'a whole number')
  return Number(text)
}

/** A whole number from 1. */
export function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw unusable(text, 'a whole number from 1')
  return Number(text)
}

/** A whole number from 1, or `auto`. */
export function count(text: string): number | 'auto' {
  if (text === 'auto') return text
  if (!/^[1-9]\d{0,8}$/.test(text)) throw unusable(text, 'a whole number from 1, or auto')
  return Number(text)
}

/** A time over 0, in milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === 0) throw unusable(text, 'a time over 0')
  return ms
}

/** A size over 0, in bytes; a rate is that in a second. */
export function size(text: string): number {
  const bytes = parseSize(text)
  if (bytes === 0) throw unusable(text, 'a number over 0')
  return bytes
}

/** A template of names; what is wrong with it is said now, and not for each entry. */
export function template(text: string): string {
  expandTemplate(text, { href: 'http://host/path/name.ext', name: 'name.ext', index: 1 })
  return text
}

/** The value of the header field `name`. */
export function fieldValue(name: string): (text: string) => string {
  return (text) => parseHeader(`${name}: ${text}`)[1]
}

/** A header field, or those of an `@file`, after those that were given before. */
export function header(text: string, previous: unknown): Header[] {
  return [...((previous as Header[] | undefined) ?? []), ...readArgument(text, parseHeader)]
}

/** What may be a password: itself, or the first line of an `@file`. */
export function secret(text: string): string {
  const [line] = readArgument(text, (line) => line)
  if (line === undefined) throw new UsageError('GDL_ERR_USAGE', `${text.slice(1)} is empty`)
  return line
}

/** One more of a list. */
export function repeated<T>(parse: (text: string) => T): (text: string, previous: unknown) => T[] {
  return (text, previous) => [...((previous as T[] | undefined) ?? []), parse(text)]
}

/** Fields of `--print`, with commas between them. */
export function printable(text: string): Printable[] {
  return text.split(',').map((word) => {
    const field = PRINTABLE.find((known) => known === word)
    if (field !== undefined) return field
    throw new UsageError('GDL_ERR_USAGE', `It takes ${PRINTABLE.join(', ')}.`)
  })
}

/**
 * The words of a command, as a shell would split them, with `'` and `"` around what belongs together.
 * Nothing else is special: no variables, no wildcards, and no backslash, which is in every path of Windows.
 */
export function words(text: string): string[] {
  const pieces = /'([^']*)'|"([^"]*)"|([^\s'"]+)|(\s+)|(['"])/g
  const found: string[] = []
  let isOpen = false
  for (const [, single, double, plain, space, lone] of text.matchAll(pieces)) {
    if (lone !== undefined) throw new UsageError('GDL_ERR_USAGE', `A ${lone} has no partner.`)
    if (space === undefined) {
      const piece = single ?? double ?? plain ?? ''
      if (isOpen) found[found.length - 1] += piece
      else found.push(piece)
    }
    isOpen = space === undefined
  }
  if (found[0] === undefined || found[0] === '') {
    throw new UsageError('GDL_ERR_USAGE', 'It takes a program, and perhaps arguments.')
  }
  return found
}

function unusable(text: string, expected: string): UsageError {
  return new UsageError('GDL_ERR_USAGE', `"${text.slice(0, 40)}" is not ${expected}`)
}
