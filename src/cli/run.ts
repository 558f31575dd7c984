/**
 * A run of the command: sources into a session, its events to everybody who wants them, and what came
 * of it.
 *
 * It has the session and `conduct` in common with the library's `download`, and not that function
 * itself: bars look at live transfers ten times a second, and lists are read, commands run and standard
 * output written by greenlets, which promises in between would only slow down.
 */
import {
  Chronicle,
  conduct,
  type DownloadEvent,
  type Item,
  type Reporter,
  type RunState,
  Session,
  type SessionOptions,
} from '../download/index.ts'
import { type ErrorCode, GdlError } from '../errors.ts'
import { checkSource, readChecksums } from '../input/index.ts'
import {
  createReporter,
  jsonLine,
  printed,
  summaryLine,
  type TraceWriter,
} from '../report/index.ts'
import {
  addTracer,
  type Greenlet,
  Interrupted,
  joinall,
  type Operation,
  run,
  spawn,
} from '../scheduler/index.ts'
import type { CommandLine } from './command-line.ts'
import { exitStatusOf, SIGNAL_STATUS } from './exit-status.ts'
import { FailedList } from './failed.ts'
import { Hooks } from './hooks.ts'
import { type Keys, keysFor } from './keys.ts'
import { DataOutput } from './output.ts'
import { Reading } from './reading.ts'
import type { Report } from './report.ts'
import { onSecondSignal, tellRunInfo } from './signals.ts'
import { guardTerminal } from './terminal-guard.ts'
import { compileParserQuickly, keepHeapSmall } from './v8.ts'

/** From how many downloads on memory is worth more than the time of some collections. */
const LONG_LIST = 20_000

/**
 * Makes ready what a command line says, and gives what does it and then gives the exit status. Throws a
 * UsageError; so does what it gives, for lists that can't be read, before anything is sent.
 */
export async function prepareRun(commandLine: CommandLine): Promise<() => Promise<number>> {
  compileParserQuickly()
  const trace = await traceOf(commandLine)
  const listeners: ((event: DownloadEvent) => void)[] = []
  const session = new Session(
    sessionOptions(commandLine),
    (event) => {
      for (const listener of listeners) listener(event)
    },
    commandLine.report === undefined ? undefined : (id, stage) => report?.recorder.stage(id, stage),
  )
  const report = await reportFor(commandLine, session.state)
  const choice = { ...commandLine, stream: process.stderr, env: process.env }
  const reporter = await createReporter(choice, session.state)
  listeners.push((event) => reporter.event(event))
  for (const message of session.warnings) reporter.event({ event: 'warning', message })
  if (trace !== undefined) listeners.push((event) => trace.event(event))
  return async () => {
    const tellNoMore = tellRunInfo()
    const stopTrace = trace && addTracer(trace)
    try {
      return await run(() =>
        new CommandRun(commandLine, session, reporter, report, listeners, trace).run(),
      )
    } finally {
      tellNoMore()
      stopTrace?.()
      trace?.close()
    }
  }
}

/** The writer of `--trace`, whose code is loaded for it alone. UsageError for a file that can't be written. */
async function traceOf({ trace }: CommandLine): Promise<TraceWriter | undefined> {
  if (trace === undefined) return undefined
  const { TraceWriter } = await import('../report/trace.ts')
  return new TraceWriter(trace)
}

/** The engine's options, with what has to be read for them. UsageError. */
function sessionOptions({ session, checksums, verbose, quiet }: CommandLine): SessionOptions {
  return {
    ...session,
    story: verbose && !quiet,
    checksums: checksums === undefined ? undefined : readChecksums(checksums),
    transport: { ...session.transport, env: process.env },
  }
}

/** What records `run` for `--report`, which is loaded only then. UsageError when it can't be written. */
async function reportFor(line: CommandLine, run: RunState): Promise<Report | undefined> {
  if (line.report === undefined || line.session.dryRun) return undefined
  const { HtmlRecorder } = await import('../report/html.ts')
  const { Report } = await import('./report.ts')
  return new Report(line.report, new HtmlRecorder(run))
}

class CommandRun {
  readonly #line: CommandLine
  readonly #session: Session
  readonly #reporter: Reporter
  readonly #report: Report | undefined
  readonly #reading: Reading
  readonly #failed = new FailedList()
  readonly #hooks: Hooks
  readonly #output: DataOutput
  readonly #chronicle: Chronicle
  readonly #trace: TraceWriter | undefined
  /** Of errors that are no download's. */
  readonly #errorCodes = new Set<ErrorCode>()
  /** Reads, downloads, and waits for the commands. */
  #work: Greenlet<void> | undefined
  #signal: Interrupted['signal'] | undefined
  /** What ended the run besides its downloads. */
  #failure: unknown
  #forgetSignals = (): void => {}
  readonly #keys: Keys | undefined
  readonly #unguard: () => void

