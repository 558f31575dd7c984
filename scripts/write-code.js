// `node scripts/write-code.js COMMAND.cjs`: writes V8's code of the bundled command beside it. It has the functions that
// two short runs have called, from a server of its own; V8 takes 5 ms to read it, where the code of all functions took
// 8, and compiles the others when they are called. In a process of its own, for the command changes V8's settings.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import v8 from 'node:v8'

const require = createRequire(import.meta.url)
const { codeFileOf, command, runScript, scriptOf } = require('../bin/load.cjs')

const [file] = process.argv.slice(2)
// Code is taken only with the flags that it was written with.
v8.setFlagsFromString = () => {}

const server = http.createServer(({ url }, response) => {
  const body = Buffer.alloc(url === '/long' ? 2_000_000 : 1000)
  const fields = {
    'content-length': body.length,
    etag: '"1"',
    'last-modified': new Date().toUTCString(),
  }
  response.writeHead(200, fields).end(body)
})
await new Promise((resolve, reject) => {
  server.once('error', reject).listen(0, '127.0.0.1', resolve)
})
const home = mkdtempSync(path.join(tmpdir(), 'gdl-code-'))
try {
  const script = scriptOf(file)
  // As if it were in its place already, from where it finds package.json.
  const { main } = runScript(script, command)
  const origin = `http://127.0.0.1:${server.address().port}`
  const list = path.join(home, 'urls.txt')
  writeFileSync(list, `${origin}/1\n${origin}/2\n${origin}/long\n`)
  const args = ['--progress', 'none', '--quiet', '-d', home]
  for (const source of [list, `${origin}/3`]) {
    const status = await main([...args, source])
    if (status !== 0) throw new Error(`the command has ended with ${status}`)
  }
  writeFileSync(codeFileOf(file), script.createCachedData())
} finally {
  rmSync(home, { recursive: true })
  server.close()
  server.closeAllConnections()
}
