/**
 * What a row's flags say: `-j, --jobs <n>` taken apart, and the names that go with it.
 */
import { type Row, ROWS } from './options.ts'

/** The parts of `-s, --long <value>`. */
export interface Flags {
  /** `-j`. */
  readonly short: string | undefined
  /** `--jobs`, `--no-resume`. */
  readonly long: string
  /** `<n>`; undefined for what is on or off. */
  readonly value: string | undefined
  /** `--no-netrc` for `--netrc`, `--resume` for `--no-resume`; undefined for what is no setting that is on or off. */
  readonly opposite: string | undefined
}

/** The flags of a row. */
export function flagsOf(row: Row): Flags {
  const [, short, long = '', value] = /^(?:(-\w), )?(--[\w-]+)(?: (<.+>))?$/.exec(row.flags) ?? []
  const flips = value === undefined && row.part !== 'arguments'
  const opposite = isNegative(long) ? long.replace('--no-', '--') : long.replace('--', '--no-')
  return { short, long, value, opposite: flips ? opposite : undefined }
}

/** Whether a long option is a `--no-` form. */
export function isNegative(long: string): boolean {
  return long.startsWith('--no-')
}

/** The name that a row's value has on the command line, in camel case and without `no-`. */
export function attributeOf(row: Row): string {
  const name = flagsOf(row).long.replace(/^--(no-)?/, '')
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** The field that a row sets. */
export function fieldOf(row: Row): string {
  return row.key ?? attributeOf(row)
}

/** What a completion offers for a row's value: files, folders, or nothing of the kind. */
export function pathOf(row: Row): 'file' | 'folder' | undefined {
  const value = flagsOf(row).value ?? ''
  if (value.startsWith('<dir')) return 'folder'
  return value.startsWith('<file') ? 'file' : undefined
}

/** By its key in a file, each long option's name, the opposite forms too: the row. */
export const KEYS: ReadonlyMap<string, Row> = new Map(
  ROWS.filter((row) => row.part !== 'arguments').flatMap((row) => {
    const { long, opposite } = flagsOf(row)
    return [long, ...(opposite === undefined ? [] : [opposite])].map((name) => [name.slice(2), row])
  }),
)
