/**
 * Keys that steer a run: one press, no Enter.
 *
 * For that the terminal is in raw mode, which also takes from it what Ctrl-C, Ctrl-\ and Ctrl-Z do: it
 * is done here as the terminal does it, to our whole process group. A process in the background must
 * neither read nor set its terminal, or it is stopped (SIGTTIN, SIGTTOU); so keys are taken only in the
 * foreground. Whether we are there is looked at in the beginning and at each SIGCONT; and now and then,
 * since some shells (bash) bring a running job there without it.
 *
 * What a key did is written to standard error, where a reporter with bars has it stand above them.
 * Not on Windows, where nobody can send himself a Ctrl-C.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isatty, type ReadStream } from 'node:tty'
import type { Session } from '../download/index.ts'
import { IDLE, StreamReader } from '../io/index.ts'
import { formatSpeed } from '../report/index.ts'
import { type Greenlet, type Operation, spawn } from '../scheduler/index.ts'
import type { CommandLine } from './command-line.ts'

const HELP = 'p pause or go on, + - downloads at once, l limit, r retry what failed, q stop, ? this'
const MIB = 1024 * 1024
const LIMITS = [undefined, 10 * MIB, MIB, 100 * 1024]
/** A source that may be standard input. */
const LIST = /^(?:-$|\/dev\/)/
/** How often somebody in the background looks whether that has changed. */
const LOOK_MS = 1000
/** What arrows and the like begin with. */
const ESCAPE = '\x1b'
const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = {
  '\x03': 'SIGINT',
  '\x1a': 'SIGTSTP',
  '\x1c': 'SIGQUIT',
}

/**
 * The keys for a run, or undefined where there are none: standard input is no terminal or is the list,
 * or whoever gets the bytes of `-o -` (a pager, a player) may want them.
 */
export function keysFor(line: CommandLine, session: Session): Keys | undefined {
  const isTaken = line.sources.some((source) => LIST.test(source)) || line.session.output === '-'
  const isOff = !line.keys || isTaken || !isatty(0) || process.platform === 'win32'
  return isOff ? undefined : new Keys(process.stdin, session)
}

/** Reads keys in a greenlet of its own, and does what they say, until `close`. */
export class Keys {
  readonly #terminal: ReadStream
  readonly #session: Session
  readonly #limits: readonly (number | undefined)[]
  readonly #reader: StreamReader
  readonly #greenlet: Greenlet<void>
  #isRaw = false

  constructor(terminal: ReadStream, session: Session) {
    this.#terminal = terminal
    this.#session = session
    this.#limits = [...new Set([session.limit, ...LIMITS])]
    this.#reader = new StreamReader(terminal)
    terminal.unref()
    this.resume()
    const keys = (): Operation<void> => this.#read()
    this.#greenlet = spawn(keys)
    // A terminal that breaks has no keys: the downloads go on.
    this.#greenlet.quiet = true
  }

  /** Leaves the terminal as it was found, and reads no more until `resume`; from the next tick on. */
  suspend(): void {
    this.#terminal.pause()
    if (this.#isRaw) this.#terminal.setRawMode(false)
    this.#isRaw = false
  }

  /** Takes keys if we are in the foreground. */
  resume(): void {
    const wasRaw = this.#isRaw
    this.#isRaw = isForeground()
    if (!this.#isRaw) {
      this.#terminal.pause()
      return
    }
    // After a SIGSTOP, of which nobody is told, the shell may have changed what Node takes for set.
    if (wasRaw) this.#terminal.setRawMode(false)
    this.#terminal.setRawMode(true)
    this.#terminal.resume()
  }

  /** Leaves the terminal as it was found, for good. */
  close(): void {
    this.suspend()
    this.#greenlet.killSoon()
    this.#reader.close()
  }

  *#read(): Operation<void> {
    for (;;) {
      const bytes = yield* this.#reader.read(LOOK_MS)
      if (bytes === IDLE) {
        if (!this.#isRaw) this.resume()
        continue
      }
      // The terminal has gone.
      if (bytes === undefined) return
      const text = bytes.toString('latin1')
      if (!text.startsWith(ESCAPE)) for (const key of text) this.#press(key)
    }
  }

  #press(key: string): void {
    const signal = SIGNALS[key]
    if (signal !== undefined) process.kill(0, signal)
    const said = this.#do(key)
    if (said !== undefined) process.stderr.write(`gdl: ${said}\n`)
  }

  /** Does what the key stands for, and gives what there is to say of it. */
  #do(key: string): string | undefined {
    const session = this.#session
    switch (key) {
      case 'p':
        if (session.state.paused) session.resume()
        else session.pause()
        return session.state.paused ? 'paused; p goes on' : 'going on'
      case '+':
      case '-':
        session.jobs = Math.max(1, session.jobs + (key === '+' ? 1 : -1))
        return `downloads at once: ${session.jobs}`
      case 'l':
        session.limit =
          this.#limits[(this.#limits.indexOf(session.limit) + 1) % this.#limits.length]
        return `limit: ${session.limit === undefined ? 'none' : formatSpeed(session.limit)}`
      case 'r':
        return `trying again: ${session.retryFailed() || 'nothing has failed that could be'}`
      case 'q':
        process.kill(process.pid, 'SIGINT')
        return 'stopping; the same command goes on from here'
      case '?':
        return HELP
      default:
        return undefined
    }
  }
}

/** Whether the terminal is ours: Linux tells it in a file, others by their `ps`. */
function isForeground(): boolean {
  let stat
  try {
    stat = readFileSync('/proc/self/stat', 'latin1')
  } catch {
    const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(process.pid)])
    return stdout?.includes('+') ?? false
  }
  // The fields behind the name, which may hold anything (proc_pid_stat(5)): state ppid pgrp session tty_nr tpgid.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[2] === fields[5]
}
