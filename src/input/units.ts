/**
 * Durations and sizes as people write them: `30`, `500ms`, `2.5MiB`.
 *
 * Sizes tell 1024 from 1000 by the unit's form, as GNU coreutils do: a bare letter or `iB` is a power
 * of 1024, a letter with `B` of 1000. A small letter counts as its capital (curl's `--limit-rate 500k`),
 * but a small `b` is refused, for it says bits. What is not understood is an error that shows the forms:
 * a wrong guess by a factor of 8 or 60 would go unseen. Imports errors alone.
 */
import { UsageError } from '../errors.ts'

const DURATION = /^(\d+(?:\.\d+)?|\.\d+) ?(ms|s|m|h)?$/
const SIZE = /^(\d+(?:\.\d+)?|\.\d+) ?(?:([kKmMgGtT])(i?B|i)?|B)?$/

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const POWERS = 'kmgt'

/**
 * `text` as whole milliseconds: `30` and `0.5` are seconds, or one of `ms`, `s`, `m`, `h` follows.
 * What is not zero stays at least 1. Throws a UsageError (GDL_ERR_USAGE) for anything else.
 */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text.trim())
  const durationMs = match === null ? NaN : Number(match[1]) * MS[match[2] ?? 's']!
  return whole(
    durationMs,
    text,
    'a duration: write seconds (30, 0.5) or a unit (500ms, 30s, 2m, 1h)',
  )
}

/**
 * `text` as whole bytes: `500000`, `500K` or `500KiB` (1024), `500kB` (1000); K, M, G and T. What is
 * not zero stays at least 1. Throws a UsageError (GDL_ERR_USAGE) for anything else.
 */
export function parseSize(text: string): number {
  const match = SIZE.exec(text.trim())
  const sizeBytes = match === null ? NaN : Number(match[1]) * factor(match)
  return whole(
    sizeBytes,
    text,
    'a size: write bytes (500000) or a unit (500K, 2.5MiB, 1G: powers of 1024; 500kB, 2MB, 1GB: of 1000)',
  )
}

function factor(match: RegExpExecArray): number {
  const letter = match[2]
  if (letter === undefined) return 1
  return (match[3] === 'B' ? 1000 : 1024) ** (POWERS.indexOf(letter.toLowerCase()) + 1)
}

function whole(value: number, text: string, expected: string): number {
  if (value <= Number.MAX_SAFE_INTEGER) return value > 0 ? Math.max(1, Math.round(value)) : 0
  throw new UsageError('GDL_ERR_USAGE', `"${text.slice(0, 40)}" is not ${expected}`)
}
