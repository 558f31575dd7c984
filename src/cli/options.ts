/**
 * The options: one table, from which the parser and the help are made.
 *
 * A row's `parse` turns the text into what the engine takes, and throws a UsageError when it can't.
 * The names of the results are the long options' in camel case, as commander makes them.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import {
  type Checksum,
  DEFAULTS,
  expandTemplate,
  type IfExists,
  type SessionOptions,
} from '../download/index.ts'
import { UsageError } from '../errors.ts'
import { type Header, parseChecksum, parseDuration, parseHeader } from '../input/index.ts'
import type { ProgressMode } from '../report/index.ts'
import { VERSION } from '../version.ts'

/** What a command line says. */
export interface CommandLine {
  readonly sources: readonly string[]
  readonly session: SessionOptions
  /** Of the one URL that is the only source. */
  readonly checksum: Checksum | undefined
  readonly progress: ProgressMode
  readonly quiet: boolean
  readonly verbose: boolean
}

interface Row {
  readonly flags: string
  readonly description: string
  readonly parse?: (text: string, previous: unknown) => unknown
  readonly choices?: readonly string[]
  /** What was given is not shown, as it may hold a password. */
  readonly isSecret?: boolean
}

const GROUPS: readonly (readonly [title: string, rows: readonly Row[]])[] = [
  [
    'Where files go:',
    [
      {
        flags: '-d, --dir <dir>',
        description: 'folder for the files, made if missing (default: .)',
      },
      {
        flags: '-o, --output <template>',
        description:
          'name of the files: {name} {stem} {ext} {host} {path} {index}; - is standard output',
        parse: template,
      },
      {
        flags: '--if-exists <what>',
        description: 'when the file is there already: skip (default), overwrite, rename, fail',
        choices: ['skip', 'overwrite', 'rename', 'fail'],
      },
      {
        flags: '--no-timestamps',
        description: "files get the present time, and not the server's Last-Modified",
      },
    ],
  ],
  [
    'How many at once:',
    [
      {
        flags: '-j, --jobs <n>',
        description: 'downloads (default: auto, 32)',
        parse: count(DEFAULTS.jobs),
      },
      {
        flags: '--per-host <n>',
        description: 'connections to one origin (default: auto, 16)',
        parse: count(DEFAULTS.perHost),
      },
    ],
  ],
  [
    'When things go wrong:',
    [
      {
        flags: '-r, --retries <n>',
        description: 'tries again, for what may pass (default: 5)',
        parse: number,
      },
      {
        flags: '--retry-delay <time>',
        description: 'the first pause, at most; it doubles (default: 1)',
        parse: parseDuration,
      },
      {
        flags: '--retry-max-delay <time>',
        description: 'the longest pause (default: 60)',
        parse: parseDuration,
      },
      {
        flags: '--connect-timeout <time>',
        description: 'to connect (default: 10)',
        parse: duration,
      },
      {
        flags: '--timeout <time>',
        description: 'without a byte (default: 30)',
        parse: duration,
      },
      {
        flags: '--max-time <time>',
        description: 'for a download, pauses included (default: none)',
        parse: duration,
      },
    ],
  ],
  [
    'Integrity:',
    [
      {
        flags: '--checksum <algorithm=hex>',
        description: 'what the one URL must have: sha-256=..., md5, sha-1, sha-384, sha-512',
        parse: parseChecksum,
      },
    ],
  ],
  [
    'HTTP:',
    [
      {
        flags: '-H, --header <field>',
        description: "'Name: value', sent to the URL's own origin alone; may repeat",
        parse: (text, previous) => [
          ...((previous as Header[] | undefined) ?? []),
          parseHeader(text),
        ],
        isSecret: true,
      },
      {
        flags: '-A, --user-agent <text>',
        description: `who asks (default: gdl/${VERSION})`,
        parse: fieldValue('User-Agent'),
      },
      {
        flags: '-e, --referer <url>',
        description: 'the Referer header',
        parse: fieldValue('Referer'),
      },
      {
        flags: '--max-redirects <n>',
        description: 'how many to follow (default: 20)',
        parse: number,
      },
      { flags: '--allow-downgrade', description: 'follow redirects from https to http' },
    ],
  ],
  [
    'What is shown:',
    [
      {
        flags: '--progress <how>',
        description: 'auto (default: bars on a terminal), bars, plain, none',
        choices: ['auto', 'bars', 'plain', 'none'],
      },
      { flags: '-q, --quiet', description: 'errors alone' },
      { flags: '-v, --verbose', description: 'tell more' },
    ],
  ],
]

const HEADING = `Downloads lists of files, many at once.

A source is a list (a file, or - for standard input, read as it arrives) or a
URL. A list has a URL a line; more URLs on the line are mirrors; lines with #
are skipped. Indented lines below an entry are settings of that one alone:
out, dir, checksum, header, referer, user-agent, size, as key=value.`

const EPILOGUE = `
Times are in seconds, or carry a unit: 500ms, 30, 2m, 1h.

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
  const { checksum, header, progress, quiet, verbose, ...rest } = command.opts<
    Partial<SessionOptions> & {
      checksum?: Checksum
      header?: Header[]
      progress?: ProgressMode
      quiet?: boolean
      verbose?: boolean
      ifExists?: IfExists
    }
  >()
  const sources = command.args
  if (checksum !== undefined && (sources.length > 1 || !/^https?:/i.test(sources[0] ?? ''))) {
    throw new UsageError(
      'GDL_ERR_USAGE',
      '--checksum is for one URL; in a list, write checksum= below an entry',
    )
  }
  return {
    sources,
    checksum,
    session: { ...DEFAULTS, ...millisecondNames(rest), headers: header ?? [] },
    progress: progress ?? 'auto',
    quiet: quiet ?? false,
    verbose: verbose ?? false,
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

/** `timeout` of the command line is `timeoutMs` inside. */
function millisecondNames(options: Readonly<Record<string, unknown>>): Partial<SessionOptions> {
  const durations = ['retryDelay', 'retryMaxDelay', 'connectTimeout', 'timeout', 'maxTime']
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      durations.includes(key) ? `${key}Ms` : key,
      value,
    ]),
  )
}

function number(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError('GDL_ERR_USAGE', 'It takes a whole number.')
  return Number(text)
}

function count(auto: number): (text: string) => number {
  return (text) => {
    if (text === 'auto') return auto
    if (!/^[1-9]\d{0,8}$/.test(text)) {
      throw new UsageError('GDL_ERR_USAGE', 'It takes a number from 1, or auto.')
    }
    return Number(text)
  }
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === 0) throw new UsageError('GDL_ERR_USAGE', 'It takes a time over 0.')
  return ms
}

function template(text: string): string {
  // What is wrong with it is said now, and not for each entry.
  expandTemplate(text, { href: 'http://host/path/name.ext', name: 'name.ext', index: 1 })
  return text
}

function fieldValue(name: string): (text: string) => string {
  return (text) => parseHeader(`${name}: ${text}`)[1]
}
