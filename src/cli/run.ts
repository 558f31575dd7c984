/**
 * A run of the command: sources into a session, its events to a reporter, and what came of it.
 */
import { GdlError } from '../errors.ts'
import { type Checksum, type Reporter, type RunState, Session } from '../download/index.ts'
import { checkSource, readSource } from '../input/index.ts'
import { createReporter, summaryLine } from '../report/index.ts'
import { Interrupted, type Operation, rethrowExit, run, sleep, spawn } from '../scheduler/index.ts'
import type { CommandLine } from './command-line.ts'
import { exitStatusOf, SIGNAL_STATUS } from './exit-status.ts'
import { onSecondSignal } from './signals.ts'
import { compileParserQuickly, keepHeapSmall } from './v8.ts'

/** Between two looks of the reporter. */
const TICK_MS = 100
/** From how many downloads on memory is worth more than the time of some collections. */
const LONG_LIST = 20_000

/** Does what a command line says, and gives the exit status. Throws a UsageError before anything is sent. */
export async function runCommand(commandLine: CommandLine): Promise<number> {
  const { sources, session: options, checksum, ...shown } = commandLine
  for (const source of sources) checkSource(source)
  compileParserQuickly()
  const session = new Session(options, (event) => reporter.event(event))
  const choice = { ...shown, stream: process.stderr, env: process.env }
  const reporter = await createReporter(choice, session.state)
  const signal = await run(() => downloadAll(sources, session, reporter, checksum))
  if (!shown.quiet) sayWhatCameOfIt(session.state)
  return signal === undefined ? exitStatusOf(session.errorCodes) : SIGNAL_STATUS[signal]
}

/** Parks until all has ended; gives the signal that ended it, if one did. */
function* downloadAll(
  sources: readonly string[],
  session: Session,
  reporter: Reporter,
  checksum: Checksum | undefined,
): Operation<Interrupted['signal'] | undefined> {
  const ticker = spawn(function* ticker() {
    for (;;) {
      reporter.tick(performance.now())
      yield* sleep(TICK_MS)
    }
  })
  try {
    yield* readAll(sources, session, checksum)
    yield* session.join()
    return undefined
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    const forget = onSecondSignal((signal) => {
      reporter.close()
      process.exit(SIGNAL_STATUS[signal])
    })
    yield* session.stop()
    forget()
    return error.signal
  } finally {
    ticker.killSoon()
    reporter.close()
  }
}

function sayWhatCameOfIt(state: RunState): void {
  if (state.total === 0) process.stderr.write('gdl: nothing to download: the list is empty\n')
  process.stderr.write(`${summaryLine(state, performance.now())}\n`)
}

function* readAll(
  sources: readonly string[],
  session: Session,
  checksum: Checksum | undefined,
): Operation<void> {
  for (const source of sources) {
    try {
      yield* readSource(source, process.stdin, (item) => {
        if (item.kind === 'entry' && checksum !== undefined) {
          session.add({ ...item.entry, checksum })
        } else session.take(item)
        if (session.state.total === LONG_LIST) keepHeapSmall()
      })
    } catch (error) {
      rethrowExit(error)
      if (!(error instanceof GdlError)) throw error
      // A list that breaks off is a failure of its own; what it gave until then goes on.
      session.take({ kind: 'bad', source, text: source, message: error.message })
    }
  }
}
