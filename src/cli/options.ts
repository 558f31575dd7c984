/**
 * The options: one table, from which the parser, the help and everything else that lists them are made.
 *
 * A row's `parse` turns the text into what its part of the program takes, and throws a UsageError when
 * it can't. `key` is the field that it sets, where that is not the long option's name in camel case.
 */
import { parseChecksum, parseDuration } from '../input/index.ts'
import { VERSION } from '../version.ts'
import {
  count,
  duration,
  fieldValue,
  header,
  number,
  positive,
  printable,
  repeated,
  secret,
  size,
  template,
  words,
} from './values.ts'

/**
 * Whose setting an option is: the engine's, HTTP's, or the command's own. What is of `arguments` is about
 * settings themselves, and stands on the command line alone.
 */
export type Part = 'session' | 'transport' | 'command' | 'arguments'

/** One option. */
export interface Row {
  /** `-x, --long <value>`, as the help shows it. A `<file>` and a `<dir>` are completed as such. */
  readonly flags: string
  readonly description: string
  readonly part: Part
  readonly key?: string
  readonly parse?: (text: string, previous: unknown) => unknown
  readonly choices?: readonly string[]
  /** What was given is not shown, as it may hold a password. */
  readonly isSecret?: boolean
  /** Each time it is given adds one; a file may have an array. */
  readonly mayRepeat?: boolean
  /** Not obeyed from a folder's `./.gdlrc.toml`, which may be a stranger's. */
  readonly isRisky?: boolean
}

type Rest = Omit<Row, 'flags' | 'description' | 'part'>

const rowOf =
  (part: Part) =>
  (flags: string, description: string, rest: Rest = {}): Row => ({
    flags,
    description,
    part,
    ...rest,
  })

const session = rowOf('session')
const transport = rowOf('transport')
const command = rowOf('command')
const about = rowOf('arguments')

