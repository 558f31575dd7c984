import { CommanderError } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type CommandLine,
  commandLineOf,
  makeParser,
  parseArguments,
} from '../../src/cli/command-line.ts'
import { DEFAULTS } from '../../src/download/options.ts'
import { GdlError } from '../../src/errors.ts'

let printed = ''

beforeEach(() => {
  printed = ''
  const print = (text: string | Uint8Array): boolean => {
    printed += String(text)
    return true
  }
  vi.spyOn(process.stderr, 'write').mockImplementation(print)
  vi.spyOn(process.stdout, 'write').mockImplementation(print)
})

afterEach(() => {
  vi.restoreAllMocks()
})

function parseCommandLine(argv: readonly string[]): CommandLine {
  const { sources, settings } = parseArguments(argv)
  return commandLineOf(sources, settings)
}

const parse = (...args: string[]): CommandLine => parseCommandLine([...args, 'urls.txt'])

/** What is said about arguments that cannot be used. */
function refusal(...args: string[]): string {
  try {
    parse(...args)
  } catch (error) {
    if (error instanceof GdlError) return error.message
    expect(error).toBeInstanceOf(CommanderError)
    expect((error as CommanderError).exitCode).not.toBe(0)
    return printed
  }
  return expect.unreachable()
}

describe('a command line', () => {
  it('without options is the defaults', () => {
    expect(parse()).toEqual({
      sources: ['urls.txt'],
      session: DEFAULTS,
      progress: 'auto',
      quiet: false,
      verbose: false,
      keys: true,
      json: false,
      print0: false,
      hookJobs: 4,
    })
  })

  it('may have every option, short and long', () => {
    const short = parse(
      '-d',
      'dir',
      '-o',
      '{index}',
      '-j',
      '3',
      '-r',
      '0',
      '-A',
      'agent',
      '-e',
      'http://r/',
      '-H',
      'X-A: 1',
      '-H',
      'x-b:2',
      '-q',
      '-v',
    )
    const long = parse(
      '--dir=dir',
      '--output={index}',
      '--jobs=3',
      '--retries=0',
      '--user-agent=agent',
      '--referer=http://r/',
      '--header=X-A: 1',
      '--header=x-b:2',
      '--quiet',
      '--verbose',
    )
    expect(short).toEqual(long)
    expect(short).toMatchObject({ quiet: true, verbose: true })
    expect(short.session).toEqual({
      ...DEFAULTS,
      dir: 'dir',
      output: '{index}',
      jobs: 3,
      retries: 0,
      userAgent: 'agent',
      referer: 'http://r/',
      headers: [
        ['X-A', '1'],
        ['x-b', '2'],
      ],
    })
    const rest = parse(
      '--if-exists',
      'rename',
      '--per-host',
      '7',
      '--max-redirects',
      '0',
      '--allow-downgrade',
      '--progress',
      'none',
    )
    expect(rest.progress).toBe('none')
    expect(rest.session).toEqual({
      ...DEFAULTS,
      ifExists: 'rename',
      perHost: 7,
      maxRedirects: 0,
      allowDowngrade: true,
    })
  })

  it('has times in seconds or with a unit', () => {
    const { session } = parse(
      '--retry-delay',
      '0',
      '--retry-max-delay',
      '2m',
      '--connect-timeout',
      '500ms',
      '--timeout',
      '0.5',
      '--max-time',
      '1h',
    )
    expect(session).toEqual({
      ...DEFAULTS,
      retryDelayMs: 0,
      retryMaxDelayMs: 120_000,
      connectTimeoutMs: 500,
      timeoutMs: 500,
      maxTimeMs: 3_600_000,
    })
  })

  it('has auto for numbers that are found out', () => {
    expect(parse('-j', 'auto', '--per-host', 'auto').session).toEqual(DEFAULTS)
  })

  it('has its sources in their order, behind -- too', () => {
    expect(parseCommandLine(['a', '-q', '-', 'b']).sources).toEqual(['a', '-', 'b'])
    expect(parseCommandLine(['-q', '--', '-list', '--quiet']).sources).toEqual(['-list', '--quiet'])
  })

  it.each([
    [['--nonsense'], /unknown option '--nonsense'/],
    [['--job', '3'], /unknown option '--job'[^]*--jobs/],
    [['-j', '0'], /from 1, or auto/],
    [['-j', '-1'], /from 1, or auto/],
    [['-j', '1.5'], /from 1, or auto/],
    [['-j', ''], /from 1, or auto/],
    [['-r', 'auto'], /whole number/],
    [['--max-redirects', '1e3'], /whole number/],
    [['--timeout', '0'], /over 0/],
    [['--max-time', '-5'], /not a duration/],
    [['--retry-delay', 'soon'], /not a duration/],
    [['--if-exists', 'maybe'], /not one of/],
    [['--progress', 'loud'], /not one of/],
    [['-o', '{nonsense}'], /unknown \{nonsense\}/],
    [['-H', 'no colon'], /written as Name: value/],
    [['-H', 'Bad Name: x'], /not allowed/],
    [['-H', 'X: a\r\nY: b'], /cannot hold/],
    [['-H', 'X: a\0'], /cannot hold/],
    [['-A', 'a\nb'], /cannot hold/],
    [['-e', 'a\rb'], /cannot hold/],
  ])('with %j is refused, and says why', (args, message) => {
    expect(refusal(...args)).toMatch(message)
  })

  it('that is refused for a header does not show it', () => {
    expect(refusal('-H', 'Authorization hunter2')).not.toContain('hunter2')
    expect(refusal('-H', 'X-Key: hunter2\n')).not.toContain('hunter2')
    expect(printed).not.toContain('hunter2')
  })

  it('takes back what a file may have set', () => {
    expect(parse('--no-resume').session.resume).toBe(false)
    expect(parse('--resume', '--no-netrc').session).toEqual(DEFAULTS)
    expect(parse('--no-resume', '--resume').session.resume).toBe(true)
  })

  it('names the option that is refused', () => {
    expect(refusal('-j', 'many')).toBe('--jobs: "many" is not a whole number from 1, or auto')
    expect(refusal('-H', 'x y: hunter2')).toMatch(/^--header: /)
  })

  it('without a source is refused', () => {
    expect(() => parseCommandLine(['-q'])).toThrow(/no source: name a list/)
  })
})

describe('the help', () => {
  it('names every option, and is no wider than a terminal', () => {
    expect(() => parseArguments(['--help'])).toThrow(CommanderError)
    const options = makeParser()
      .options.filter(({ hidden }) => !hidden)
      .map(({ long }) => long)
    expect(options.length).toBeGreaterThanOrEqual(20)
    for (const option of options) expect(printed).toContain(option)
    for (const line of printed.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })
})
