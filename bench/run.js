// `npm run bench -- [WORK ...] [--rounds N] [--server NAME] [--scale X]`: gdl beside curl, aria2c, wget2 and
// two scripts, as far as they are installed, against a server on loopback; and, as the work `parts`, some
// of gdl's parts by themselves. Rounds are interleaved, so that a busy moment of the machine hits all alike;
// shown are medians and spreads. Every byte is checked: a contestant that is fast and wrong counts as
// failed. Sets no threshold: the status tells only whether gdl did its work. docs/performance.md tells how
// to read what it prints.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { arch, cpus } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { judge, summary } from './bars.js'
import { versions } from './contestants.js'
import { roomyFolder } from './data.js'
import { measure } from './measure.js'
import { timeParts } from './parts.js'
import { certificate, serveFolder, serverNames } from './serve.js'
import { markdown, table } from './table.js'
import { works } from './works.js'

/** No new round of a work begins after this long. */
const WORK_MS = 180_000
/** Who takes longer than this for a round has shown it, and leaves the time to the others. */
const SLOW_SECONDS = 20

/** One round of one contestant: what it cost, or `{ failure }`. */
async function once(prepared, command, place) {
  const folder = prepared.folder ?? path.join(place.scratch, 'out')
  if (prepared.folder === undefined) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
  }
  const cost = await measure(command, { cwd: folder, home: place.home })
  if (cost.status !== 0) return { failure: `status ${cost.status}: ${cost.error}` }
  const complaint = prepared.check(folder)
  return complaint === undefined ? cost : { failure: `wrong: ${complaint}` }
}

/** Runs all rounds; gives a Map of each contestant's name to its rounds. */
async function compete(prepared, place, rounds) {
  const contestants = Object.entries(prepared.contestants)
  const results = new Map(contestants.map(([name]) => [name, []]))
  const startedMs = performance.now()
  for (let done = 0; done < rounds && performance.now() - startedMs < WORK_MS; done++) {
    for (const [name, command] of contestants) {
      const had = results.get(name)
      // Who has failed fails again; its time is better spent on the others.
      const isOut = ({ failure, seconds }) => failure !== undefined || seconds > SLOW_SECONDS
      if (!name.startsWith('gdl') && had.some(isOut)) continue
      had.push(await once(prepared, command, place))
      process.stderr.write('.')
    }
  }
  process.stderr.write('\n')
  return results
}

/** Measures one work and prints its table; gives its verdicts, and whether gdl did it. */
async function hold(name, place, rounds) {
  const work = works[name]
  const prepared = await work.prepare(place)
  try {
    const results = await compete(prepared, place, rounds ?? work.rounds ?? 5)
    // Of other amounts nothing was promised.
    const verdicts = place.scale === 1 ? judge(name, results) : []
    const done = Math.max(...[...results.values()].map((had) => had.length))
    console.log(`\n### ${work.title}\n\n${table(results)}\n`)
    console.log(`\`${name}\`, median (least..most) of ${done}; ratios to the first row.`)
    for (const { title, told, bar, share } of verdicts) {
      console.log(`Bar, ${title}: ${told}, ${bar}: ${share <= 1 ? 'met' : 'NOT met'}.`)
    }
    const isGood = ([name, had]) => !name.startsWith('gdl') || had.every(({ failure }) => !failure)
    return { verdicts, isDone: [...results].every(isGood) }
  } finally {
    await prepared.close?.()
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    scale: { type: 'string', default: '1' },
    server: { type: 'string', default: serverNames[0] },
  },
})
const names = [...Object.keys(works), 'parts']
const wanted = positionals.length === 0 ? names : positionals
const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
const scale = Number(values.scale)

if (
  wanted.some((name) => !names.includes(name)) ||
  !serverNames.includes(values.server) ||
  !(scale > 0 && (rounds === undefined || rounds >= 1))
) {
  const servers = serverNames.join('|')
  console.error(`usage: npm run bench -- [${names.join('] [')}]`)
  console.error(`                        [--rounds N] [--scale X] [--server ${servers}]`)
  process.exitCode = 2
} else {
  const root = mkdtempSync(path.join(roomyFolder(), 'gdl-bench-'))
  const place = { scale, ca: certificate }
  for (const name of ['served', 'scratch', 'home']) {
    place[name] = path.join(root, name)
    mkdirSync(place[name])
  }
  process.once('exit', () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
  place.server = await serveFolder(place.served, place.scratch, values.server)
  try {
    console.log(`Node ${process.versions.node}, ${cpus().length} x ${arch()}, ${versions()},`)
    console.log(`${place.server.name} on loopback, files in ${path.dirname(root)}`)
    const verdicts = []
    for (const name of wanted.filter((name) => name !== 'parts')) {
      const held = await hold(name, place, rounds)
      verdicts.push(...held.verdicts)
      if (!held.isDone) process.exitCode = 1
    }
    if (wanted.includes('parts')) await timeParts()
    if (verdicts.length > 0) {
      console.log(`\n### The bars, the worst first\n\n${markdown(summary(verdicts))}`)
    }
  } finally {
    await place.server.close()
  }
}
