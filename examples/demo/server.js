// The file server of the demo: a dozen files on loopback, each connection held to a rate so that there
// is something to see, and three troublemakers: one file is slow, one drops the connection twice, one
// is busy at first. It honours ranges and If-Range, as resuming needs.
import { createCipheriv, createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const KiB = 1024
const MiB = 1024 * KiB

/**
 * What there is: sizes, and what goes wrong. `rate` is bytes a second for each connection, `drops` how
 * often the connection breaks after 1 MiB, `busy` how often the answer is 503 first.
 */
export const files = [
  { name: 'large.iso', size: 40 * MiB, rate: 4 * MiB },
  { name: 'slow.tar', size: 3 * MiB, rate: 512 * KiB },
  { name: 'flaky.bin', size: 6 * MiB, rate: 4 * MiB, drops: 2 },
  { name: 'busy.json', size: 200 * KiB, rate: MiB, busy: 1 },
  { name: 'film.mp4', size: 12 * MiB, rate: 3 * MiB },
  { name: 'music.flac', size: 8 * MiB, rate: 2 * MiB },
  { name: 'book.pdf', size: 5 * MiB, rate: 2 * MiB },
  { name: 'photo 1.jpg', size: 3 * MiB, rate: MiB },
  { name: 'photo 2.jpg', size: 4 * MiB, rate: MiB },
  { name: '写真.jpg', size: 2 * MiB, rate: MiB },
  { name: 'notes.txt', size: 3 * KiB, rate: MiB },
  { name: 'empty.txt', size: 0, rate: MiB },
]

/** The bytes of a file: a key stream from its name, so that no two places are alike. */
export function contentOf({ name, size }) {
  const key = createHash('sha256').update(name).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
}

/** Starts the server on a free port. */
export async function startServer() {
  const served = new Map()
  for (const file of files) {
    const content = contentOf(file)
    const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`
    served.set(`/${encodeURIComponent(file.name)}`, { ...file, content, etag, asked: 0 })
  }

  const server = createServer((request, response) => {
    const file = served.get(request.url)
    if (file === undefined) response.writeHead(404).end('no such file\n')
    else answer(file, request, response).catch(() => response.destroy())
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

async function answer(file, request, response) {
  const earlier = file.asked
  file.asked += 1
  if (earlier < (file.busy ?? 0)) {
    response.writeHead(503, { 'Retry-After': '1' }).end('busy\n')
    return
  }
  const [start, end] = rangeOf(file, request)
  const partial = start > 0 || end < file.size
  response.writeHead(partial ? 206 : 200, {
    'Content-Type': 'application/octet-stream',
    'Content-Length': end - start,
    'Accept-Ranges': 'bytes',
    ETag: file.etag,
    ...(partial ? { 'Content-Range': `bytes ${start}-${end - 1}/${file.size}` } : {}),
  })
  const stop = earlier < (file.drops ?? 0) ? Math.min(end, start + MiB) : end
  await writeAtRate(response, file.content.subarray(start, stop), file.rate)
  if (stop < end) response.socket.resetAndDestroy()
  else response.end()
}

/** The half-open range that was asked for; the whole file when its validator has changed. */
function rangeOf(file, { headers }) {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '')
  const guard = headers['if-range']
  if (asked === null || (guard !== undefined && guard !== file.etag)) return [0, file.size]
  const end = asked[2] === '' ? file.size : Math.min(file.size, Number(asked[2]) + 1)
  return Number(asked[1]) < end ? [Number(asked[1]), end] : [0, file.size]
}

/** Twenty pieces a second. */
async function writeAtRate(response, content, rate) {
  const pieceBytes = Math.ceil(rate / 20)
  for (let at = 0; at < content.length && !response.destroyed; at += pieceBytes) {
    response.write(content.subarray(at, at + pieceBytes))
    await sleep(50)
  }
}
