/**
 * Events as JSON Lines: an object a line, as cli.md ("What it prints") fixes them for `--json`.
 *
 * The events are those of the library; here they only become text. A field that is unknown is left out,
 * except `total`, which every progress event has: it is null.
 */
import type { RunEvent } from '../download/events.ts'
import { GdlError } from '../errors.ts'

/** The line of `event`, with its end. `exit`, for a summary, is the status with which the process will end. */
export function jsonLine(event: RunEvent, exit: () => number): string | undefined {
  switch (event.event) {
    // Said on standard error.
    case 'warning':
      return undefined
    case 'summary':
      return line({ ...event, exit: exit() })
    default:
      return line(event)
  }
}

function line(event: object): string {
  return `${JSON.stringify(event, written)}\n`
}

function written(key: string, value: unknown): unknown {
  if (value instanceof GdlError) {
    const { code, message } = value
    return { code, message, status: (value as { status?: number }).status }
  }
  if (key === 'total') return value ?? null
  return key === 'seconds' || key === 'delay' ? Math.round((value as number) * 1000) / 1000 : value
}
