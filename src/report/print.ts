/**
 * `--print`: of each success what a script asked for, one line each.
 *
 * Nothing is quoted or replaced, so that what is printed can be used as it is; whoever has line ends in
 * the names of folders takes `--print0`.
 */
import type { DownloadEvent } from '../download/events.ts'

/** What can be printed, in the order of `done`'s fields in `--json`. */
export const PRINTABLE = ['id', 'url', 'path', 'bytes', 'seconds', 'attempts', 'status'] as const

/** One thing that can be printed. */
export type Printable = (typeof PRINTABLE)[number]

/** The record of `event` if it is a success: `fields` with a TAB between them, and `end`. */
export function printed(
  event: DownloadEvent,
  fields: readonly Printable[],
  end: '\n' | '\0',
): string | undefined {
  if (event.event !== 'done') return undefined
  return fields.map((field) => String(event[field])).join('\t') + end
}
