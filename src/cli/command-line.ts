/**
 * The command line: commander's parser made of the table of options, and what an `argv` comes to.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Checksum, DEFAULTS, type SessionOptions } from '../download/index.ts'
import { UsageError } from '../errors.ts'
import type { ProgressMode } from '../report/index.ts'
import { VERSION } from '../version.ts'
import { GROUPS, type Part, type Row } from './options.ts'

/** The options that are the command's own. */
export interface CommandOptions {
  /** Of the one URL that is the only source. */
  readonly checksum: Checksum | undefined
  /** The path of a list of checksums. */
  readonly checksums: string | undefined
  readonly progress: ProgressMode
  readonly quiet: boolean
  readonly verbose: boolean
}

/** What a command line says. */
export interface CommandLine extends CommandOptions {
  readonly sources: readonly string[]
  readonly session: SessionOptions
}

const COMMAND_DEFAULTS: CommandOptions = {
  checksum: undefined,
  checksums: undefined,
  progress: 'auto',
  quiet: false,
  verbose: false,
}

const HEADING = `Downloads lists of files, many at once.

A source is a list (a file, or - for standard input, read as it arrives) or a
URL. A list has a URL a line; more URLs on the line are mirrors; lines with #
are skipped. Indented lines below an entry are settings of that one alone:
out, dir, checksum, header, referer, user-agent, size, as key=value.`

const EPILOGUE = `
Times are in seconds, or carry a unit: 500ms, 30, 2m, 1h. Sizes and rates are
bytes, or carry one: 500K, 2.5MiB, 1G (of 1024); 500kB, 2MB (of 1000).

Examples:
  gdl urls.txt                      download a list
  gdl -d pictures -j 8 urls.txt     into a folder, 8 at once
  find-urls | gdl -                 while the list is still being made
  gdl -o '{index}-{name}' a.txt     name the files by their place in the list
  gdl -o - https://host/a | tar xz  one download to standard output

Exit status: 0 every file is there; 2 usage; 3 file or disk; 4 network; 5 TLS;
6 authentication; 7 protocol; 8 the server refused; 9 wrong bytes; 1 anything
else; 130, 143 interrupted. When several apply, the lowest.`

/** The parser. It prints nothing by itself, and throws instead of ending the process. */
export function makeParser(): Command {
  const command = new Command('gdl')
    .description(HEADING)
    .usage('[options] <source>...')
    .argument('<source...>', 'lists of URLs, - for standard input, or URLs')
    .helpOption('-h, --help', 'show this')
    .version(VERSION, '-V, --version', 'show the version')
    .addHelpText('after', EPILOGUE)
    .configureHelp({
      helpWidth: 80,
      visibleArguments: () => [],
      // Without commander's list of choices: the descriptions have them, with what they mean.
      optionDescription: ({ description }) => description,
    })
    .configureOutput({
      outputError: (message, write) => write(message.replace(/^error: /, 'gdl: ')),
    })
    .showSuggestionAfterError()
    .exitOverride()
  for (const [title, rows] of GROUPS) {
    for (const row of rows) command.addOption(optionOf(row).helpGroup(title))
  }
  return command
}

/** What `argv` says. Throws commander's CommanderError: for bad usage, and for help and version, once shown. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const command = makeParser().parse([...argv], { from: 'user' })
  const given: Record<Part, Record<string, unknown>> = { session: {}, transport: {}, command: {} }
  const values = command.opts()
  for (const row of GROUPS.flatMap(([, rows]) => rows)) {
    const name = optionOf(row).attributeName()
    if (values[name] !== undefined) given[row.part][row.key ?? name] = values[name]
  }
  const commandLine: CommandLine = {
    ...COMMAND_DEFAULTS,
    ...given.command,
    sources: command.args,
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
function check({ sources, checksum }: CommandLine): void {
  if (checksum !== undefined && (sources.length > 1 || !/^https?:/i.test(sources[0] ?? ''))) {
    throw new UsageError(
      'GDL_ERR_USAGE',
      '--checksum is for one URL; in a list, write checksum= below an entry',
    )
  }
}

function optionOf({ flags, description, parse, choices, isSecret = false }: Row): Option {
  const option = new Option(flags, description)
  if (choices !== undefined) option.choices(choices)
  if (parse !== undefined) {
    option.argParser((text: string, previous: unknown) => {
      try {
        return parse(text, previous)
      } catch (error) {
        if (!(error instanceof UsageError)) throw error
        // commander's message quotes the argument.
        if (isSecret) throw new UsageError(error.code, `option '${flags}': ${error.message}`)
        throw new InvalidArgumentError(error.message)
      }
    })
  }
  return option
}
