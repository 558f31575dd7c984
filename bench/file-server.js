// The project's own file server, for machines without nginx: `node file-server.js FOLDER PORT`. Plain
// GET of whole files and of one range; a process of its own, so that its cost is not gdl's.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'

const [folder, port] = process.argv.slice(2)

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.writeHead(404).end())
})
server.keepAliveTimeout = 0
server.listen(Number(port), '127.0.0.1')

async function serve(request, response) {
  const file = path.join(folder, path.posix.normalize(request.url))
  const { size } = await stat(file)
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const start = asked === null ? 0 : Number(asked[1])
  const last = asked === null || asked[2] === '' ? size - 1 : Math.min(size - 1, Number(asked[2]))
  response.writeHead(asked === null ? 200 : 206, {
    'Content-Length': last + 1 - start,
    'Accept-Ranges': 'bytes',
    ETag: `"${size}"`,
    ...(asked === null ? {} : { 'Content-Range': `bytes ${start}-${last}/${size}` }),
  })
  createReadStream(file, { start, end: last, highWaterMark: 1 << 18 }).pipe(response)
}
