/**
 * The command: reads the arguments, and loads what does the work only when there is some.
 */
import { CommanderError } from 'commander'
import { GdlError } from '../errors.ts'
import { type CommandLine, parseCommandLine } from './command-line.ts'
import { exitStatusOf } from './exit-status.ts'

/** Runs `gdl` with these arguments, and gives the exit status. Throws nothing. */
export async function main(argv: readonly string[]): Promise<number> {
  let commandLine: CommandLine
  try {
    commandLine = parseCommandLine(argv)
  } catch (error) {
    // commander has said it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return failed(error)
  }
  try {
    const { runCommand } = await import('./run.ts')
    return await runCommand(commandLine)
  } catch (error) {
    return failed(error)
  }
}

function failed(error: unknown): number {
  const known = error instanceof GdlError
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`gdl: ${known ? '' : 'internal error: '}${message}\n`)
  if (known && error.hint !== undefined) process.stderr.write(`gdl: ${error.hint}\n`)
  return exitStatusOf([known ? error.code : 'GDL_ERR_INTERNAL'])
}
