/**
 * The terminal as it was found, whatever happens to the process: Ctrl-Z and `fg`, a hangup, a quit, an
 * error that nobody caught. SIGINT and SIGTERM are the run's own. Against SIGKILL nothing helps.
 *
 * A handler takes a signal's usual effect away. So each, when it is done, has the effect come: by
 * SIGSTOP, which has no handlers, or by the same signal once more without one.
 */

/** Something that changes the terminal while it is at work. */
export interface TerminalUser {
  /** Leaves the terminal as it was found, at the latest on the next tick. */
  suspend(): void
  resume(): void
}

const LAST = ['SIGHUP', 'SIGQUIT'] as const

/**
 * Sees to it that `users` leave the terminal whenever the process stops or ends, until the function that it
 * gives is called.
 */
export function guardTerminal(users: readonly TerminalUser[]): () => void {
  const leave = (): void => {
    for (const user of users) user.suspend()
  }
  const stop = (): void => {
    leave()
    // Node ends the reading of standard input on the next tick only.
    setImmediate(() => process.kill(process.pid, 'SIGSTOP'))
  }
  const goOn = (): void => {
    for (const user of users) user.resume()
  }
  const end = (signal: NodeJS.Signals): void => {
    leave()
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
