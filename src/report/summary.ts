/**
 * The last line on standard error, as the contract (cli.md, "What it prints") words it.
 *
 * It is no reporter's: whoever draws, and even where nothing is drawn, the command prints it itself
 * when the reporter has been closed. The speed is the mean over the whole run, waits among it.
 */
import type { RunState } from '../download/events.ts'
import { formatBytes, formatDuration, formatSpeed } from './format.ts'

/**
 * `3 downloaded, 1 present, 0 failed, 12.3 MiB in 4.2 s (2.93 MiB/s)`, without a line end.
 * `nowMs` is `performance.now()` at the end of the run.
 */
export function summaryLine(run: RunState, nowMs: number): string {
  const elapsedMs = Math.max(nowMs - run.startedMs, 1)
  const files = `${run.downloaded} downloaded, ${run.present} present, ${run.failed} failed`
  const speed = formatSpeed((run.bytes / elapsedMs) * 1000)
  return `${files}, ${formatBytes(run.bytes)} in ${formatDuration(elapsedMs)} (${speed})`
}
