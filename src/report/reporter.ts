/**
 * Chooses who tells the user, by what was asked for and by what standard error is.
 *
 * The reporter with bars, and cli-progress with it (19 ms), is loaded only when it is chosen. A CI
 * system gives some jobs a pseudo-terminal that nobody looks at: there `auto` means plain lines.
 *
 * Imports the engine's types alone.
 */
import type { Reporter, RunState } from '../download/events.ts'
import type { Loudness } from './lines.ts'
import { PlainReporter } from './plain.ts'
import type { ScreenStream } from './terminal.ts'

/** What `--progress` may say. */
export type ProgressMode = 'auto' | 'bars' | 'plain' | 'none'

/** Where a reporter writes; `process.stderr` is one. */
export interface ReportStream extends ScreenStream {
  readonly isTTY?: boolean | undefined
  on(event: 'resize' | 'error', listener: () => void): unknown
  off(event: 'resize' | 'error', listener: () => void): unknown
}

/** How the user is to be told. */
export interface ReporterChoice {
  readonly progress: ProgressMode
  /** Errors alone; wins over all else. */
  readonly quiet: boolean
  readonly verbose: boolean
  readonly stream: ReportStream
  readonly env: NodeJS.ProcessEnv
}

/**
 * The reporter for `run`. With `quiet` it tells of failures alone; with `none` of failures and
 * warnings, in plain lines (and of details with `verbose`). `auto` is bars on a terminal that is not
 * dumb and not a CI system's, and plain lines elsewhere. Colours need a terminal, no `NO_COLOR`
 * (https://no-color.org) and no `TERM=dumb`.
 *
 * From here on a stream that breaks (EPIPE: the reader of standard error has gone) is written to in
 * vain, and is no error: the downloads matter more. The listener stays, for the summary's sake.
 */
export async function createReporter(choice: ReporterChoice, run: RunState): Promise<Reporter> {
  const { stream, env, quiet, progress } = choice
  stream.on('error', ignore)
  const usual: Loudness = progress === 'none' ? 'warnings' : 'ends'
  const loudness = quiet ? 'errors' : choice.verbose ? 'all' : usual
  if (quiet || progress === 'none' || !wantsBars(choice)) {
    return new PlainReporter({ stream, run, loudness, progress: !quiet && progress !== 'none' })
  }
  const { BarsReporter } = await import('./bars.ts')
  const colour = stream.isTTY === true && env['TERM'] !== 'dumb' && !env['NO_COLOR']
  return new BarsReporter({ stream, run, loudness, colour, unicode: isUnicode(env) })
}

function wantsBars({ progress, stream, env }: ReporterChoice): boolean {
  if (progress !== 'auto') return progress === 'bars'
  const ci = env['CI'] !== undefined && !['', '0', 'false'].includes(env['CI'])
  return stream.isTTY === true && env['TERM'] !== 'dumb' && !ci
}

/** Whether the locale (POSIX: the first of the three that is not empty) can show block characters. */
function isUnicode(env: NodeJS.ProcessEnv): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG']
  // Windows and macOS set none, and are Unicode throughout.
  if (!locale) return process.platform === 'win32' || process.platform === 'darwin'
  return /utf-?8/i.test(locale)
}

function ignore(): void {}