  constructor(
    line: CommandLine,
    session: Session,
    reporter: Reporter,
    report: Report | undefined,
    listeners: ((event: DownloadEvent) => void)[],
    trace: TraceWriter | undefined,
  ) {
    this.#line = line
    this.#trace = trace
    this.#session = session
    this.#reporter = reporter
    this.#keys = keysFor(line, session)
    const users = [reporter.screen, this.#keys].filter((user) => user !== undefined)
    this.#unguard = users.length === 0 ? () => {} : guardTerminal(users)
    this.#report = report
    this.#reading = new Reading(line.sources, () => process.stdin)
    this.#output = new DataOutput(session)
    this.#chronicle = new Chronicle(session.state, (event) => {
      this.#output.write(jsonLine(event, () => this.#status))
    })
    const { screen } = reporter
    const show = screen && ((text: string) => screen.above(text))
    this.#hooks = new Hooks(line, process.env, session, (error) => this.#tell(error), show)
    const fields = line.print ?? (line.print0 ? ['path' as const] : undefined)
    if (line.json) listeners.push((event) => this.#chronicle.event(event))
    if (fields !== undefined) {
      const end = line.print0 ? '\0' : '\n'
      listeners.push((event) => this.#output.write(printed(event, fields, end)))
    }
    if (report !== undefined) listeners.push((event) => report.recorder.event(event))
    if (line.session.dryRun) return
    if (line.failed !== undefined) listeners.push((event) => this.#failed.event(event))
    listeners.push((event) => this.#hooks.event(event))
  }

  /** Parks until all has ended, and gives the exit status. */
  *run(): Operation<number> {
    const wholeRun = (): Operation<number> => this.#whole()
    const whole = spawn(wholeRun)
    // What it throws is thrown here.
    whole.quiet = true
    for (;;) {
      try {
        return yield* whole.get()
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error
        this.#interrupt(error.signal)
      }
    }
  }

  /** At the first signal what can be ended is; at a second the process, whatever it waits for. */
  #interrupt(signal: Interrupted['signal']): void {
    if (this.#signal !== undefined) return
    this.#signal = signal
    this.#work?.killSoon()
    this.#forgetSignals = onSecondSignal((second) => {
      this.#reporter.close()
      this.#trace?.close()
      process.exit(SIGNAL_STATUS[second])
    })
  }

  *#whole(): Operation<number> {
    const { json, quiet } = this.#line
    if (json) this.#chronicle.begin()
    yield* this.#download()
    if (this.#line.failed !== undefined && !this.#line.session.dryRun) yield* this.#writeFailed()
    if (this.#report !== undefined) this.#writeReport(this.#report)
    if (json) this.#chronicle.end()
    yield* this.#closeOutput()
    const traceError = this.#trace?.close()
    if (traceError !== undefined) this.#tell(traceError)
    this.#forgetSignals()
    this.#keys?.close()
    this.#reporter.close()
    this.#unguard()
    if (this.#failure !== undefined) throw this.#failure as Error
    if (!quiet) sayWhatCameOfIt(this.#session.state)
    return this.#status
  }

  /** Parks until all downloads and their commands have ended, or have been stopped: nobody reads, or a signal came. */
  *#download(): Operation<void> {
    const downloads = (): Operation<void> => this.#toEnd()
    const work = spawn(downloads)
    work.quiet = true
    this.#work = work
    yield* joinall([work, this.#output.writer], { count: 1 })
    yield* work.kill()
    yield* this.#hooks.stop()
    this.#failure = work.exception
  }

  *#toEnd(): Operation<void> {
    for (const source of this.#line.sources) checkSource(source)
    yield* conduct(
      this.#session,
      () =>
        this.#reading.read(
          (item) => this.#take(item),
          () => this.#session.room(),
        ),
      (nowMs) => {
        this.#reporter.tick(nowMs)
        this.#report?.recorder.tick(nowMs)
        if (this.#line.json) this.#chronicle.tick(nowMs)
      },
    )
    this.#reporter.tick(performance.now())
    yield* this.#hooks.join()
  }

  #take(item: Item): void {
    const { checksum } = this.#line
    if (item.kind === 'entry' && checksum !== undefined) {
      this.#session.add({ ...item.entry, checksum })
    } else this.#session.take(item)
    if (this.#session.state.total === LONG_LIST) keepHeapSmall()
  }

  *#writeFailed(): Operation<void> {
    if (this.#failure !== undefined) return
    yield* this.#reading.readRest((item) => this.#failed.add(item))
    try {
      this.#failed.write(this.#line.failed!)
    } catch (error) {
      this.#tell(error as GdlError)
    }
  }

  #writeReport(report: Report): void {
    if (this.#failure !== undefined) return
    try {
      report.write(this.#signal)
    } catch (error) {
      this.#tell(error as GdlError)
    }
  }

  *#closeOutput(): Operation<void> {
    yield* this.#output.close()
    const { failure } = this.#output
    if (failure === undefined) return
    if (failure.code === 'GDL_ERR_PIPE') this.#errorCodes.add(failure.code)
    else this.#tell(failure)
  }

  /** Tells of an error that is no download's, and counts it. */
  #tell(error: GdlError): void {
    this.#errorCodes.add(error.code)
    this.#reporter.event({ event: 'error', message: error.message })
  }

  get #status(): number {
    if (this.#signal !== undefined) return SIGNAL_STATUS[this.#signal]
    const errorCodes = [...this.#session.errorCodes, ...this.#errorCodes]
    const failure = this.#failure
    if (failure === undefined) return exitStatusOf(errorCodes)
    const code = failure instanceof GdlError ? failure.code : 'GDL_ERR_INTERNAL'
    return exitStatusOf([...errorCodes, code])
  }
}

function sayWhatCameOfIt(state: RunState): void {
  if (state.total === 0) process.stderr.write('gdl: nothing to download: the list is empty\n')
  process.stderr.write(`${summaryLine(state, performance.now())}\n`)
}
