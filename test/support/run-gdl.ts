/**
 * Runs the real command in a process of its own, as a user's shell does. `GDL_TEST_NODE` names another
 * Node binary to run it with; the tests themselves stay on theirs.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The command's file in this checkout. */
export const gdlCommand: string = fileURLToPath(new URL('../../bin/gdl.js', import.meta.url))

/** The Node binary that runs it. */
export const nodeBinary: string = process.env['GDL_TEST_NODE'] ?? process.execPath

/** How to run gdl. */
export interface RunOptions {
  readonly cwd?: string
  /** Added to an environment that holds none of the user's proxies and settings. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What is written to standard input, which then ends; it is empty unless told. */
  readonly input?: string | Buffer
  /** Leaves standard input open, for the test to write to (`child.stdin`) and to end. */
  readonly inputStaysOpen?: boolean
  /** When the process is killed by SIGKILL; 30 seconds unless told. */
  readonly timeoutMs?: number
  /** Another script than `bin/gdl.js`: the one of an installed package, say. */
  readonly command?: string
}

/** How a run ended. */
export interface RunResult {
  /** The exit status; null when a signal ended it. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  /** Whether it had to be killed because its time was up. */
  readonly timedOut: boolean
  readonly stdout: string
  readonly stderr: string
  readonly stdoutBytes: Buffer
  readonly stderrBytes: Buffer
  readonly seconds: number
}

/** A run that is under way. */
export interface StartedGdl {
  readonly child: ChildProcess
  /** How it ended; never rejects. */
  readonly ended: Promise<RunResult>
  /** What it has written so far. */
  stdout(): string
  stderr(): string
  /** Sends a signal to that process alone. */
  signal(name: NodeJS.Signals): void
  /** Resolves when `test` holds for what it has written to standard error or output; else rejects. */
  until(test: (stderr: string, stdout: string) => boolean, timeoutMs?: number): Promise<void>
}

/** Runs gdl to its end. */
export async function runGdl(
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return startGdl(args, options).ended
}

/** Starts gdl and gives a hand on it: for signals, crashes, and input that comes by and by. */
export function startGdl(args: readonly string[], options: RunOptions = {}): StartedGdl {
  const startedMs = performance.now()
  const child = spawn(nodeBinary, [options.command ?? gdlCommand, ...args], {
    cwd: options.cwd,
    env: environment(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  // It may end without reading its input.
  child.stdin.on('error', () => {})
  if (options.inputStaysOpen !== true) child.stdin.end(options.input ?? '')

  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, options.timeoutMs ?? 30_000)

  const ended = new Promise<RunResult>((resolve) => {
    const settle = (status: number | null, signal: NodeJS.Signals | null) => {
      clearTimeout(timer)
      resolve({
        status,
        signal,
        timedOut,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
        stdoutBytes: Buffer.concat(out),
        stderrBytes: Buffer.concat(err),
        seconds: (performance.now() - startedMs) / 1000,
      })
    }
    child.once('error', (error) => {
      err.push(Buffer.from(String(error)))
      settle(null, null)
    })
    child.once('close', settle)
  })

  const stdout = () => Buffer.concat(out).toString()
  const stderr = () => Buffer.concat(err).toString()
  return {
    child,
    ended,
    stdout,
    stderr,
    signal: (name) => void child.kill(name),
    async until(test, timeoutMs = 10_000) {
      const deadline = performance.now() + timeoutMs
      while (!test(stderr(), stdout())) {
        const gone = child.exitCode !== null || child.signalCode !== null
        if (gone || performance.now() > deadline) {
          throw new Error(`${gone ? 'ended' : 'waited'} in vain; standard error:\n${stderr()}`)
        }
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    },
  }
}

/** The test's environment without what would change gdl's behaviour on this or that machine. */
function environment(added: RunOptions['env'] = {}): NodeJS.ProcessEnv {
  const foreign = /^(?:.*_proxy|GDL_.*|NODE_.*|npm_.*|VITEST.*|FORCE_COLOR|NO_COLOR|CI)$/i
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name))
  const nowhere = path.join(tmpdir(), 'gdl-test-no-such-folder')
  return { ...Object.fromEntries(kept), HOME: nowhere, XDG_CONFIG_HOME: nowhere, ...added }
}
