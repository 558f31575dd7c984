/**
 * The command line: commander's parser made of the table of options, and what an `argv` comes to, with
 * the settings of files and variables below it.
 *
 * commander takes the arguments apart; the texts are read by the table's parsers, as those of other
 * places are. What is on or off has its opposite too, unseen in the help, for a file may have set it.
 */
import { Command, Option } from 'commander'
import { type Checksum, DEFAULTS, type SessionOptions } from '../download/index.ts'
import { UsageError } from '../errors.ts'
import type { Printable, ProgressMode } from '../report/index.ts'
import { VERSION } from '../version.ts'
import { ABOUT, EXAMPLES, EXIT_STATUS, SETTINGS, UNITS } from './about.ts'
import { attributeOf, fieldOf, flagsOf } from './flags.ts'
import { GROUPS, HELP, type Part, type Row, ROWS } from './options.ts'
import { type Setting, valueOf } from './settings.ts'

/** The options that are the command's own. */
export interface CommandOptions {
  /** Of the one URL that is the only source. */
  readonly checksum: Checksum | undefined
  /** The path of a list of checksums. */
  readonly checksums: string | undefined
  readonly progress: ProgressMode
  readonly quiet: boolean
  readonly verbose: boolean
  /** Whether keys are taken where there is a terminal. */
  readonly keys: boolean
  /** The path of the timeline. */
  readonly trace: string | undefined
  /** The path of a page about the run. */
  readonly report: string | undefined
  readonly json: boolean
  /** What to print of each success. */
  readonly print: readonly Printable[] | undefined
  readonly print0: boolean
  /** The path of the list of what failed. */
  readonly failed: string | undefined
  /** The words of commands. */
  readonly onDone: readonly string[] | undefined
  readonly onFail: readonly string[] | undefined
  readonly hookJobs: number
}

/** What stands among the arguments. */
export interface Arguments {
  readonly sources: readonly string[]
  readonly settings: readonly Setting[]
  /** The path of a file of settings, in place of the usual ones. */
  readonly config: string | undefined
  readonly showConfig: boolean
}

/** What is to be done. */
export interface CommandLine extends CommandOptions {
  readonly sources: readonly string[]
  readonly session: SessionOptions
}

/** What the command does when nothing else is said. */
export const COMMAND_DEFAULTS: CommandOptions = {
  checksum: undefined,
  checksums: undefined,
  progress: 'auto',
  quiet: false,
  verbose: false,
  keys: true,
  trace: undefined,
  report: undefined,
  json: false,
  print: undefined,
  print0: false,
  failed: undefined,
  onDone: undefined,
  onFail: undefined,
  hookJobs: 4,
}

const EPILOGUE = `
${UNITS}

${SETTINGS}

Examples:
${EXAMPLES.map(([command, what]) => `  ${command.padEnd(34)}${what}`).join('\n')}

${EXIT_STATUS}`

/** The parser. It prints nothing by itself, and throws instead of ending the process. */
export function makeParser(): Command {
  const command = new Command('gdl')
    .description(ABOUT)
    .usage('[options] <source>...')
    // That one is needed is told by `check`, with more words than commander's.
    .argument('[source...]', 'lists of URLs, - for standard input, or URLs')
    .helpOption(HELP.help.flags, HELP.help.description)
    .version(VERSION, HELP.version.flags, HELP.version.description)
    .addHelpText('after', EPILOGUE)
    .configureHelp({
      helpWidth: 80,
      visibleArguments: () => [],
    })
    .configureOutput({
      outputError: (message, write) => write(message.replace(/^error: /, 'gdl: ')),
    })
    .showSuggestionAfterError()
    .exitOverride()
  for (const [title, rows] of GROUPS) {
    for (const row of rows) addRow(command, row, title)
  }
  return command
}

function addRow(command: Command, row: Row, title: string): void {
  const option = new Option(row.flags, row.description).helpGroup(title)
  const { value, opposite } = flagsOf(row)
  if (value !== undefined) {
    option.argParser((text, previous: string[] | undefined) => [...(previous ?? []), text])
  }
  command.addOption(option)
  if (opposite !== undefined) command.addOption(new Option(opposite).hideHelp())
}

/** What stands in `argv`. Throws commander's CommanderError: for bad usage, and for help and version, once shown. */
export function parseArguments(argv: readonly string[]): Arguments {
  const command = makeParser().parse([...argv], { from: 'user' })
  const given = ROWS.filter((row) => command.getOptionValueSource(attributeOf(row)) === 'cli')
  const { config, showConfig } = command.opts<{ config?: string[]; showConfig?: boolean }>()
  return {
    sources: command.args,
    config: config?.at(-1),
    showConfig: showConfig === true,
    settings: given.map((row) => ({
      row,
      given: command.getOptionValue(attributeOf(row)) as Setting['given'],
      origin: 'command line',
      label: flagsOf(row).long,
    })),
  }
}

/**
 * What the settings, the weakest first, and the sources come to. UsageError for a value that can't be
 * used, and for no source.
 */
export function commandLineOf(
  sources: readonly string[],
  settings: readonly Setting[],
): CommandLine {
  const given: Record<Part, Record<string, unknown>> = {
    session: {},
    transport: {},
    command: {},
    arguments: {},
  }
  for (const setting of settings) {
    given[setting.row.part][fieldOf(setting.row)] = valueOf(setting)
  }
  const commandLine: CommandLine = {
    ...COMMAND_DEFAULTS,
    ...given.command,
    sources,
    session: {
      ...DEFAULTS,
      ...given.session,
      transport: { ...DEFAULTS.transport, ...given.transport },
    },
  }
  check(commandLine)
  return commandLine
}

/** UsageError for options that contradict each other or the sources. */
function check({ sources, checksum, session, json, print, print0 }: CommandLine): void {
  if (sources.length === 0) {
    throw new UsageError(
      'GDL_ERR_USAGE',
      'no source: name a list of URLs (gdl urls.txt), a URL, or - for standard input',
      { hint: 'gdl --help tells more' },
    )
  }
  const outputs = [
    json && '--json',
    print0 ? '--print0' : print !== undefined && '--print',
    session.output === '-' && '-o -',
  ].filter((output) => output !== false)
  if (outputs.length > 1) {
    throw new UsageError(
      'GDL_ERR_USAGE',
      `${outputs.join(' and ')} can't both have standard output; take one`,
    )
  }
  if (checksum !== undefined && (sources.length > 1 || !/^https?:/i.test(sources[0] ?? ''))) {
    throw new UsageError(
      'GDL_ERR_USAGE',
      '--checksum is for one URL; in a list, write checksum= below an entry',
    )
  }
}
