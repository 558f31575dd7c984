// `npm run bench:looks [-- --rounds N] [--only screen|ways]`: what it costs to be looked at. First
// `--trace`, `--report` and `--verbose`, each beside a run without: many small files, and one large one; of
// 10,000 small files `--trace` alone, whose cost for each is another once V8 has compiled it.
// In memory where there is room: a disk takes longer for all of them, and each time another while.
// Then the screen: 200 downloads at once for some twenty seconds, with bars and without; how many frames a
// second, how many writes a frame, and what part of a core.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { roomyFolder } from './data.js'
import { drawingCost } from './looks/draw.js'
import { measure } from './measure.js'
import { serveFolder } from './serve.js'

const gdl = fileURLToPath(new URL('../bin/gdl.js', import.meta.url))
const counter = fileURLToPath(new URL('./looks/count-writes.js', import.meta.url))
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, only: { type: 'string' } },
})
const rounds = Number(values.rounds)

const MANY = 3000
const MORE = 10_000
const AT_ONCE = 200
const FRAMES = 200
const FRAMES_A_SECOND = 10
const WAYS = [
  { name: 'without', options: ['-q'] },
  { name: '--trace', options: ['-q', '--trace', 'trace.json'] },
  { name: '--report', options: ['-q', '--report', 'report.html'] },
  { name: '--progress plain', options: ['--progress', 'plain'] },
  { name: '--verbose', options: ['--verbose', '--progress', 'plain'] },
]

const scratch = mkdtempSync(path.join(roomyFolder(), 'gdl-bench-'))
try {
  if (values.only !== 'screen') await compareWays()
  if (values.only !== 'ways') await watchScreen()
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

async function compareWays() {
  const source = path.join(scratch, 'source')
  mkdirSync(source)
  for (let n = 0; n < MORE; n++)
    writeFileSync(path.join(source, String(n)), Buffer.alloc(10_240, n))
  writeFileSync(path.join(source, 'large'), Buffer.alloc(2 ** 29, 'x'))
  const server = await serveFolder(source, scratch)
  try {
    const urls = Array.from({ length: MORE }, (_, n) => `${server.origin}/${n}\n`)
    writeFileSync(path.join(scratch, 'urls.txt'), urls.slice(0, MANY).join(''))
    writeFileSync(path.join(scratch, 'more.txt'), urls.join(''))
    const fifty = ['-j', '50', '--per-host', '50']
    await compare(`${MANY} files of 10 KiB`, [...fifty, 'urls.txt'], WAYS)
    await compare(`${MORE} files of 10 KiB`, [...fifty, 'more.txt'], WAYS.slice(0, 2))
    await compare('one file of 512 MiB', [`${server.origin}/large`], WAYS)
  } finally {
    await server.close()
  }
}

/** All ways in turn, round after round, so that what else the machine does is shared. */
async function compare(title, args, ways) {
  const costs = new Map(ways.map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const { name, options } of ways) {
      const cost = await run([...options, ...args])
      // The first round is for the caches.
      if (round >= 0) costs.get(name).push(cost)
    }
  }
  const base = costs.get('without')
  console.log(`\n${title}, median of ${rounds} rounds\n`)
  console.log(
    '| | seconds | of CPU | seconds, beside a run without | CPU, beside |\n| --- | --- | --- | --- | --- |',
  )
  for (const [name, all] of costs) {
    const [seconds, cpu] = ['seconds', 'cpuSeconds'].map((key) =>
      median(all.map((one) => one[key])),
    )
    const [slower, dearer] = ['seconds', 'cpuSeconds'].map((key) =>
      percent(median(all.map((one, round) => one[key] / base[round][key])) - 1),
    )
    console.log(`| ${name} | ${seconds.toFixed(2)} | ${cpu.toFixed(2)} | ${slower} | ${dearer} |`)
  }
}

async function watchScreen() {
  const server = await startSlowServer()
  try {
    const urls = Array.from({ length: 3 * AT_ONCE }, (_, n) => `${server.origin}/file-${n}.bin\n`)
    writeFileSync(path.join(scratch, 'slow.txt'), urls.join(''))
    const shares = []
    let written
    for (let round = 0; round < Math.min(rounds, 3); round++) {
      const args = ['-j', String(AT_ONCE), '--per-host', String(AT_ONCE), 'slow.txt']
      const none = await run(['--progress', 'none', ...args])
      const bars = await run(['--progress', 'bars', ...args], ['--import', counter])
      written = JSON.parse(readFileSync(path.join(scratch, 'writes.json'), 'utf8'))
      shares.push((bars.cpuSeconds - none.cpuSeconds) / bars.seconds)
    }
    const { frames, others, mostInASecond, seconds } = written
    console.log(
      `\nThe screen, ${3 * AT_ONCE} downloads, ${AT_ONCE} at once, 80 columns and 24 rows\n`,
    )
    console.log(`${frames} frames in ${seconds.toFixed(1)} s, at most ${mostInASecond} in a second`)
    console.log(`a write each; ${others} other writes: the terminal's end, and the summary`)
    console.log(`${percent(median(shares))} of a core more than a run that draws nothing`)
    for (const [columns, rows] of [
      [80, 24],
      [300, 100],
    ]) {
      const ms = drawingCost(columns, rows, FRAMES)
      const share = ((ms * FRAMES_A_SECOND) / 1000) * 100
      const size = `${columns} x ${rows}`
      console.log(
        `${size}: ${ms.toFixed(2)} ms a frame, ${share.toFixed(1)} % of a core at ten a second`,
      )
    }
  } finally {
    server.close()
  }
}

/** Bodies of some six seconds. */
async function startSlowServer() {
  const piece = Buffer.alloc(8192)
  const answer = async (response) => {
    response.writeHead(200, { 'Content-Length': 60 * piece.length })
    for (let n = 0; n < 60 && !response.destroyed; n++) {
      response.write(piece)
      await sleep(100)
    }
    response.end()
  }
  const server = createServer((_request, response) => {
    answer(response).catch(() => response.destroy())
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function run(args, nodeOptions = []) {
  const folder = path.join(scratch, 'files')
  rmSync(folder, { recursive: true, force: true })
  const command = [process.execPath, ...nodeOptions, gdl, '-d', folder, ...args]
  const cost = await measure(command, { cwd: scratch })
  if (cost.status !== 0) throw new Error(`status ${cost.status}: ${cost.error}`)
  return cost
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
}

function percent(part) {
  return `${part < 0 ? '−' : '+'}${Math.abs(part * 100).toFixed(1)} %`
}
