import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { commandLineOf, parseArguments } from '../../src/cli/command-line.ts'
import { readSettings } from '../../src/cli/config.ts'
import { showSettings } from '../../src/cli/show-config.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const began = process.cwd()
afterEach(() => process.chdir(began))

/** What files, variables and arguments come to, in a folder of their own. */
async function settings({
  user = '',
  folder = '',
  env = {},
  args = [],
}: {
  user?: string
  folder?: string
  env?: Record<string, string>
  args?: readonly string[]
}) {
  const home = temporaryFolder()
  process.chdir(home)
  mkdirSync('config/gdl', { recursive: true })
  if (user !== '') writeFileSync('config/gdl/config.toml', user)
  if (folder !== '') writeFileSync('.gdlrc.toml', folder)
  const given = parseArguments(['urls.txt', ...args])
  const below = await readSettings(given.config, {
    XDG_CONFIG_HOME: join(home, 'config'),
    ...env,
  })
  const all = [...below, ...given.settings]
  return { home, all, ...commandLineOf(given.sources, all) }
}

async function refusal(places: Parameters<typeof settings>[0]): Promise<string> {
  return settings(places).then(
    () => expect.unreachable(),
    (error: unknown) => (error as Error).message.replace(`${process.cwd()}/`, ''),
  )
}

describe('a setting', () => {
  it('of a nearer place wins', async () => {
    const user = 'jobs = 1\nper-host = 1\nretries = 1\nmax-redirects = 1\n'
    const folder = 'jobs = 2\nper-host = 2\nretries = 2\n'
    const env = { GDL_JOBS: '3', GDL_PER_HOST: '3', GDL_RETRIES: '' }
    const { session } = await settings({ user, folder, env, args: ['-j', '4'] })
    expect(session).toMatchObject({ jobs: 4, perHost: 3, retries: 2, maxRedirects: 1 })
  })

  it('has the forms of the command line, and numbers', async () => {
    const user = 'timeout = 0.5\nmax-time = "2m"\nlimit = "1K"\njobs = "auto"\ndir = "~/files"\n'
    const { session } = await settings({ user })
    expect(session).toMatchObject({ timeoutMs: 500, maxTimeMs: 120_000, limitBytesPerSecond: 1024 })
    expect(session.dir).toMatch(/^\/.*\/files$/)
  })

  it('that is on or off has its opposite', async () => {
    const user = 'no-resume = true\nnetrc = true\nquiet = true\nno-verbose = false\n'
    const ran = await settings({ user, args: ['--no-netrc'], env: { GDL_QUIET: '0' } })
    expect(ran.session.resume).toBe(false)
    expect(ran.session.transport.netrc).toBe(false)
    expect(ran).toMatchObject({ quiet: false, verbose: true })
    const back = await settings({ user, args: ['--resume'], env: { GDL_NO_NETRC: 'true' } })
    expect(back.session.resume).toBe(true)
    expect(back.session.transport.netrc).toBe(false)
  })

  it('that may repeat is replaced as a whole', async () => {
    const user = 'header = ["A: 1", "B: 2"]\nresolve = "h:1:::1"\n'
    expect((await settings({ user })).session).toMatchObject({
      headers: [
        ['A', '1'],
        ['B', '2'],
      ],
      transport: { resolve: ['h:1:::1'] },
    })
    const env = { GDL_HEADER: 'C: 3\nD: 4' }
    expect((await settings({ user, env })).session.headers).toEqual([
      ['C', '3'],
      ['D', '4'],
    ])
    expect((await settings({ user, folder: 'header = []' })).session.headers).toEqual([])
  })

  it('of --config or GDL_CONFIG stands in place of both files', async () => {
    const files = { user: 'retries = 1', folder: 'jobs = 2' }
    const file = join(temporaryFolder(), 'other.toml')
    writeFileSync(file, '\uFEFFretries = 3')
    const byOption = await settings({ ...files, args: ['--config', file] })
    expect(byOption.session).toMatchObject({ retries: 3, jobs: 'auto' })
    const byVariable = await settings({ ...files, env: { GDL_CONFIG: file } })
    expect(byVariable.session).toMatchObject({ retries: 3, jobs: 'auto' })
    expect(await refusal({ args: ['--config', 'none.toml'] })).toBe(
      'none.toml: there is no such file',
    )
    expect(await refusal({ args: ['--config', '.'] })).toBe('.: it is a folder')
  })

  it.each([
    ['\njob = 3', 'config/gdl/config.toml:2: no setting is called "job": did you mean jobs?'],
    ['nonsense = 3', /^.*:1: no setting is called "nonsense": gdl --help lists them$/],
    ['[http]\nproxy = "x"', /:1: no setting is called "http"/],
    ['config = "x"', /:1: no setting is called "config"/],
    ['jobs = 0', /:1: jobs: "0" is not a whole number from 1, or auto$/],
    ['jobs = true', /:1: jobs: it takes <n> as a text or a number$/],
    ['jobs = [1]', /:1: jobs: it takes <n>/],
    ['timeout = 2026-01-01', /:1: timeout: it takes <time>/],
    ['netrc = 1', /:1: netrc: it takes true or false$/],
    ['if-exists = "burn"', /:1: if-exists: "burn" is not one of skip, update/],
    ['header = [true]', /:1: header: it takes <field>.* or an array of them$/],
    ['header = "Authorization hunter2"', /:1: header: (?!.*hunter2)/],
  ])('in a file that is %j is refused by file, line and key', async (user, message) => {
    expect(await refusal({ user })).toMatch(message)
  })

  it('of no use is refused in a variable too, and where another place wins', async () => {
    expect(await refusal({ env: { GDL_JOBS: 'x' }, args: ['-j', '3'] })).toMatch(/^GDL_JOBS: "x" /)
    const message = 'GDL_NETRC: it takes 1, true, 0 or false'
    expect(await refusal({ env: { GDL_NETRC: 'yes' } })).toBe(message)
  })

  it('of a variable that no option has is nothing', async () => {
    await settings({ env: { GDL_URL: 'x', GDL_PATH: 'x', GDL_JOBBS: '3' } })
  })
})

