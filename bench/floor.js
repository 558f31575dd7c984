// `npm run bench:floor`: what gdl's small files could cost at the very least: 10,000 of 10 KiB, 50 at once, by
// bare sockets, by bare clients of undici, by gdl and by curl in turn, against a server on loopback. The first
// two do nothing that a downloader is for; what is between them and gdl is names, lists, retries, limits,
// the scheduler and events.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { commandsFor } from './contestants.js'
import { complaintAbout, makeFiles, roomyFolder, writeLists } from './data.js'
import { measure } from './measure.js'
import { serveFolder } from './serve.js'
import { table } from './table.js'

const ROUNDS = 5
const JOBS = 50
const here = (file) => fileURLToPath(new URL(file, import.meta.url))

const home = mkdtempSync(path.join(roomyFolder(), 'gdl-floor-'))
const place = { served: path.join(home, 'served'), scratch: path.join(home, 'scratch') }
for (const folder of Object.values(place)) mkdirSync(folder)
const names = makeFiles(place, 'small', 10_000, 10 * 1024)
const server = await serveFolder(place.served, place.scratch)
try {
  const urls = names.map((name) => `${server.origin}/small/${name}`)
  const task = { ...writeLists(place, 'small', urls), jobs: JOBS }
  const { gdl, curl } = commandsFor(task)
  const bare = (script) => [process.execPath, here(script), task.list, String(JOBS)]
  const contestants = {
    'bare sockets': bare('floor/sockets.js'),
    'bare undici': bare('floor/clients.js'),
    gdl,
    ...(curl && { curl }),
  }
  const results = new Map(Object.keys(contestants).map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, command] of Object.entries(contestants)) {
      const cwd = path.join(home, 'out')
      rmSync(cwd, { recursive: true, force: true })
      mkdirSync(cwd)
      const cost = await measure(command, { cwd, home })
      const complaint = complaintAbout(cwd, place, 'small', names)
      results.get(name).push(complaint === undefined ? cost : { failure: complaint })
    }
  }
  console.log(`${table(results)}\n\nmedian of ${ROUNDS} rounds; ratios to the first row`)
} finally {
  await server.close()
  rmSync(home, { recursive: true, force: true })
}
