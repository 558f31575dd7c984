/**
 * `--show-config`: each option's value and where it comes from, as TOML that `--config` reads again (but
 * for the secrets). What has no value is a comment.
 */
import { DEFAULTS } from '../download/index.ts'
import { redact } from '../errors.ts'
import { COMMAND_DEFAULTS } from './command-line.ts'
import { fieldOf, flagsOf, isNegative } from './flags.ts'
import { type Part, type Row, ROWS } from './options.ts'
import { type Setting, valueOf } from './settings.ts'

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
/** A number of TOML, which needs no quotes. */
const NUMBER = /^(?:0|[1-9]\d*)(?:\.\d+)?$/

/** The text to show. `settings` are those of all places, the weakest first. UsageError for one of no use. */
export function showSettings(settings: readonly Setting[]): string {
  for (const setting of settings) valueOf(setting)
  return ROWS.filter((row) => row.part !== 'arguments')
    .map((row) => {
      const setting = settings.findLast((setting) => setting.row === row)
      const value = setting === undefined ? defaultOf(row) : givenTo(setting)
      const key = flagsOf(row).long.slice(2)
      const shown = value === undefined ? `# ${key} is not set` : `${key} = ${value}`
      return `${shown.padEnd(39)} # ${setting?.origin ?? 'default'}\n`
    })
    .join('')
}

function givenTo({ row, given }: Setting): string {
  if (typeof given === 'boolean') return flagValue(row, given)
  if (row.isSecret === true) return '"***"'
  const texts = given.map((text) => quote(redact(text)))
  return row.mayRepeat === true ? `[${texts.join(', ')}]` : texts.at(-1)!
}

function defaultOf(row: Row): string | undefined {
  const field = fieldOf(row)
  const defaults: Readonly<Record<Part, object>> = {
    session: DEFAULTS,
    transport: DEFAULTS.transport,
    command: COMMAND_DEFAULTS,
    arguments: {},
  }
  const value = (defaults[row.part] as Record<string, unknown>)[field]
  if (typeof value === 'boolean') return flagValue(row, value)
  if (typeof value === 'string') return quote(value)
  if (typeof value !== 'number') return undefined
  if (field.endsWith('Ms')) return quote(value % 1000 === 0 ? `${value / 1000}` : `${value}ms`)
  return quote(/Bytes(?:PerSecond)?$/.test(field) ? inUnits(value) : `${value}`)
}

/** In the largest unit that gives a whole number. */
function inUnits(bytes: number): string {
  let power = 0
  let rest = bytes
  while (rest > 0 && rest % 1024 === 0 && power < UNITS.length - 1) {
    rest /= 1024
    power++
  }
  return power === 0 ? `${bytes}` : `${rest}${UNITS[power]}`
}

function flagValue(row: Row, value: boolean): string {
  return `${value !== isNegative(flagsOf(row).long)}`
}

/** As a number or a text of TOML; what a terminal would obey or hide is escaped. */
function quote(text: string): string {
  if (NUMBER.test(text)) return text
  return JSON.stringify(text).replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (sign) => String.raw`\U` + sign.codePointAt(0)!.toString(16).padStart(8, '0'),
  )
}
