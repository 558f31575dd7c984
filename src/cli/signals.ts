/**
 * The second Ctrl-C. The first is the scheduler's: it throws Interrupted into main.
 */

/** Calls `stop` at the next SIGINT or SIGTERM, until the function that it gives is called. */
export function onSecondSignal(stop: (signal: 'SIGINT' | 'SIGTERM') => void): () => void {
  process.on('SIGINT', stop).on('SIGTERM', stop)
  return () => process.off('SIGINT', stop).off('SIGTERM', stop)
}
