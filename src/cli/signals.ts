/**
 * The second Ctrl-C (the first is the scheduler's: it throws Interrupted into main), and the signal
 * that asks what gdl is doing.
 */
import { formatRunInfo, getHub } from '../scheduler/index.ts'

/** Calls `stop` at the next SIGINT or SIGTERM, until the function that it gives is called. */
export function onSecondSignal(stop: (signal: 'SIGINT' | 'SIGTERM') => void): () => void {
  process.on('SIGINT', stop).on('SIGTERM', stop)
  return () => process.off('SIGINT', stop).off('SIGTERM', stop)
}

/**
 * Prints the scheduler's run info to standard error at each SIGUSR2, until the run that is going on has
 * ended. Not on Windows, which has no such signal.
 */
export function tellRunInfo(): () => void {
  if (process.platform === 'win32') return () => {}
  const watcher = getHub().loop.signal('SIGUSR2')
  watcher.start(() => process.stderr.write(`${formatRunInfo()}\n`))
  return () => watcher.close()
}
