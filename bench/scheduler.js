// `npm run bench:scheduler -- [WORK ...] [--rounds N] [--scale X]`: gdl/scheduler beside plain async
// functions, and beside gevent where python3 has it. Each round of each contestant is a process of its
// own, and the rounds are interleaved, so that a busy moment of the machine hits all alike; shown are
// medians, and ratios to ours. Sets no threshold: docs/scheduler.md tells what is aimed at.
import { fork, spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const here = (file) => fileURLToPath(new URL(`./scheduler/${file}`, import.meta.url))
const node = (file) => [process.execPath, '--expose-gc', here(file)]
const python = ['/usr/bin/python3', 'python3'].find(
  (program) => spawnSync(program, ['-c', 'import gevent']).status === 0,
)
const contestants = {
  'gdl/scheduler': node('ours.js'),
  'plain async': node('plain.js'),
  ...(python && { gevent: [python, here('gevent_works.py')] }),
}

/** Each: what it measures, and how often the thing is done; gevent, slower, does a part of that. */
const works = [
  { work: 'switch 1', title: 'a switch, sleep(0) in the body', count: 2e6, gevent: 0.2 },
  { work: 'switch 4', title: 'a switch, four calls deep', count: 2e6, gevent: 0.2 },
  { work: 'switch 8', title: 'a switch, eight calls deep', count: 2e6, gevent: 0.2 },
  { work: 'traced', title: 'a switch that is traced', count: 1e6, gevent: 0.2 },
  { work: 'spawn', title: 'spawn and join, of 100,000 at once', count: 1e5, gevent: 1 },
  { work: 'sleeping', title: 'a sleeping greenlet, of 100,000', count: 1e5, gevent: 0.2 },
  { work: 'sleeping', title: 'a sleeping greenlet, of 1,000,000', count: 1e6, gevent: 0 },
  { work: 'timers', title: 'a timer armed and cancelled, of 1,000,000', count: 1e6, gevent: 0.2 },
  { work: 'event', title: 'a wake-up by an Event', count: 1e6, gevent: 0.1 },
  { work: 'semaphore', title: 'a wake-up by a Semaphore', count: 1e6, gevent: 0.1 },
  { work: 'queue', title: 'a wake-up by a Queue', count: 1e6, gevent: 0.1 },
  { work: 'echo', title: 'an echo of 64 bytes beside 100 busy greenlets', count: 1000, gevent: 1 },
]

function once(name, [program, ...args], { work, count, gevent }, env) {
  const times = Math.round(name === 'gevent' ? count * gevent : count)
  if (times === 0) return undefined
  const ran = spawnSync(program, [...args, work, times], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 120_000,
  })
  return ran.status === 0 && ran.stdout !== '' ? JSON.parse(ran.stdout) : undefined
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** One line a contestant: its ratio to ours by the first figure, then all figures. */
function lines(results) {
  const medians = results.map(([name, rounds]) => [
    name,
    Object.fromEntries(
      Object.keys(rounds[0] ?? {}).map((figure) => [figure, median(rounds.map((r) => r[figure]))]),
    ),
  ])
  const base = Object.values(medians[0][1])[0]
  return medians.map(([name, figures]) => {
    const ratio = (Object.values(figures)[0] / base).toFixed(2)
    const told = Object.entries(figures).map(([figure, value]) => {
      const number = value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString('en')
      return `${number.padStart(11)} ${figure}`
    })
    return `  ${name.padEnd(14)} ${told.length === 0 ? '-'.padStart(7) : `${ratio.padStart(6)}x`}${told.join('')}`
  })
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, scale: { type: 'string', default: '1' } },
})
const chosen = works.filter(({ work }) => positionals.length === 0 || positionals.includes(work))
const server = fork(here('echo-server.js'))
const ECHO_PORT = String(await new Promise((resolve) => server.once('message', resolve)))
console.log(`Node ${process.versions.node}, ${cpus().length} x ${cpus()[0].model}`)
console.log(python ? `gevent by ${path.basename(python)}` : 'no gevent here')
for (const item of chosen) {
  const work = { ...item, count: Math.ceil(item.count * Number(values.scale)) }
  const results = Object.keys(contestants).map((name) => [name, []])
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, had] of results) {
      const figures = once(name, contestants[name], work, { ECHO_PORT })
      if (figures !== undefined) had.push(figures)
    }
  }
  console.log(`\n${work.title} (ratio to ours)\n${lines(results).join('\n')}`)
}
server.kill()
