/**
 * The command as the tests of this folder run it: in a home of its own, with short pauses, and with a
 * look at what it left behind.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gdlCommand, nodeBinary } from '../support/run-gdl.ts'
import { type RunOptions, type RunResult, startGdl, type StartedGdl } from '../support/run-gdl.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Pauses that do not hold up a test. */
const SWIFT: readonly string[] = ['--retry-delay', '10ms', '--retry-max-delay', '20ms']

/** The last line, as cli.md words it. */
export const SUMMARY: RegExp =
  /^\d+ downloaded, \d+ present, \d+ failed, \d+(?:\.\d+)? (?:B|[KMG]iB) in \d+(?:\.\d+)? (?:ms|s) \(\d+(?:\.\d+)? (?:B|[KMG]iB)\/s\)$/

/** How to run it, and where. */
export interface GdlOptions extends RunOptions {
  /** What `urls.txt` in the home holds. */
  readonly list?: string | Buffer
  /** A home that is there already. */
  readonly home?: string
}

/** A run and what it left. */
export interface Ran extends RunResult {
  readonly home: string
  /** All files and links in `home/out`, in alphabetical order, with `/` behind an empty folder. */
  readonly files: readonly string[]
  /** What is in the home besides. */
  readonly besides: readonly string[]
  /** The lines on standard error. */
  readonly lines: readonly string[]
  readonly lastLine: string
  /** The content of a file in `home/out`. */
  content(name: string): Buffer
}

/** Runs gdl in a home of its own, into its folder `out`. */
export async function gdl(args: readonly string[], options: GdlOptions = {}): Promise<Ran> {
  return beginGdl(args, options).ran
}

/** Runs it by a shell's script, to which the command and its arguments are `"$@"`. */
export async function gdlInShell(script: string, args: readonly string[]): Promise<Ran> {
  const home = temporaryFolder()
  // `startGdl` runs a script with Node; this one is nothing but the shell.
  const shell = join(temporaryFolder(), 'shell.mjs')
  const command = [nodeBinary, gdlCommand, '-d', 'out', ...SWIFT, ...args]
  const words = JSON.stringify(['-c', script, 'sh', ...command])
  writeFileSync(
    shell,
    `import { spawn } from 'node:child_process'
spawn('sh', ${words}, { stdio: 'inherit' }).on('close', (status) => process.exit(status ?? 1))\n`,
  )
  return look(await startGdl([], { cwd: home, command: shell }).ended, home)
}

/** Starts it, for those who want to interfere. */
export function beginGdl(
  args: readonly string[],
  { list, home = temporaryFolder(), ...options }: GdlOptions = {},
): StartedGdl & { readonly home: string; readonly ran: Promise<Ran> } {
  if (list !== undefined) writeFileSync(join(home, 'urls.txt'), list)
  const started = startGdl(['-d', 'out', ...SWIFT, ...args], { cwd: home, ...options })
  return { ...started, home, ran: started.ended.then((result) => look(result, home)) }
}

function look(result: RunResult, home: string): Ran {
  const lines = result.stderr.split('\n').slice(0, -1)
  return {
    ...result,
    home,
    files: filesIn(join(home, 'out')),
    besides: readdirSync(home).filter((name) => name !== 'out' && name !== 'urls.txt'),
    lines,
    lastLine: lines.at(-1) ?? '',
    content: (name) => readFileSync(join(home, 'out', name)),
  }
}

/** Ends it, and resolves when it has; half a record, which SIGKILL may leave beside all else, is taken away. */
export async function interrupt(
  started: ReturnType<typeof beginGdl>,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<void> {
  started.signal(signal)
  const { home, files } = await started.ran
  for (const name of files) {
    if (name.endsWith('.gdl.json.new')) rmSync(join(home, 'out', name))
  }
}

/** All that is in a folder and below, as paths relative to it; nothing where there is no folder. */
export function filesIn(folder: string, below = ''): string[] {
  let entries
  try {
    entries = readdirSync(join(folder, below), { withFileTypes: true })
  } catch {
    return []
  }
  return entries
    .flatMap((entry) => {
      const path = join(below, entry.name)
      if (!entry.isDirectory()) return [path]
      const inside = filesIn(folder, path)
      return inside.length === 0 ? [`${path}/`] : inside
    })
    .sort()
}

/** Resolves when `test` holds; rejects after ten seconds. For what a server saw. */
export async function seen(test: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!test()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${test.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A behaviour's gate: requests wait at it until it is opened. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}
