/**
 * A setting: what was given for an option, and where. The command line, the variables and the files all
 * come to this, so that a value has the same forms and the same complaints everywhere.
 */
import { UsageError } from '../errors.ts'
import type { Row } from './options.ts'

/** What one place says of one option. */
export interface Setting {
  readonly row: Row
  /** The field's value, for what is on or off; else the texts, one for each time it was given. */
  readonly given: boolean | readonly string[]
  /** As it is told: `command line`, `GDL_JOBS`, `./.gdlrc.toml:3`. */
  readonly origin: string
  /** What stands in front of a complaint: `--jobs`, `GDL_JOBS`, `./.gdlrc.toml:3: jobs`. */
  readonly label: string
}

/** What a setting comes to. Throws a UsageError that names the place, and what the option takes. */
export function valueOf({ row, given, label }: Setting): unknown {
  if (typeof given === 'boolean') return given
  let value: unknown = row.mayRepeat === true ? [] : undefined
  for (const text of given) {
    try {
      value = parse(row, text, value)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      throw new UsageError(error.code, `${label}: ${error.message}`, { cause: error })
    }
  }
  return value
}

function parse({ parse, choices }: Row, text: string, previous: unknown): unknown {
  if (choices?.includes(text) === false) {
    const message = `"${text.slice(0, 40)}" is not one of ${choices.join(', ')}`
    throw new UsageError('GDL_ERR_USAGE', message)
  }
  return parse === undefined ? text : parse(text, previous)
}
