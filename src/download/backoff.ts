/**
 * How long to wait before the next try: our own guess, and what the server says.
 *
 * Full jitter, after Marc Brooker's "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015):
 * uniform from 0 to the exponential ceiling. Of the forms compared there it takes least work for the
 * whole crowd. The alternatives keep many downloads that failed together knocking together: a batch
 * is such a crowd by itself. undici's RetryHandler has no jitter at all.
 *
 * Dates are read by the three forms of RFC 9110 alone. `Date.parse` takes nearly anything (`120 s` is a
 * date to it), and local time where no zone is given. Pure: imports nothing.
 */

/** The longest wait that a Retry-After gives, in milliseconds: a timer's most, some 24 days. */
export const MAX_RETRY_AFTER_MS: number = 2 ** 31 - 1

/** The bounds of the wait, in milliseconds. */
export interface Backoff {
  /** The ceiling after the first failure. */
  readonly baseMs: number
  /** The ceiling that no wait exceeds. */
  readonly maxMs: number
}

/**
 * Milliseconds to wait after failure number `attempt` (from 1): uniform between 0 and
 * `min(maxMs, baseMs * 2 ** (attempt - 1))`. `random` gives a number in [0, 1).
 */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs }: Backoff,
  random: () => number = Math.random,
): number {
  // Bounded, so that no base becomes Infinity, nor a base of 0 NaN.
  const doublings = Math.min(Math.max(attempt - 1, 0), 900)
  return random() * Math.min(maxMs, baseMs * 2 ** doublings)
}

/**
 * Milliseconds from `nowEpochMs` that a Retry-After field asks for (RFC 9110, section 10.2.3: seconds
 * or an HTTP-date), at most `MAX_RETRY_AFTER_MS`. `undefined` for one that is unusable, in the past, or
 * no wait at all (`0`): then the usual back-off is the polite answer.
 */
export function parseRetryAfter(value: string | undefined, nowEpochMs: number): number | undefined {
  const text = value?.trim() ?? ''
  const delayMs = /^\d+$/.test(text)
    ? Number(text) * 1000
    : (parseHttpDate(text, nowEpochMs) ?? NaN) - nowEpochMs
  return delayMs > 0 ? Math.min(delayMs, MAX_RETRY_AFTER_MS) : undefined
}

const DAYS = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const LONG_DAYS = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day'
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'
const MONTH = '(?<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`

/** IMF-fixdate, then the obsolete forms of RFC 850 and of C's asctime. */
const HTTP_DATES: readonly RegExp[] = [
  new RegExp(String.raw`^${DAYS}, (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${TIME} GMT$`),
  new RegExp(String.raw`^${LONG_DAYS}, (?<day>\d\d)-${MONTH}-(?<year>\d\d) ${TIME} GMT$`),
  new RegExp(String.raw`^${DAYS} ${MONTH} (?<day>\d\d| \d) ${TIME} (?<year>\d{4})$`),
]

/**
 * The milliseconds since the epoch of an HTTP-date (RFC 9110, section 5.6.7), in any of its three forms
 * and nothing else. `undefined` where it is none, or no day of the calendar. A wrong day of the week is
 * let pass. `nowEpochMs` places a year of two digits: one over 50 years ahead is of the past century.
 */
export function parseHttpDate(text: string, nowEpochMs: number): number | undefined {
  for (const form of HTTP_DATES) {
    const groups = form.exec(text)?.groups
    if (groups !== undefined) return epochMsOf(groups, nowEpochMs)
  }
  return undefined
}

function epochMsOf(
  groups: Readonly<Record<string, string>>,
  nowEpochMs: number,
): number | undefined {
  const month = MONTHS.indexOf(groups['month']!) / 3
  const day = Number(groups['day'])
  const year = fullYear(groups['year']!, nowEpochMs)
  const [hour, minute] = [Number(groups['hour']), Number(groups['minute'])]
  // 60 is a leap second.
  const second = Number(groups['second'])
  const date = new Date(Date.UTC(year, month, day))
  const isDay = date.getUTCFullYear() === year && date.getUTCDate() === day
  if (!isDay || hour > 23 || minute > 59 || second > 60) return undefined
  return Date.UTC(year, month, day, hour, minute, second)
}

function fullYear(digits: string, nowEpochMs: number): number {
  if (digits.length === 4) return Number(digits)
  const thisYear = new Date(nowEpochMs).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + Number(digits)
  return year > thisYear + 50 ? year - 100 : year
}
