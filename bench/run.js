// `npm run bench -- [small] [large] [list] [start] [--rounds N]`: gdl beside curl, aria2c, wget2 and
// wget, as far as they are installed, against nginx (or a server of our own) on loopback. Rounds are
// interleaved, so that a busy moment of the machine hits all alike; shown are medians. Every byte is
// checked: a contestant that is fast and wrong counts as failed. Sets no threshold: the status tells
// only whether gdl did its work.
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { arch, cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { isInstalled, measure } from './measure.js'
import { serveFolder } from './serve.js'
import { table } from './table.js'
import { works } from './works.js'

const NEEDED_BYTES = 3 * 2 ** 30
/** No new round of a work begins after this long. */
const WORK_MS = 300_000

/** Memory if there is room: a disk would be measured instead of the programs. */
function roomyFolder() {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    if (bavail * bsize > NEEDED_BYTES) return '/dev/shm'
  } catch {
    // Not Linux.
  }
  return tmpdir()
}

async function once(work, name, command, place) {
  const folder = path.join(place.scratch, 'out')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const cost = await measure(command, { cwd: folder })
  if (cost.status !== 0) return { failure: `status ${cost.status}: ${cost.error}` }
  const complaint = work.check(place, folder)
  return complaint === undefined ? cost : { failure: `wrong: ${complaint}` }
}

/** Runs all rounds of a work and prints its table; gives whether gdl did it. */
async function compete(work, place, rounds) {
  work.prepare(place)
  const contestants = Object.entries(work.contestants(place)).filter(
    ([, [program]]) => program === process.execPath || isInstalled(program),
  )
  const results = new Map(contestants.map(([name]) => [name, []]))
  const startedMs = performance.now()
  let done = 0
  while (done < rounds && performance.now() - startedMs < WORK_MS) {
    for (const [name, command] of contestants) {
      const had = results.get(name)
      // Who has failed fails again; its time is better spent on the others.
      if (had.some((round) => round.failure !== undefined)) continue
      had.push(await once(work, name, command, place))
      process.stderr.write('.')
    }
    done += 1
  }
  process.stderr.write('\n')
  const of = `median of ${done} round${done === 1 ? '' : 's'}`
  console.log(`\n${work.title} (${of}; ratios to the first)\n\n${table(results)}\n`)
  return contestants.every(
    ([name]) => !name.startsWith('gdl') || results.get(name).every((round) => !round.failure),
  )
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' } },
})
const wanted = positionals.length === 0 ? Object.keys(works) : positionals
const unknown = wanted.filter((name) => !Object.hasOwn(works, name))
const rounds = Number(values.rounds)

if (unknown.length > 0 || !(rounds >= 1)) {
  console.error(`usage: npm run bench -- [${Object.keys(works).join('] [')}] [--rounds N]`)
  process.exitCode = 2
} else {
  const home = mkdtempSync(path.join(roomyFolder(), 'gdl-bench-'))
  const place = { served: path.join(home, 'served'), scratch: path.join(home, 'scratch') }
  const tidy = () => rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  mkdirSync(place.served)
  mkdirSync(place.scratch)
  const server = await serveFolder(place.served, place.scratch)
  place.origin = server.origin
  process.once('SIGINT', () => {
    void server.close().then(() => {
      tidy()
      process.exit(130)
    })
  })
  try {
    const host = `Node ${process.versions.node}, ${cpus().length} x ${arch()}`
    console.log(`${host}, ${server.name} on loopback, files in ${path.dirname(home)}`)
    for (const name of wanted) {
      const work = works[name]
      if (!(await compete(work, place, work.rounds ?? rounds))) process.exitCode = 1
    }
  } finally {
    await server.close()
    tidy()
  }
}
