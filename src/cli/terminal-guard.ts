/**
 * The terminal as it was found, whatever happens to the process: Ctrl-Z and `fg`, a hangup, a quit, an
 * error that nobody caught. SIGINT and SIGTERM are the run's own. Against SIGKILL nothing helps.
 *
 * A handler takes a signal's usual effect away. So each, when it is done, has the effect come: by
 * SIGSTOP, which has no handlers, or by the same signal once more without one.
 */
import type { LiveScreen } from '../download/index.ts'

const LAST = ['SIGHUP', 'SIGQUIT'] as const

/** Sees to it that `screen` is left whenever the process stops or ends, until the function that it gives is called. */
export function guardTerminal(screen: LiveScreen): () => void {
  const leave = (): void => screen.suspend()
  const stop = (): void => {
    screen.suspend()
    process.kill(process.pid, 'SIGSTOP')
  }
  const goOn = (): void => screen.resume()
  const end = (signal: NodeJS.Signals): void => {
    screen.suspend()
    unguard()
    process.kill(process.pid, signal)
  }
  const unguard = (): void => {
    process.off('exit', leave).off('uncaughtExceptionMonitor', leave)
    process.off('SIGTSTP', stop).off('SIGCONT', goOn)
    for (const signal of LAST) process.off(signal, end)
  }
  process.on('exit', leave).on('uncaughtExceptionMonitor', leave)
  // Windows knows none of these signals.
  if (process.platform === 'win32') return unguard
  process.on('SIGTSTP', stop).on('SIGCONT', goOn)
  for (const signal of LAST) process.on(signal, end)
  return unguard
}
