// Who is put to the test, and how each is told a task: as somebody would who wants the file whatever
// happens. A rival's settings beyond its defaults: curl gets what it needs to fail on an error status, to
// follow redirects, to try again and to go on; aria2c and wget2 get -c.
//
// A task is `{ urls, list, retries, stallSeconds, connections, header, isServerNamed, checksums, sha256 }`;
// `urls` (and `list`, a file of them) is what to get into the current folder, all else may be undefined.
import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const gdl = [process.execPath, fileURLToPath(new URL('../../bin/gdl.js', import.meta.url))]

/** `words` when `value` is given. */
const when = (value, ...words) => (value === undefined ? [] : words)

/** Each contestant's command for a task; undefined where it can't be told. */
const commands = {
  gdl: (task) => [
    ...gdl,
    '--quiet',
    ...when(task.retries, '--retries', task.retries),
    ...when(task.stallSeconds, '--timeout', task.stallSeconds),
    ...when(task.connections, '--connections', task.connections),
    ...when(task.header, '--header', task.header),
    ...when(task.isServerNamed, '--content-disposition'),
    ...when(task.checksums, '--checksums', task.checksums),
    task.list,
  ],
  curl: (task) => {
    if (task.checksums !== undefined || task.connections !== undefined) return undefined
    return [
      'curl',
      '-q',
      '-fsSL',
      '--retry',
      task.retries ?? 5,
      '--retry-all-errors',
      // -J and -C do not go together.
      ...(task.isServerNamed ? ['-J'] : ['-C', '-']),
      ...when(task.stallSeconds, '--speed-limit', 1, '--speed-time', task.stallSeconds),
      ...when(task.header, '--header', task.header),
      ...(task.urls.length > 1 ? ['--parallel'] : []),
      '--remote-name-all',
      ...task.urls,
    ]
  },
  aria2c: (task) => [
    'aria2c',
    '--no-conf',
    '-q',
    '-c',
    ...when(task.retries, '--max-tries', task.retries + 1),
    ...when(task.stallSeconds, '--timeout', task.stallSeconds),
    ...when(task.connections, '-x', task.connections, '-s', task.connections, '-k', '8M'),
    ...when(task.header, '--header', task.header),
    ...when(task.sha256, `--checksum=sha-256=${task.sha256}`),
    ...(task.urls.length > 1 ? ['-i', task.list] : task.urls),
  ],
  wget2: (task) => {
    if (task.checksums !== undefined) return undefined
    return [
      'wget2',
      '--no-config',
      '-q',
      '-c',
      ...when(task.retries, '--tries', task.retries + 1),
      ...when(task.stallSeconds, '--timeout', task.stallSeconds),
      ...when(task.connections, '--max-threads', task.connections, '--chunk-size', '8M'),
      ...when(task.header, '--header', task.header),
      ...when(task.isServerNamed, '--content-disposition'),
      ...task.urls,
    ]
  },
}

/** The contestants that are here, gdl first: `{ name, version, commandFor(task) }`. */
export function contestants() {
  return Object.entries(commands).flatMap(([name, commandFor]) => {
    const [file, ...args] = name === 'gdl' ? gdl : [name]
    const { stdout, error } = spawnSync(file, [...args, '--version'], { encoding: 'utf8' })
    const version = /\d+(\.\d+)+/.exec(stdout ?? '')?.[0]
    return error === undefined ? [{ name, version, commandFor }] : []
  })
}

/** Nobody's settings, proxies or cookies. */
function cleanEnvironment(home) {
  const { PATH } = process.env
  return { PATH, HOME: home, XDG_CONFIG_HOME: home, LANG: 'C.UTF-8' }
}

/**
 * Runs a command in `folder`, for `limitMs` at most; `until`, a promise, kills it (SIGKILL) when it
 * resolves. Gives its exit status, or `late` or `killed` when it did not end by itself.
 */
export async function runCommand([file, ...args], { folder, home, limitMs, until }) {
  const env = cleanEnvironment(home)
  const child = spawn(file, args.map(String), { cwd: folder, env, stdio: 'ignore' })
  let why
  const kill = (reason) => {
    why = reason
    child.kill('SIGKILL')
  }
  void until?.then(() => kill('killed'))
  const timer = setTimeout(kill, limitMs, 'late')
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const status = await new Promise((resolve) => {
    child.once('close', (code) => resolve(code))
  })
  clearTimeout(timer)
  process.off('exit', end)
  return why ?? status
}
