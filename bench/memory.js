// `npm run bench:memory -- [--gib N]`: the peak memory of one long file over eight connections, which is
// to be the same however long it is. The file is a hole, so that it costs its server nothing; what gdl
// writes of it is real, and needs the room.
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { roomyFolder } from './data.js'
import { measure } from './measure.js'
import { serveFolder } from './serve.js'

const GIB = 2 ** 30
const gdl = fileURLToPath(new URL('../bin/gdl.js', import.meta.url))
const { values } = parseArgs({ options: { gib: { type: 'string', default: '10' } } })

for (const gib of [1, Number(values.gib)]) await peakOf(gib)

async function peakOf(gib) {
  const scratch = mkdtempSync(path.join(roomyFolder((gib + 1) * GIB), 'gdl-bench-'))
  try {
    const source = path.join(scratch, 'source')
    mkdirSync(source)
    const fd = openSync(path.join(source, 'file'), 'w')
    ftruncateSync(fd, gib * GIB)
    closeSync(fd)
    const server = await serveFolder(source, scratch)
    try {
      const command = [process.execPath, gdl, '-x', '8', '-q', `${server.origin}/file`]
      const cost = await measure(command, { cwd: scratch, timeoutMs: 300_000 })
      if (cost.status !== 0) throw new Error(`status ${cost.status}: ${cost.error}`)
      const mib = (cost.peakBytes / 2 ** 20).toFixed(0)
      console.log(`${gib} GiB over 8 connections: ${mib} MiB at most, ${cost.seconds.toFixed(1)} s`)
    } finally {
      await server.close()
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
