// The file server of the pictures: three hosts by name, on one port of loopback, with files large and
// small, slow and fast, one without a length, one that breaks, one that is busy, one that is not there.
// Each connection is held to a rate, so that there is something to see.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const KiB = 1024
const MiB = 1024 * KiB
const HOSTS = {
  files: 'files.example.org',
  mirror: 'mirror.example.net',
  media: 'media.example.com',
  api: 'api.example.com',
}

/** `rate` is bytes a second for a connection; `drops`, `busy`: how often it breaks, or says 503 first. */
const FILES = [
  { host: 'mirror', name: 'debian-12.5.0-amd64-netinst.iso', size: 72 * MiB, rate: 2.5 * MiB },
  { host: 'media', name: '夏の思い出.flac', size: 11 * MiB, rate: 1.2 * MiB },
  {
    host: 'media',
    name: 'interview-with-the-author-part-2-of-3-final-cut.mp4',
    size: 18 * MiB,
    rate: 1.6 * MiB,
  },
  { host: 'files', name: 'nightly-export.csv', size: 7 * MiB, rate: 900 * KiB, isOpenEnded: true },
  { host: 'api', name: 'busy.json', size: 400 * KiB, rate: MiB, busy: 1, retryAfter: 7 },
  { host: 'mirror', name: 'linux-6.8.tar.xz', size: 28 * MiB, rate: 3 * MiB, drops: 1 },
  { host: 'files', name: 'withdrawn.pdf', isMissing: true },
  { host: 'files', name: 'annual-report.pdf', size: 3 * MiB, rate: 1.5 * MiB },
  ...Array.from({ length: 53 }, (_, n) => ({
    host: n % 3 === 0 ? 'media' : 'files',
    name: `photo-${String(n + 1).padStart(3, '0')}.jpg`,
    size: Math.round((0.3 + ((n * 37) % 23) / 16) * MiB),
    rate: (0.7 + ((n * 13) % 7) / 5) * MiB,
  })),
]

/** Starts it; gives the list of URLs, and the options of gdl that give its hosts their address. */
export async function startScene() {
  const served = new Map(
    FILES.map((file) => [`/${encodeURIComponent(file.name)}`, { ...file, asked: 0 }]),
  )
  const server = createServer((request, response) => {
    const file = served.get(request.url)
    if (file === undefined || file.isMissing) response.writeHead(404).end('no such file\n')
    else answer(file, request, response).catch(() => response.destroy())
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  const urls = FILES.map(
    ({ host, name }) => `http://${HOSTS[host]}:${port}/${encodeURIComponent(name)}`,
  )
  return {
    port,
    list: `${urls.join('\n')}\n`,
    options: Object.values(HOSTS).flatMap((host) => ['--resolve', `${host}:${port}:127.0.0.1`]),
    /** All is as it was in the beginning. */
    reset() {
      for (const file of served.values()) file.asked = 0
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(file, request, response) {
  const { size, rate } = file
  const earlier = file.asked++
  if (earlier < (file.busy ?? 0)) {
    response.writeHead(503, { 'Retry-After': file.retryAfter }).end('busy\n')
    return
  }
  if (file.isOpenEnded) {
    response.writeHead(200, { 'Content-Type': 'text/csv' })
    await writeAtRate(response, size, rate)
    response.end()
    return
  }
  const [start, end] = rangeOf(request, size)
  const isPart = end - start < size
  response.writeHead(isPart ? 206 : 200, {
    'Content-Length': end - start,
    'Accept-Ranges': 'bytes',
    ETag: `"${createHash('sha256').update(file.name).digest('hex').slice(0, 12)}"`,
    ...(isPart ? { 'Content-Range': `bytes ${start}-${end - 1}/${size}` } : {}),
  })
  const isCut = earlier < (file.drops ?? 0)
  await writeAtRate(response, isCut ? Math.min(end - start, 4 * MiB) : end - start, rate)
  if (isCut) response.socket.resetAndDestroy()
  else response.end()
}

function rangeOf({ headers }, size) {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '')
  if (asked === null) return [0, size]
  return [Number(asked[1]), asked[2] === '' ? size : Math.min(size, Number(asked[2]) + 1)]
}

/** Twenty pieces a second, of nothing: what is in the files is on no picture. */
async function writeAtRate(response, bytes, rate) {
  const piece = Buffer.alloc(Math.ceil(rate / 20))
  for (let left = bytes; left > 0 && !response.destroyed; left -= piece.length) {
    response.write(left < piece.length ? piece.subarray(0, left) : piece)
    await sleep(50)
  }
}
