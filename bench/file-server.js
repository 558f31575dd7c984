// The project's own file server, for machines without nginx and caddy:
// `node file-server.js FOLDER HTTP_PORT HTTPS_PORT HTTP2_PORT CERTIFICATE KEY`. Plain GET of whole files and
// of one range; a process of its own, so that its cost is not gdl's.
import { createReadStream, readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import path from 'node:path'

const [folder, port, tlsPort, http2Port, certificate, key] = process.argv.slice(2)

const handle = (request, response) => {
  serve(request, response).catch(() => response.writeHead(404).end())
}
const identity = { cert: readFileSync(certificate), key: readFileSync(key) }
createServer({ keepAliveTimeout: 0 }, handle).listen(Number(port), '127.0.0.1')
createTlsServer({ ...identity, keepAliveTimeout: 0 }, handle).listen(Number(tlsPort), '127.0.0.1')
createSecureServer({ ...identity, allowHTTP1: true }, handle).listen(Number(http2Port), '127.0.0.1')

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
