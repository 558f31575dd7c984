// Runs one command and tells what it cost: wall time, CPU time, and peak memory. GNU time knows all
// three; where it is missing, /proc is read while the command runs, which may miss the last moment.
// The command sees nothing of the environment of who measures but PATH: no proxy, no settings, and no
// NODE_EXTRA_CA_CERTS, which would cost every Node process 40 ms at its start.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const hasGnuTime =
  existsSync('/usr/bin/time') &&
  spawnSync('/usr/bin/time', ['-f', '%M', 'true'], { encoding: 'utf8' }).status === 0
const figures = path.join(tmpdir(), `gdl-bench-time-${process.pid}`)
const TICKS_PER_SECOND = 100

/** Whether `tool` is on the path. */
export function isInstalled(tool) {
  return spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0
}

/** What commands and servers see of the environment; `home` is where they find no settings. */
export function cleanEnvironment(home = tmpdir()) {
  return { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: home, LANG: 'C.UTF-8' }
}

/**
 * Runs `command` (a file and its arguments) in `cwd`, at most `timeoutMs`, its output thrown away.
 * Gives `{ status, seconds, cpuSeconds, peakBytes, error }`; a figure that is not known is undefined.
 */
export async function measure([file, ...args], { cwd, home, timeoutMs = 120_000 } = {}) {
  const [program, ...rest] = hasGnuTime
    ? ['/usr/bin/time', '-q', '-o', figures, '-f', '%U %S %M', file, ...args]
    : [file, ...args]
  const startedMs = performance.now()
  // A group of its own, so that a command that takes too long ends with its wrapper.
  const child = spawn(program, rest, {
    cwd,
    env: cleanEnvironment(home),
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let told = ''
  child.stderr.on('data', (chunk) => (told = (told + chunk).slice(-2000)))
  const seen = hasGnuTime ? { stop: () => ({}) } : watchProc(child.pid)
  const end = () => process.kill(-Number(child.pid), 'SIGKILL')
  process.once('exit', end)
  let late = false
  const timer = setTimeout(() => {
    late = true
    end()
  }, timeoutMs)
  const status = await new Promise((resolve) => {
    child.once('error', () => resolve(-1))
    child.once('close', (code, signal) => resolve(code ?? signal))
  })
  clearTimeout(timer)
  process.off('exit', end)
  const seconds = (performance.now() - startedMs) / 1000
  const cost = hasGnuTime && !late ? readGnuTime() : seen.stop()
  const error = late ? `stopped after ${timeoutMs / 1000} s` : told.trim().split('\n').at(-1)
  return { status, seconds, ...cost, error }
}

function readGnuTime() {
  const [user, system, kilobytes] = readFileSync(figures, 'utf8')
    .trim()
    .split('\n')
    .at(-1)
    .split(' ')
  rmSync(figures, { force: true })
  return { cpuSeconds: Number(user) + Number(system), peakBytes: Number(kilobytes) * 1024 }
}

function watchProc(pid) {
  let cost = {}
  const look = () => {
    try {
      const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').split(' ')
      const cpuSeconds = (Number(stat[12]) + Number(stat[13])) / TICKS_PER_SECOND
      cost = { cpuSeconds, peakBytes: Number(kilobytes) * 1024 }
    } catch {
      // Not Linux, or it has just ended.
    }
  }
  const timer = setInterval(look, 20)
  return {
    stop() {
      clearInterval(timer)
      return cost
    },
  }
}
