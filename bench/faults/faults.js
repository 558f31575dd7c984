// The faults, in the order of the table. Each is `{ title, meet(bout) }`: `meet` starts the server, has the
// contestant run, and gives its verdict in a few words; undefined where a contestant can't be asked for
// that at all.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { busyFor, chunked, closeDelimited, file, inTurn, routes, status } from './answers.js'
import { noise } from './noise.js'
import { RIGHT, SAYS_SO, verdictOn } from './judge.js'
import { refusedOrigin } from './server.js'

const MEBIBYTE = 2 ** 20
const CONTENT = noise(1, 8 * MEBIBYTE)
const CHANGED = noise(2, 8 * MEBIBYTE)
const HALF = 4 * MEBIBYTE
/** So much of what was there may be lost by a kill, on a busy machine: more is «from the start again». */
const MAY_BYTES = CONTENT.length + HALF * 0.75
/** No ETag and no Last-Modified: whether the file has changed cannot be known. */
const BARE = { hasValidators: false }
const STALL_SECONDS = 3
const SECRET = 'X-Api-Key: secret'

/** A fault that passes: the first answer is `first`, all others are `then`. */
const passing = (first, then, { mayBytes, ...task } = {}) =>
  async function meet(bout) {
    const { server, url } = await bout.serve(inTurn(first, then))
    const exit = await bout.get([url], task)
    return verdictOn(bout.at(), { status: exit, content: CONTENT, server, mayBytes })
  }

/** A fault that stays: all that can be done is to say so. */
const lasting = (urlFor) =>
  async function meet(bout) {
    const url = await urlFor(bout)
    const server = { bodyBytes: 0 }
    const exit = await bout.get([url], { retries: 1 })
    return verdictOn(bout.at(), { status: exit, content: CONTENT, server })
  }

/** Runs until half of the file is there, and kills it. Gives the server's URL. */
async function killHalfway(bout, then, options) {
  let reached
  const until = new Promise((resolve) => (reached = resolve))
  const slow = file(CONTENT, { everyMs: 20, ...options })
  const watched = (exchange) => {
    const timer = setInterval(() => {
      if (exchange.server.bodyBytes < HALF) return
      clearInterval(timer)
      reached()
    }, 10)
    return slow(exchange)
  }
  let answer = watched
  const { server, url } = await bout.serve((exchange) => answer(exchange))
  await bout.get([url], { until })
  answer = then
  return { server, url }
}

/** Killed halfway; then the same command again, of a server that answers by `then`. */
const resuming = (then, content, { mayBytes, ...options } = {}) =>
  async function meet(bout) {
    const { server, url } = await killHalfway(bout, then, options)
    const exit = await bout.get([url])
    return verdictOn(bout.at(), { status: exit, content, server, mayBytes })
  }

/** Refused for two seconds, then given: right, but how often did it ask too early? */
const busy = (code) =>
  async function meet(bout) {
    const { server, url } = await bout.serve(busyFor(2, code, file(CONTENT)))
    const exit = await bout.get([url])
    const verdict = verdictOn(bout.at(), { status: exit, content: CONTENT, server })
    const early =
      server.requests.filter(({ atMs }) => atMs < server.requests[0].atMs + 2000).length - 1
    return verdict === RIGHT && early > 0 ? `${RIGHT}, asks too early ${early} x` : verdict
  }

/** Several files of one command: each path's answer, and what the verdict is of them. */
async function getAll(bout, answers, task) {
  const { server } = await bout.serve(routes(answers))
  const urls = Object.keys(answers).map((place) => `${server.origin}${place}`)
  return bout.get(urls, task)
}

const small = (seed) => noise(seed, 64 * 1024)

async function oneOfManyIsMissing(bout) {
  const names = ['1.bin', '2.bin', '3.bin', '4.bin', '5.bin']
  const isMissing = (name) => name === '2.bin'
  const answers = names.map((name, index) => [
    `/${name}`,
    isMissing(name) ? status(404) : file(small(index)),
  ])
  const exit = await getAll(bout, Object.fromEntries(answers))
  const good = names.filter((name, index) => bout.read(name)?.equals(small(index))).length
  if (exit === 'late') return 'hangs'
  return good === 4 && exit !== 0
    ? `the others are ${RIGHT}, says so`
    : `${good} of 4, status ${exit}`
}

