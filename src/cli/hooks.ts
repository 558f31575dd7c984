/**
 * `--on-done` and `--on-fail`: a command for each end of a download.
 *
 * It is run without a shell, and what it is about is in its environment: no name of a file or a URL is
 * ever a part of a command. Its standard output goes to standard error, as ours is for data.
 */
import { type ChildProcess, spawn as spawnProcess } from 'node:child_process'
import { Backlog, type DownloadEvent, type Session } from '../download/index.ts'
import { GdlError } from '../errors.ts'
import { until } from '../io/index.ts'
import { LineSplitter } from '../report/index.ts'
import { Group, type Operation, rethrowExit, Semaphore } from '../scheduler/index.ts'

const STDERR_FD = 2
/** So many ends wait for their commands before no more downloads begin. */
const MOST_WAITING = 1000

/** Which commands, and how. */
export interface HookOptions {
  /** The words of the command. */
  readonly onDone: readonly string[] | undefined
  readonly onFail: readonly string[] | undefined
  /** How many at once. */
  readonly hookJobs: number
}

type End = Extract<DownloadEvent, { event: 'done' | 'fail' }>

/** Runs the commands of one run. */
export class Hooks {
  readonly #options: HookOptions
  readonly #env: NodeJS.ProcessEnv
  readonly #onFailure: (error: GdlError) => void
  readonly #show: ((line: string) => void) | undefined
  readonly #backlog: Backlog
  readonly #jobs: Semaphore
  readonly #running = new Group()

  /**
   * `env` is what the commands get besides; `onFailure` is told of each that fails. `show` takes the lines
   * of their output, where that can't go to standard error itself because bars are drawn there.
   */
  constructor(
    options: HookOptions,
    env: NodeJS.ProcessEnv,
    session: Session,
    onFailure: (error: GdlError) => void,
    show?: (line: string) => void,
  ) {
    this.#options = options
    this.#env = env
    this.#onFailure = onFailure
    this.#show = show
    this.#backlog = new Backlog(session, MOST_WAITING)
    this.#jobs = new Semaphore(options.hookJobs)
  }

  /** Has the command for `event` run when its turn comes, if there is one. Does not park. */
  event(event: DownloadEvent): void {
    const { onDone, onFail } = this.#options
    if (event.event === 'done' && onDone !== undefined) this.#add('--on-done', onDone, event)
    if (event.event === 'fail' && onFail !== undefined) this.#add('--on-fail', onFail, event)
  }

  /** Parks until all have ended. */
  *join(): Operation<void> {
    yield* this.#running.join()
  }

  /** Ends those that run (SIGTERM), forgets those that wait, and parks until all have ended. */
  *stop(): Operation<void> {
    yield* this.#running.kill()
  }

  #add(option: string, words: readonly string[], event: End): void {
    this.#backlog.change(1)
    const hook = (): Operation<void> => this.#run(option, words, event)
    this.#running.spawn(hook).rawlink(() => this.#backlog.change(-1))
  }

  *#run(option: string, words: readonly string[], event: End): Operation<void> {
    yield* this.#jobs.acquire()
    try {
      const end = yield* runProcess(words, { ...this.#env, ...variablesOf(event) }, this.#show)
      if (end !== 'status 0') throw new Error(`it ended with ${end}`)
    } catch (error) {
      rethrowExit(error)
      const about = `${option} for ${event.path ?? event.url}`
      const { message } = error as Error
      this.#onFailure(new GdlError('GDL_ERR_HOOK', `${about}: ${message}`, { cause: error }))
    } finally {
      this.#jobs.release()
    }
  }
}

/** All of them each time, so that a shell's `set -u` holds; what there is nothing of is empty. */
function variablesOf(event: End): Record<string, string> {
  const isDone = event.event === 'done'
  const error = isDone ? '' : `${event.error.code}: ${event.error.message}`
  return {
    GDL_URL: event.url,
    GDL_PATH: event.path ?? '',
    GDL_BYTES: isDone ? String(event.bytes) : '',
    GDL_STATUS: isDone ? event.status : 'failed',
    // A server's words; the environment can't hold NUL.
    GDL_ERROR: error.replaceAll('\0', ''),
  }
}

/** Parks until the process has ended, and says how. A kill ends it first. Throws Node's error when it can't be run. */
function* runProcess(
  [program, ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  show: ((line: string) => void) | undefined,
): Operation<string> {
  const output = show === undefined ? STDERR_FD : 'pipe'
  const child = spawnProcess(program!, args, { env, stdio: ['ignore', output, output] })
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null || show === undefined) continue
    const lines = new LineSplitter(show)
    stream.setEncoding('utf8').on('data', (text: string) => lines.push(text))
    stream.on('end', () => lines.end())
  }
  try {
    return yield* ended(child)
  } finally {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill()
      yield* ended(child)
    }
  }
}

function ended(child: ChildProcess): Operation<string> {
  return until<string>((done) => {
    const onError = (error: Error): void => done(error)
    const onExit = (status: number | null, signal: string | null): void => {
      done(null, signal ?? `status ${status}`)
    }
    child.on('error', onError).on('exit', onExit)
    // An error without a listener would be thrown.
    return () => child.off('exit', onExit)
  })
}
