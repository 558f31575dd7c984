// `npm run bench:floor [-- WORK]`: what gdl's works could cost at the very least in Node: by bare sockets, by bare
// clients of undici, by gdl, curl and wget2 in turn, against a server on loopback. The bare ones do nothing that a
// downloader is for; what is between them and gdl is names, lists, retries, limits, the scheduler and events.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { commandsFor } from './contestants.js'
import { complaintAbout, makeFiles, roomyFolder, writeLists } from './data.js'
import { measure } from './measure.js'
import { certificate, serveFolder } from './serve.js'
import { manyLarge, manySmall, oneLarge } from './sizes.js'
import { table } from './table.js'

const ROUNDS = 5
const short = { bare: { 'bare sockets': ['sockets.js'], 'bare undici': ['clients.js'] } }
const long = {
  bare: { 'bare reads': ['stream.js'], 'bare reads and writes': ['stream.js', 'save'] },
}
const works = {
  small: { ...short, ...manySmall },
  'small-https': { ...short, ...manySmall, isSecure: true },
  medium: { ...long, ...manyLarge },
  large: { ...long, ...oneLarge },
  'large-https': { ...long, ...oneLarge, isSecure: true },
}
const here = (file) => fileURLToPath(new URL(file, import.meta.url))

const workName = process.argv[2] ?? 'small'
const work = works[workName]
if (work === undefined) {
  console.error(`usage: npm run bench:floor [-- ${Object.keys(works).join(' | ')}]`)
  process.exit(2)
}
const home = mkdtempSync(path.join(roomyFolder(), 'gdl-floor-'))
const place = { served: path.join(home, 'served'), scratch: path.join(home, 'scratch') }
for (const folder of Object.values(place)) mkdirSync(folder)
const names = makeFiles(place, workName, work.count, work.bytes)
const server = await serveFolder(place.served, place.scratch)
try {
  const origin = work.isSecure ? server.secureOrigin : server.origin
  const urls = names.map((name) => `${origin}/${workName}/${name}`)
  const ca = work.isSecure ? certificate : undefined
  const task = { ...writeLists(place, workName, urls), jobs: work.jobs, ca }
  const { gdl, curl, wget2 } = commandsFor(task)
  const bare = Object.entries(work.bare).map(([name, [script, ...mode]]) => {
    return [
      name,
      [process.execPath, here(`floor/${script}`), task.list, String(work.jobs ?? 1), ...mode],
    ]
  })
  const contestants = {
    ...Object.fromEntries(bare),
    gdl,
    ...(curl && { curl }),
    ...(wget2 && { wget2 }),
  }
  const results = new Map(Object.keys(contestants).map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, command] of Object.entries(contestants)) {
      const cwd = path.join(home, 'out')
      rmSync(cwd, { recursive: true, force: true })
      mkdirSync(cwd)
      const cost = await measure(command, { cwd, home })
      const complaint =
        name === 'bare reads' ? undefined : complaintAbout(cwd, place, workName, names)
      results.get(name).push(complaint === undefined ? cost : { failure: complaint })
    }
  }
  console.log(`${table(results)}\n\nmedian of ${ROUNDS} rounds; ratios to the first row`)
} finally {
  await server.close()
  rmSync(home, { recursive: true, force: true })
}