describe("a folder's file", () => {
  it.each(['insecure = true', 'cacert = "ca.pem"', 'user = "@/etc/passwd"', 'header = ["@f"]'])(
    'may not say %s',
    async (folder) => {
      expect(await refusal({ folder })).toMatch(
        /^\.\/\.gdlrc\.toml:1: \w+: not in \.\/\.gdlrc\.toml/,
      )
    },
  )

  it.runIf(process.getuid?.() === 0)('of another user is not read', async () => {
    await settings({ folder: 'jobs = 3' })
    chownSync('.gdlrc.toml', 12345, 12345)
    await expect(readSettings(undefined, {})).rejects.toThrow('it belongs to another user')
    expect(await readSettings('.gdlrc.toml', {})).toHaveLength(1)
  })
})

describe('--show-config', () => {
  it('tells each value and where it comes from, and no secret', async () => {
    const user = '\njobs = "auto"\nuser = "me:hunter2"\nheader = ["X: hunter2"]\ntimeout = 1.5\n'
    const env = { GDL_NO_RESUME: '1', GDL_PROXY: 'http://me:hunter2@host' }
    const args = ['-d', 'a "b"', '-e', 'http://me:hunter2@host/?token=hunter2', '--no-netrc']
    const { all, home } = await settings({ user, folder: 'retries = 7', env, args })
    const shown = showSettings(all)
    const lines = shown.split('\n').map((line) => line.replace(/ +# /, ' # '))
    const file = `${home}/config/gdl/config.toml`
    expect(lines).toEqual(
      expect.arrayContaining([
        'dir = "a \\"b\\"" # command line',
        `jobs = "auto" # ${file}:2`,
        `user = "***" # ${file}:3`,
        `header = "***" # ${file}:4`,
        `timeout = 1.5 # ${file}:5`,
        'retries = 7 # ./.gdlrc.toml:1',
        'no-resume = true # GDL_NO_RESUME',
        'proxy = "***" # GDL_PROXY',
        'netrc = false # command line',
        'min-split = "8MiB" # default',
        'connect-timeout = 10 # default',
        '# max-time is not set # default',
      ]),
    )
    expect(shown).not.toContain('hunter2')
  })

  it('shows TOML that reads back to the same', async () => {
    const args = [
      '-d',
      'a\u001b\u009b\u202eb\u007f"\\',
      '-j',
      '3',
      '--limit',
      '1.5K',
      '--no-resume',
      '--resolve',
      'a:1:b',
    ]
    const first = await settings({ args })
    const again = await settings({ user: showSettings(first.all) })
    expect(again.session).toEqual(first.session)
    expect(again).toMatchObject({ progress: first.progress, quiet: first.quiet })
  })
})