/** The rows, in the groups and the order of the help. */
export const GROUPS: readonly (readonly [title: string, rows: readonly Row[]])[] = [
  [
    'Where files go:',
    [
      session('-d, --dir <dir>', 'folder for the files, made if missing (default: .)'),
      session(
        '-o, --output <template>',
        'name of the files: {name} {stem} {ext} {host} {path} {index}; - is standard output',
        { parse: template },
      ),
      session('--content-disposition', 'the server may name the file'),
      session(
        '--if-exists <what>',
        'when the file is there already: skip (default), update (take what is newer), overwrite, rename, fail',
        { choices: ['skip', 'update', 'overwrite', 'rename', 'fail'] },
      ),
      session('--no-timestamps', "files get the present time, and not the server's Last-Modified"),
      session('--fsync', 'wait until the disk has the bytes, against power cuts'),
    ],
  ],
  [
    'How many at once, and how fast:',
    [
      session('-j, --jobs <n>', 'downloads (default: auto, from 16 up to 64)', { parse: count }),
      session('-x, --connections <n>', 'most connections for one file (default: 4)', {
        parse: positive,
      }),
      session('--min-split <size>', 'least bytes for each of them (default: 8MiB)', {
        parse: size,
        key: 'minSplitBytes',
      }),
      session('--per-host <n>', 'connections to one origin (default: auto, from 8 up to 64)', {
        parse: count,
      }),
      session('--limit <rate>', 'most bytes a second, over all', {
        parse: size,
        key: 'limitBytesPerSecond',
      }),
      session('--limit-each <rate>', 'most bytes a second, for each download', {
        parse: size,
        key: 'limitEachBytesPerSecond',
      }),
    ],
  ],
  [
    'When things go wrong:',
    [
      session('-r, --retries <n>', 'tries again, for what may pass (default: 5)', {
        parse: number,
      }),
      session('--retry-delay <time>', 'the first pause, at most; it doubles (default: 1)', {
        parse: parseDuration,
        key: 'retryDelayMs',
      }),
      session('--retry-max-delay <time>', 'the longest pause (default: 60)', {
        parse: parseDuration,
        key: 'retryMaxDelayMs',
      }),
      session('--connect-timeout <time>', 'to connect (default: 10)', {
        parse: duration,
        key: 'connectTimeoutMs',
      }),
      session('--timeout <time>', 'without a byte (default: 30)', {
        parse: duration,
        key: 'timeoutMs',
      }),
      session('--max-time <time>', 'for a download, pauses included (default: none)', {
        parse: duration,
        key: 'maxTimeMs',
      }),
      session('--min-speed <rate>', 'try again when a download is slower (default: none)', {
        parse: size,
        key: 'minSpeedBytesPerSecond',
      }),
      session('--min-speed-time <time>', '... for so long (default: 30)', {
        parse: duration,
        key: 'minSpeedTimeMs',
      }),
      session('--no-resume', 'start afresh, whatever is there of a file'),
    ],
  ],
  [
    'Integrity:',
    [
      command(
        '--checksum <algorithm=hex>',
        'what the one URL must have: sha-256=..., md5, sha-1, sha-384, sha-512',
        { parse: parseChecksum },
      ),
      command('--checksums <file>', 'a list of checksums by name, as sha256sum writes it'),
      session('--max-size <size>', 'refuse what is larger', { parse: size, key: 'maxSizeBytes' }),
    ],
  ],
  [
    'HTTP:',
    [
      session(
        '-H, --header <field>',
        "'Name: value', sent to the URL's own origin alone, or @file with a header a line; may repeat",
        { parse: header, key: 'headers', isSecret: true, mayRepeat: true },
      ),
      session('-A, --user-agent <text>', `who asks (default: gdl/${VERSION})`, {
        parse: fieldValue('User-Agent'),
      }),
      session('-e, --referer <url>', 'the Referer header', { parse: fieldValue('Referer') }),
      transport('-u, --user <name:password>', "for the URL's own origin, or @file", {
        parse: secret,
        isSecret: true,
      }),
      transport('--netrc', 'take names and passwords from ~/.netrc'),
      transport('--netrc-file <file>', '... or from this file'),
      transport('--cookies <file>', 'send the cookies of this file (Netscape format)'),
      transport('--proxy <url>', 'http, https or socks5, or @file; else http_proxy and the like', {
        parse: secret,
        isSecret: true,
      }),
      transport('--cacert <file>', 'certificates to trust, in place of the known ones', {
        isRisky: true,
      }),
      transport('--cert <file>', "the client's certificate"),
      transport('--key <file>', 'its key'),
      transport('--insecure', 'take any certificate', { isRisky: true }),
      session('--max-redirects <n>', 'how many to follow (default: 20)', { parse: number }),
      session('--allow-downgrade', 'follow redirects from https to http'),
      transport('--http2', 'offer HTTP/2'),
      transport('-4, --ipv4', 'IPv4 addresses alone'),
      transport('-6, --ipv6', 'IPv6 addresses alone'),
      transport('--resolve <host:port:address>', 'use this address; may repeat', {
        parse: repeated((text) => text),
        mayRepeat: true,
      }),
      transport('--compressed', 'ask for compressed bodies, and decode them'),
    ],
  ],
  [
    'What is shown:',
    [
      command('--progress <how>', 'auto (default: bars on a terminal), bars, plain, none', {
        choices: ['auto', 'bars', 'plain', 'none'],
      }),
      command('-q, --quiet', 'errors alone'),
      command('-v, --verbose', 'tell the story of each download'),
      command('--no-keys', 'take no keys while it runs; ? shows which there are'),
      command('--trace <file>', 'a timeline of all greenlets, for ui.perfetto.dev', {
        isRisky: true,
      }),
      command('--report <file>', 'write a page (HTML) about the run: totals, times, failures', {
        isRisky: true,
      }),
      session('--dry-run', 'tell what would be done, and send nothing'),
    ],
  ],
  [
    'For scripts:',
    [
      command('--json', 'events as JSON Lines on standard output'),
      command(
        '--print <fields>',
        'a line on standard output for each file that is there: path, url, id, bytes, seconds, attempts, status; several, as in path,url, have TABs between them',
        { parse: printable },
      ),
      command('--print0', '... with a NUL in place of the line end; the path unless --print'),
      command('--failed <file>', 'write what failed as a list; no file when nothing did', {
        isRisky: true,
      }),
      command(
        '--on-done <command>',
        'run for each file that is there, without a shell; GDL_URL, GDL_PATH, GDL_BYTES and GDL_STATUS say which',
        { parse: words, isRisky: true },
      ),
      command('--on-fail <command>', '... and for each that failed; GDL_ERROR says why', {
        parse: words,
        isRisky: true,
      }),
      command('--hook-jobs <n>', 'such commands at once (default: 4)', { parse: positive }),
    ],
  ],
  [
    'Settings:',
    [
      about('--config <file>', "in place of the user's config.toml and of ./.gdlrc.toml"),
      about('--show-config', 'show each value, and where it comes from'),
    ],
  ],
]

/** What commander answers by itself. */
export const HELP: Readonly<Record<'help' | 'version', Row>> = {
  help: about('-h, --help', 'show this'),
  version: about('-V, --version', 'show the version'),
}

/** The rows alone. */
export const ROWS: readonly Row[] = GROUPS.flatMap(([, rows]) => rows)
