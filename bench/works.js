// What is measured, a work for each row of the bars (`bars.js`), and one or two beside them. A work is
// prepared once, and gives the commands that `run.js` runs in turn, each in an empty folder, and what is to
// be there afterwards. `--scale` makes all of it smaller, to try the bench itself.
import { closeSync, mkdirSync, openSync, readdirSync, unlinkSync } from 'node:fs'
import path from 'node:path'
import { aria2c, commandsFor, curl, gdl, onlyInstalled } from './contestants.js'
import { complaintAbout, makeFiles, writeLists } from './data.js'
import { certificate, relayTo } from './serve.js'
import { KIB, manyLarge, manySmall, MIB, oneLarge } from './sizes.js'

/** Files of one size, all contestants of the list, `jobs` at once or their defaults. */
function files({ title, folder, count = 1, bytes, jobs, over = 'origin', rounds }) {
  return {
    title,
    rounds,
    async prepare(place) {
      const scale = (number, by) => Math.max(1, Math.round(by ? number * place.scale : number))
      const names = makeFiles(place, folder, scale(count, count > 1), scale(bytes, count === 1))
      const { base, ca, close } = await wayTo(place, over)
      const urls = names.map((name) => `${base}/${folder}/${name}`)
      const task = { ...writeLists(place, folder, urls), jobs, ca }
      return {
        task,
        contestants: commandsFor(task),
        check: (left) => complaintAbout(left, place, folder, names),
        close,
      }
    },
  }
}

/** How the server is reached: by one of its origins, or by a relay with the options `over`. */
async function wayTo({ server }, over) {
  if (typeof over !== 'object') {
    return { base: server[over], ca: over === 'origin' ? undefined : certificate }
  }
  const { origin, close } = await relayTo(server.origin, over)
  return { base: origin, close }
}

/** `work`, with other contestants: what `change` makes of them and of the task. */
function among(work, change) {
  return {
    ...work,
    async prepare(place) {
      const prepared = await work.prepare(place)
      const contestants = onlyInstalled(change(prepared.contestants, prepared.task))
      return { ...prepared, contestants }
    },
  }
}

const large = among(
  files({ ...oneLarge, folder: 'large', title: 'One file of 1 GiB, http' }),
  (contestants, { urls }) => ({ ...contestants, 'aria2c -x4': [...aria2c, '-x4', ...urls] }),
)

const largeHttps = among(
  files({ ...oneLarge, folder: 'large', title: 'One file of 1 GiB, https', over: 'secureOrigin' }),
  (contestants, { urls, ca }) => {
    const trusting = [`--ca-certificate=${ca}`, ...urls]
    return { ...contestants, 'aria2c -x4': [...aria2c, '-x4', ...trusting] }
  },
)

const medium = files({ ...manyLarge, folder: 'medium', title: '64 files of 16 MiB, 16 at once' })

const small = files({
  ...manySmall,
  folder: 'small',
  title: '10,000 files of 10 KiB, 50 at once, http',
})

const smallHttps = among(
  files({
    ...manySmall,
    folder: 'small',
    title: '10,000 files of 10 KiB, 50 at once, https, the server offers HTTP/2',
    over: 'http2Origin',
  }),
  ({ gdl, curl: [program, ...args], ...others }) => ({
    gdl,
    'gdl --http2': [...gdl, '--http2'],
    curl: [program, ...args],
    'curl --http1.1': [program, '--http1.1', ...args],
    ...others,
  }),
)

const far = among(
  files({
    title: '400 files of 20 KiB, 50 ms there and back, 100 Mbit/s, defaults',
    folder: 'far',
    count: 400,
    bytes: 20 * KIB,
    over: { roundTripMs: 50, bytesPerSecond: 100e6 / 8 },
  }),
  ({ gdl, ...others }) => ({
    gdl,
    // With as many at once as curl -Z begins with.
    'gdl -j50': [...gdl, '-j', '50', '--per-host', '50'],
    ...others,
  }),
)

const lanes = among(
  files({
    title: 'One file of 64 MiB, 5 MB/s for each connection',
    folder: 'lanes',
    bytes: 64 * MIB,
    over: { eachBytesPerSecond: 5e6 },
  }),
  ({ gdl, curl }, { urls }) => ({
    gdl,
    'aria2c -x4': [...aria2c, '-x4', ...urls],
    // By itself it splits nothing below 40 MiB, and so has two.
    'aria2c -x4 -k8M': [...aria2c, '-x4', '-k8M', ...urls],
    ...(curl && { curl }),
  }),
)

/** A list of tiny files, none of them there: what an entry costs that waits, above all in memory. */
const list = among(
  files({
    title: 'A list of 100,000 URLs of tiny files, defaults',
    folder: 'tiny',
    count: 100_000,
    bytes: 8,
    rounds: 1,
  }),
  ({ gdl, aria2c, wget2 }) => ({ gdl, ...(aria2c && { aria2c }), ...(wget2 && { wget2 }) }),
)

/** A list of files that are all there: what it costs to find that nothing is to be done. */
const present = {
  title: 'A list of 1,000,000 URLs, every name there already',
  async prepare(place) {
    const count = Math.max(1, Math.round(1_000_000 * place.scale))
    const folder = path.join(place.scratch, 'present')
    mkdirSync(folder)
    const names = Array.from({ length: count }, (_, index) => `entry-${index}.txt`)
    for (const name of names) closeSync(openSync(path.join(folder, name), 'w'))
    // Nothing is served there: who asks for one of them fails.
    const urls = names.map((name) => `${place.server.origin}/nothing/${name}`)
    const { list } = writeLists(place, 'present', urls)
    return {
      folder,
      contestants: { gdl: [...gdl, '--quiet', list] },
      check(left) {
        const more = readdirSync(left).length - count
        return more === 0 ? undefined : `${more} files more than before`
      },
      close() {
        for (const name of names) unlinkSync(path.join(folder, name))
      },
    }
  },
}

/** How long the command takes to be there at all, and to fetch one small file. */
const start = among(
  files({
    title: 'Start-up: Node doing nothing, the version, the help, one small file',
    folder: 'one',
    bytes: 10 * KIB,
    rounds: 20,
  }),
  (contestants, { urls }) => ({
    'node -e 0': [process.execPath, '-e', '0'],
    'gdl --version': [...gdl, '--version'],
    'gdl --help': [...gdl, '--help'],
    'gdl URL': contestants.gdl,
    'curl URL': [...curl, '-O', ...urls],
  }),
)

/** By the names that the command line takes, in the order in which they run. */
export const works = {
  start: { ...start, prepare: preparedForAll },
  large,
  'large-https': largeHttps,
  medium,
  small,
  'small-https': smallHttps,
  far,
  lanes,
  present,
  list,
}

/** Only some of these commands fetch the file: who leaves nothing is right, too. */
async function preparedForAll(place) {
  const prepared = await start.prepare(place)
  const check = (left) => (readdirSync(left).length === 0 ? undefined : prepared.check(left))
  return { ...prepared, check }
}
