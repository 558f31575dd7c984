/**
 * Options that a program gives, looked at before anything begins: types do not tell 0 from 1, and a
 * session of 0 jobs would wait for ever. The command's have passed its own parsers, which know the
 * places they come from.
 */
import { UsageError } from '../errors.ts'
import type { SessionOptions } from './options.ts'

type Numbers = {
  [Key in keyof SessionOptions]: number extends SessionOptions[Key] ? Key : never
}[keyof SessionOptions]

interface Bounds {
  readonly least: number
  readonly isWhole?: true
  /** What may stand in place of a number. */
  readonly or?: 'auto' | undefined
}

const COUNT: Bounds = { least: 1, isWhole: true }
const FROM_0: Bounds = { least: 0, isWhole: true }
const TIME: Bounds = { least: 0 }
/** Bytes, or bytes a second: none at all would be no download. */
const BYTES: Bounds = { least: 1 }

const BOUNDS: Readonly<Record<Numbers, Bounds>> = {
  jobs: { ...COUNT, or: 'auto' },
  perHost: { ...COUNT, or: 'auto' },
  connections: COUNT,
  minSplitBytes: BYTES,
  limitBytesPerSecond: BYTES,
  limitEachBytesPerSecond: BYTES,
  minSpeedBytesPerSecond: BYTES,
  minSpeedTimeMs: TIME,
  retries: FROM_0,
  retryDelayMs: TIME,
  retryMaxDelayMs: TIME,
  connectTimeoutMs: TIME,
  timeoutMs: TIME,
  maxTimeMs: TIME,
  maxSizeBytes: { least: 0 },
  maxRedirects: FROM_0,
}
const MAY_BE_UNDEFINED: ReadonlySet<string> = new Set<Numbers>([
  'limitBytesPerSecond',
  'limitEachBytesPerSecond',
  'minSpeedBytesPerSecond',
  'maxTimeMs',
  'maxSizeBytes',
])
const IF_EXISTS: readonly string[] = [
  'skip',
  'update',
  'overwrite',
  'rename',
  'fail',
] satisfies SessionOptions['ifExists'][]

/** Throws a UsageError (GDL_ERR_USAGE) that names the option, where one is of no use. `Infinity` is a number. */
export function checkOptions(options: SessionOptions): void {
  for (const [name, bounds] of Object.entries(BOUNDS) as [Numbers, Bounds][]) {
    const value = options[name]
    if (value === undefined && MAY_BE_UNDEFINED.has(name)) continue
    if (value === bounds.or && value !== undefined) continue
    if (!isWithin(value, bounds)) {
      const kind = bounds.isWhole ? 'a whole number' : 'a number'
      const or = bounds.or === undefined ? '' : `, or ${bounds.or}`
      throw unusable(name, `${kind} from ${bounds.least}${or}`)
    }
  }
  if (!IF_EXISTS.includes(options.ifExists)) throw unusable('ifExists', IF_EXISTS.join(', '))
  const { dir, output } = options
  if (typeof dir !== 'string') throw unusable('dir', 'a path')
  if (output !== undefined && typeof output !== 'string') throw unusable('output', 'a template')
}

function isWithin(value: unknown, { least, isWhole }: Bounds): boolean {
  if (typeof value !== 'number' || !(value >= least)) return false
  return isWhole !== true || value === Infinity || Number.isInteger(value)
}

function unusable(name: string, expected: string): UsageError {
  return new UsageError('GDL_ERR_USAGE', `the option ${name} takes ${expected}`)
}
