/**
 * Numbers as people read them: sizes, speeds and times.
 *
 * Three significant digits and IEC units (KiB, MiB, GiB), so that a column of sizes never moves:
 * `formatBytes` gives at most 8 characters, `formatSpeed` 10 and `formatDuration` 11. `Intl` was
 * rejected: it has no binary units, and costs 50 times as much for each call.
 *
 * Pure, and imports nothing: the summary needs it even where nothing is drawn.
 */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/**
 * `bytes` in the largest IEC unit that keeps it at 1 or above: `0 B`, `1.50 KiB`, `23.4 MiB`,
 * `1023 GiB`. At most 8 characters up to 1023 PiB. What is not a positive number is `0 B`.
 */
export function formatBytes(bytes: number): string {
  let value = bytes > 0 ? Math.round(bytes) : 0
  let unit = 0
  while (unit < UNITS.length - 1 && Math.round(value) >= 1024) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)} ${UNITS[unit]!}`
}

/** A speed, as `formatBytes` writes a size: `1.50 MiB/s`. At most 10 characters. */
export function formatSpeed(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`
}

/**
 * `ms` milliseconds, in the two largest units that matter: `42 ms`, `0.42 s`, `4.2 s`, `12 s`,
 * `3 min 05 s`, `1 h 02 min`, `2 d 03 h`. Whole seconds have no fraction: `4 s`. At most 11
 * characters up to 9999 days.
 */
export function formatDuration(ms: number): string {
  if (!(ms > 0)) return '0 s'
  if (ms < 99.5) return `${Math.ceil(ms)} ms`
  if (ms < 995) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 9950 && ms % 1000 !== 0) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`
  const hours = Math.round(minutes / 60)
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`
}

/** Time that is left: whole seconds, rounded up, so that it reaches zero with the end and not before. */
export function formatTimeLeft(ms: number): string {
  return formatDuration(Math.ceil(ms / 1000) * 1000)
}

function twoDigits(n: number): string {
  return n < 10 ? `0${n}` : String(n)
}
