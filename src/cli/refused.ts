/**
 * `--json` where there is no run: what reads it finds a first line and a last one all the same, and the
 * status in that.
 *
 * Made by hand, and not by a session's `Chronicle`: there is no session, for its options are of no use.
 */
import type { RunEvent } from '../download/index.ts'
import { jsonLine } from '../report/index.ts'
import { VERSION } from '../version.ts'

/** The events of a run that did not begin, as JSON Lines. */
export function refusedRun(exit: number): string {
  const time = new Date().toISOString()
  const events: readonly RunEvent[] = [
    { event: 'run', time, schema: 1, version: VERSION },
    { event: 'summary', time, downloaded: 0, present: 0, failed: 0, bytes: 0, seconds: 0 },
  ]
  return events.map((event) => jsonLine(event, () => exit)).join('')
}
