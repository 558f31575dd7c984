// `npm run bench:profile [-- small | medium | large | tls | one]`: where gdl's time goes. Runs the built command once
// under V8's sampling profiler, on short files or long ones or a single one of 1000 bytes, and adds up what its main
// thread did, by the room of the code that did it: the bundle says of each module where it begins. What other
// threads do (compiling, writing large files) is not in it, and the profiler itself takes a tenth or so.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFiles, roomyFolder, writeLists } from './data.js'
import { measure } from './measure.js'
import { serveFolder } from './serve.js'
import { manyLarge, manySmall, oneLarge } from './sizes.js'

const here = (file) => fileURLToPath(new URL(file, import.meta.url))
const works = {
  small: manySmall,
  medium: manyLarge,
  large: oneLarge,
  tls: { ...oneLarge, isSecure: true },
  one: { count: 1, bytes: 1000 },
}

/** Calls of libuv and the like by their names in a profile, which know no file. */
const FILE_CALLS = new Set(['open', 'writeBuffers', 'writeBuffer', 'close', 'rename', 'futimes'])
/** Node's, of its own modules and of scripts. */
const LOADING = new Set([
  'Script',
  'compileForInternalLoader',
  'compileFunction',
  'internalBinding',
])
const SOCKET_CALLS = new Set(['writeLatin1String', 'writeUtf8String', 'writev', 'readStart'])

/** Gives for a line of the bundle the module that it comes from. */
function modulesOf(bundle) {
  const lines = readFileSync(bundle, 'utf8').split('\n')
  let module = ''
  return lines.map((line) => {
    module = /^\s*\/\/ (\S+\.m?js)$/.exec(line)?.[1] ?? module
    return module
  })
}

/** Whose time a frame is. */
function ownerOf({ functionName, url, lineNumber }, modules) {
  if (functionName === '(garbage collector)') return 'garbage collector'
  if (functionName === '(idle)') return 'outside of JavaScript: waiting, reading, decrypting'
  if (FILE_CALLS.has(functionName) && url === '') return 'file calls'
  if (LOADING.has(functionName)) return 'loading code'
  if (SOCKET_CALLS.has(functionName) && url === '') return 'socket writes'
  if (url.startsWith('wasm:')) return 'undici'
  if (!url.endsWith('command.cjs')) return "Node's own JavaScript, and (program)"
  const module = modules[lineNumber]
  const other = /([^/]+)\/(?:lib|dist|index)/.exec(module)?.[1]
  return module.startsWith('../') ? (other ?? 'other packages') : `gdl: ${module.split('/')[0]}/`
}

/** Milliseconds by owner. */
function sumUp(profile, modules) {
  const frames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]))
  const sums = new Map()
  profile.samples.forEach((id, at) => {
    const owner = ownerOf(frames.get(id), modules)
    sums.set(owner, (sums.get(owner) ?? 0) + profile.timeDeltas[at] / 1000)
  })
  return [...sums].sort(([, one], [, other]) => other - one)
}

const name = process.argv[2] ?? 'small'
const work = works[name]
if (work === undefined) {
  console.error(`usage: npm run bench:profile [-- ${Object.keys(works).join(' | ')}]`)
  process.exit(2)
}
const home = mkdtempSync(path.join(roomyFolder(), 'gdl-profile-'))
const place = { served: path.join(home, 'served'), scratch: path.join(home, 'scratch'), home }
for (const folder of [place.served, place.scratch, path.join(home, 'out')]) mkdirSync(folder)
const names = makeFiles(place, name, work.count, work.bytes)
const server = await serveFolder(place.served, place.scratch)
try {
  const origin = work.isSecure ? server.secureOrigin : server.origin
  const { list } = writeLists(
    place,
    name,
    names.map((file) => `${origin}/${name}/${file}`),
  )
  const profiling = ['--cpu-prof', '--cpu-prof-dir', home, '--cpu-prof-interval', '100']
  const { jobs } = work
  const atOnce = jobs === undefined ? [] : ['-j', String(jobs), '--per-host', String(jobs)]
  const gdl = [here('../bin/gdl.js'), '--quiet', '--insecure', ...atOnce, list]
  const cost = await measure([process.execPath, ...profiling, ...gdl], {
    cwd: path.join(home, 'out'),
    home,
  })
  if (cost.status !== 0) throw new Error(`gdl ended with ${cost.status}: ${cost.error}`)
  const file = readdirSync(home).find((found) => found.endsWith('.cpuprofile'))
  const profile = JSON.parse(readFileSync(path.join(home, file), 'utf8'))
  const sums = sumUp(profile, modulesOf(here('../dist/command.cjs')))
  console.log(`| ${name} | ms | each file, us |\n| --- | ---: | ---: |`)
  for (const [owner, ms] of sums) {
    if (ms < 1) continue
    console.log(`| ${owner} | ${ms.toFixed(0)} | ${((ms * 1000) / work.count).toFixed(1)} |`)
  }
} finally {
  await server.close()
  rmSync(home, { recursive: true, force: true })
}
