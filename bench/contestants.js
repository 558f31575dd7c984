// Who runs, and how each is told a task: with what its user would write for it, verifying certificates
// alike, without progress and without the settings of whoever measures.
//
// A task is `{ urls, list, config, jobs, ca }`: the URLs, a list of them, the same for curl; how many at
// once, its default where that is undefined; the certificate to trust, over TLS.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isInstalled } from './measure.js'

const here = (file) => fileURLToPath(new URL(file, import.meta.url))
/** `words` when `value` is given. */
const when = (value, ...words) => (value === undefined ? [] : words.map(String))
/** How many at once the two scripts do that have no defaults. */
const SCRIPT_JOBS = 16

export const gdl = [process.execPath, here('../bin/gdl.js')]
export const aria2c = ['aria2c', '-q', '--no-conf', '--file-allocation=none']
const wget2 = ['wget2', '-q', '--no-config']
export const curl = ['curl', '-q', '-sSf']

const python = ['/usr/bin/python3', 'python3'].find(
  (program) => spawnSync(program, ['-c', 'import gevent']).status === 0,
)

const commands = {
  gdl: ({ urls, list, jobs, ca }) => [
    ...gdl,
    '--quiet',
    ...when(jobs, '-j', jobs, '--per-host', jobs),
    ...when(ca, '--cacert', ca),
    urls.length === 1 ? urls[0] : list,
  ],
  curl: ({ urls, config, jobs, ca }) => [
    ...curl,
    ...when(ca, '--cacert', ca),
    // One after the other, it would be out of the race; 50 at once is what -Z does by itself.
    ...(urls.length === 1 ? ['-O', urls[0]] : ['-Z', ...when(jobs, '--parallel-max', jobs)]),
    ...(urls.length === 1 ? [] : ['--config', config]),
  ],
  aria2c: ({ urls, list, jobs, ca }) => [
    ...aria2c,
    ...when(jobs, `-j${jobs}`),
    ...when(ca, `--ca-certificate=${ca}`),
    ...(urls.length === 1 ? urls : ['-i', list]),
  ],
  wget2: ({ urls, list, jobs, ca }) => [
    ...wget2,
    ...when(jobs, `--max-threads=${jobs}`),
    ...when(ca, `--ca-certificate=${ca}`),
    ...(urls.length === 1 ? urls : ['-i', list]),
  ],
  'p-limit + undici': ({ list, jobs = SCRIPT_JOBS, ca }) => [
    process.execPath,
    here('peers/undici.js'),
    list,
    String(jobs),
    ...when(ca, ca),
  ],
  'gevent + urllib': ({ list, jobs = SCRIPT_JOBS, ca }) => [
    python,
    here('peers/gevent_urllib.py'),
    list,
    String(jobs),
    ...when(ca, ca),
  ],
}

/** The command of each contestant that is here, by its name; gdl's is the first. */
export function commandsFor(task) {
  return onlyInstalled(
    Object.fromEntries(
      Object.entries(commands)
        .filter(([name]) => python !== undefined || !name.startsWith('gevent'))
        .map(([name, commandOf]) => [name, commandOf(task)]),
    ),
  )
}

/** Without the commands whose programs are missing. */
export function onlyInstalled(named) {
  const isThere = ([, [program]]) => program === process.execPath || isInstalled(program)
  return Object.fromEntries(Object.entries(named).filter(isThere))
}

/** What a contestant is measured against: all that is no variant of gdl's, nor Node alone. */
export function isPeer(name) {
  return !/^(gdl|node)\b/.test(name)
}

/** The programs that are here, with their versions, in one line. */
export function versions() {
  const asked = [
    ['curl', '--version'],
    ['aria2c', '--version'],
    ['wget2', '--version'],
    ...(python === undefined ? [] : [[python, '-c', 'import gevent; print(gevent.__version__)']]),
  ]
  return asked
    .flatMap(([program, ...args]) => {
      const { stdout, error } = spawnSync(program, args, { encoding: 'utf8' })
      const version = /\d+(\.\d+)+/.exec(stdout ?? '')?.[0]
      return error === undefined ? [`${program === python ? 'gevent' : program} ${version}`] : []
    })
    .join(', ')
}
