/**
 * The command: reads the arguments, and loads what does the work only when there is some.
 */
import { CommanderError } from 'commander'
import { GdlError } from '../errors.ts'
import { commandLineOf, parseArguments } from './command-line.ts'
import { readSettings } from './config.ts'
import { exitStatusOf } from './exit-status.ts'

/** Runs `gdl` with these arguments, and gives the exit status. Throws nothing. */
export async function main(argv: readonly string[]): Promise<number> {
  let hasBegun = false
  try {
    if (argv[0] === 'completion') {
      const { completionFor } = await import('./completion.ts')
      return print(completionFor(argv[1]))
    }
    if (argv[0] === 'explain') {
      const { explain } = await import('../report/explain.ts')
      return print(await explain(argv[1]))
    }
    const given = parseArguments(argv)
    const settings = [...(await readSettings(given.config, process.env)), ...given.settings]
    if (given.showConfig) {
      const { showSettings } = await import('./show-config.ts')
      return print(showSettings(settings))
    }
    const commandLine = commandLineOf(given.sources, settings)
    const { prepareRun } = await import('./run.ts')
    const run = await prepareRun(commandLine)
    hasBegun = true
    return await run()
  } catch (error) {
    forgiveReaders()
    const status = await failed(error)
    if (!hasBegun && status !== 0 && asksForJson(argv)) {
      const { refusedRun } = await import('./refused.ts')
      process.stdout.write(refusedRun(status))
    }
    return status
  }
}

/** Whether these arguments do, also where there are others among them that can't be used. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const options = end === -1 ? argv : argv.slice(0, end)
  return options.lastIndexOf('--json') > options.lastIndexOf('--no-json')
}

/** A reader that has gone (`gdl --help | head -1`) is no fault of ours. */
function forgiveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}

function print(text: string): number {
  forgiveReaders()
  process.stdout.write(text)
  return 0
}

/** Says what `error` is, and gives the exit status. */
async function failed(error: unknown): Promise<number> {
  // commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const known = error instanceof GdlError
  // What can't be used is quoted, and may come from a stranger's file.
  const { sanitize } = await import('../report/sanitize.ts')
  const message = sanitize(error instanceof Error ? error.message : String(error))
  process.stderr.write(`gdl: ${known ? '' : 'internal error: '}${message}\n`)
  if (known && error.hint !== undefined) process.stderr.write(`gdl: ${error.hint}\n`)
  return exitStatusOf([known ? error.code : 'GDL_ERR_INTERNAL'])
}