async function twoOfOneName(bout) {
  const [first, second] = [small(1), small(2)]
  const exit = await getAll(bout, { '/x/a.bin': file(first), '/y/a.bin': file(second) })
  const names = ['a.bin', 'a.bin.1', 'a.1.bin']
  const kept = [first, second].filter((content) =>
    names.some((name) => bout.read(name)?.equals(content)),
  ).length
  if (kept === 2) return exit === 0 ? 'both are kept' : `both are kept, but status ${exit}`
  return exit === 0 ? `**${kept} of 2, status 0**` : `${kept} of 2, says so`
}

async function secretElsewhere(bout) {
  const elsewhere = await bout.serve(file(small(1)))
  const { url } = await bout.serve(status(302, { Location: elsewhere.url }))
  await bout.get([url], { header: SECRET })
  const [request] = elsewhere.server.requests
  if (request === undefined) return 'not followed'
  return request.headers['x-api-key'] === undefined ? 'kept back' : '**leaks**'
}

/** Whether anything was written above the folder, by any of these answers. */
async function staysInside(bout, answers, task) {
  for (const [place, answer] of answers) {
    const { server } = await bout.serve(answer)
    await bout.get([`${server.origin}${place}`], { retries: 0, ...task })
  }
  const above = [path.dirname(bout.folder), path.dirname(path.dirname(bout.folder))]
  const escaped = above.some((folder) => existsSync(path.join(folder, 'evil.bin')))
  return escaped ? '**writes outside**' : 'stays inside'
}

async function hostileDispositions(bout) {
  const names = ['../evil.bin', path.join(bout.folder, '../../evil.bin'), String.raw`..\evil.bin`]
  const plain = names.map((name) => `attachment; filename="${name.replaceAll('\\', '\\\\')}"`)
  const extended = names.map((name) => `attachment; filename*=UTF-8''${encodeURIComponent(name)}`)
  const answers = [...plain, ...extended].map((value) => [
    '/a.bin',
    file(small(1), { fields: { 'Content-Disposition': value } }),
  ])
  return staysInside(bout, answers, { isServerNamed: true })
}

function hostileUrls(bout) {
  const places = [
    '/x/..%2Fevil.bin',
    '/x/%2e%2e%2fevil.bin',
    '/..%2F..%2Fevil.bin',
    '/..%5Cevil.bin',
  ]
  return staysInside(
    bout,
    places.map((place) => [place, file(small(1))]),
  )
}

/** It says that it has ranges, and answers each with `answer`. */
const notInRanges = (answer) =>
  async function meet(bout) {
    const content = noise(3, 16 * MEBIBYTE)
    const { server, url } = await bout.serve((exchange) => {
      const isPart = exchange.request.headers.range !== undefined
      return (isPart ? answer : file(content, { everyMs: 20 }))(exchange)
    })
    const exit = await bout.get([url], { connections: 4 })
    if (exit === undefined) return undefined
    return verdictOn(bout.at(), { status: exit, content, server })
  }

/** Of four connections one drips; the others have 3 MiB/s each. */
async function oneSlowConnection(bout) {
  const content = noise(3, 32 * MEBIBYTE)
  let ranges = 0
  let isSlow = false
  const { server, url } = await bout.serve((exchange) => {
    const isPart = exchange.request.headers.range !== undefined
    ranges += isPart ? 1 : 0
    const isDripping = isPart && ranges === 2
    isSlow ||= isDripping
    const pace = isDripping ? { everyMs: 250, pieceBytes: 1024 } : { everyMs: 20 }
    return file(content, pace)(exchange)
  })
  const exit = await bout.get([url], { connections: 4 })
  if (exit === undefined) return undefined
  const verdict = verdictOn(bout.at(), { status: exit, content, server })
  return verdict === RIGHT && !isSlow ? 'right, over one connection' : verdict
}

async function nameAfterKill(bout) {
  await killHalfway(bout, status(404))
  return existsSync(bout.at()) ? 'a partial file has the name' : 'the name is free'
}

const wrong = small(4)
const digests = {
  'Repr-Digest': `sha-256=:${Buffer.alloc(32, 1).toString('base64')}:`,
  Digest: `SHA-256=${Buffer.alloc(32, 1).toString('base64')}`,
}

