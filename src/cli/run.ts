/**
 * A run of the command: sources into a session, its events to a reporter, and what came of it.
 */
import { GdlError } from '../errors.ts'
import { type DownloadEvent, type Reporter, Session } from '../download/index.ts'
import { checkSource, readSource } from '../input/index.ts'
import { until } from '../io/index.ts'
import { createReporter, summaryLine } from '../report/index.ts'
import { Interrupted, type Operation, rethrowExit, run, sleep, spawn } from '../scheduler/index.ts'
import { exitStatusOf, SIGNAL_STATUS } from './exit-status.ts'
import type { CommandLine } from './options.ts'
import { onSecondSignal } from './signals.ts'
import { compileParserQuickly, keepHeapSmall } from './v8.ts'

/** Between two looks of the reporter. */
const TICK_MS = 100
/** From how many downloads on memory is worth more than the time of some collections. */
const LONG_LIST = 20_000

/** Does what a command line says, and gives the exit status. Throws a UsageError before anything is sent. */
export function runCommand(commandLine: CommandLine): Promise<number> {
  for (const source of commandLine.sources) checkSource(source)
  compileParserQuickly()
  return run(() => command(commandLine))
}

function* command({ sources, session: options, ...shown }: CommandLine): Operation<number> {
  let reporter: Reporter | undefined = undefined as Reporter | undefined
  const session = new Session(options, (event: DownloadEvent) => reporter?.event(event))
  const { state } = session
  const choice = { ...shown, stream: process.stderr, env: process.env }
  const drawn = yield* until(createReporter(choice, state))
  reporter = drawn
  const ticker = spawn(function* ticker() {
    for (;;) {
      drawn.tick(performance.now())
      yield* sleep(TICK_MS)
    }
  })
  let interrupted: Interrupted | undefined
  try {
    yield* readAll(sources, session)
    yield* session.join()
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    interrupted = error
    const forget = onSecondSignal((signal) => {
      drawn.close()
      process.exit(SIGNAL_STATUS[signal])
    })
    yield* session.stop()
    forget()
  } finally {
    ticker.killSoon()
    drawn.close()
  }
  if (!shown.quiet) {
    if (state.total === 0) process.stderr.write('gdl: nothing to download: the list is empty\n')
    process.stderr.write(`${summaryLine(state, performance.now())}\n`)
  }
  return interrupted === undefined
    ? exitStatusOf(session.errorCodes)
    : SIGNAL_STATUS[interrupted.signal]
}

function* readAll(sources: readonly string[], session: Session): Operation<void> {
  for (const source of sources) {
    try {
      yield* readSource(source, process.stdin, (item) => {
        session.take(item)
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