/** Judges what is done about a file that is not what was promised. */
async function refusal(bout, answer, task) {
  const { url } = await bout.serve(answer)
  const exit = await bout.get([url], { retries: 0, ...task })
  if (exit === undefined) return undefined
  if (exit === 'late') return 'hangs'
  if (exit === 0) return 'not looked at'
  return bout.read('a.bin') === undefined ? SAYS_SO : `${SAYS_SO}; leaves a wrong file`
}

const whole = file(CONTENT)
const twice = { mayBytes: MAY_BYTES }

/** All of them. */
export const faults = [
  {
    title: 'Cut (FIN), with a length',
    meet: passing(file(CONTENT, { endsAt: HALF }), whole, twice),
  },
  {
    title: 'Cut (RST), with a length',
    meet: passing(file(CONTENT, { endsAt: HALF, how: 'rst' }), whole, twice),
  },
  {
    title: 'Cut (RST), without a length',
    meet: passing(closeDelimited(CONTENT, { endsAt: HALF, how: 'rst' }), closeDelimited(CONTENT)),
  },
  {
    title: 'Cut in a chunk',
    meet: passing(chunked(CONTENT, { endsAt: HALF }), chunked(CONTENT)),
  },
  {
    title: 'Cut, and another version when tried again',
    meet: passing(
      file(CHANGED, { endsAt: HALF, how: 'rst', etag: '"old"' }),
      file(CONTENT, { etag: '"new"' }),
    ),
  },
  { title: 'SIGKILL, then the same command', meet: resuming(whole, CONTENT, twice) },
  {
    title: '… and the file has changed',
    meet: resuming(file(CHANGED, { etag: '"two"' }), CHANGED),
  },
  {
    title: '… and the server ignores Range',
    meet: resuming(file(CONTENT, { hasRanges: false }), CONTENT),
  },
  {
    title: '… and Content-Range is another',
    meet: resuming(file(CONTENT, { shift: 1000 }), CONTENT),
  },
  {
    title: '… and the server gives no validator',
    meet: resuming(file(CONTENT, BARE), CONTENT, { ...twice, ...BARE }),
  },
  {
    title: '… nor does it tell of a change',
    meet: resuming(file(CHANGED, BARE), CHANGED, BARE),
  },
  { title: '… and until then', meet: nameAfterKill },
  { title: '503, Retry-After', meet: busy(503) },
  { title: '429, Retry-After', meet: busy(429) },
  {
    title: 'Stands still, well when asked again',
    meet: passing(file(CONTENT, { endsAt: HALF, how: 'stall' }), whole, {
      ...twice,
      stallSeconds: STALL_SECONDS,
    }),
  },
  { title: 'One of four connections drips', meet: oneSlowConnection },
  { title: 'Ranges are announced, and refused by 403', meet: notInRanges(status(403)) },
  {
    title: 'Ranges are announced, and are of another version',
    // Paced, too: who asks for it without end must not keep the server from the others.
    meet: notInRanges(file(noise(4, 16 * MEBIBYTE), { etag: '"two"', everyMs: 20 })),
  },
  { title: 'One 404 of five URLs', meet: oneOfManyIsMissing },
  {
    title: 'Always 500',
    meet: lasting(async (bout) => (await bout.serve(status(500))).url),
  },
  { title: 'Refused', meet: lasting(async () => `${await refusedOrigin()}/a.bin`) },
  { title: 'No such host', meet: lasting(() => 'http://no-such-host.invalid/a.bin') },
  {
    title: 'Always cut at the same place',
    meet: lasting(async (bout) => (await bout.serve(file(CONTENT, { endsAt: HALF }))).url),
  },
  { title: 'Redirect elsewhere, with a secret -H', meet: secretElsewhere },
  { title: 'Content-Disposition with `../`', meet: hostileDispositions },
  { title: '`..%2F` in the URL', meet: hostileUrls },
  { title: 'Two URLs of one name', meet: twoOfOneName },
  {
    title: 'Digest, Repr-Digest of other bytes',
    meet: (bout) => refusal(bout, file(wrong, { fields: digests })),
  },
  {
    title: 'A checksum file for other bytes',
    meet: (bout) => refusal(bout, file(wrong), { sums: small(5) }),
  },
]
