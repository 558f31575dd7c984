// `node bench/reading.js [count]`: what reading a list of 1,000,000 entries costs by itself, without an
// engine behind it, in each format: the time to the first entry, to the last, and peak memory. Each list
// is read by a process of its own, which is this script again, given the list's path.
import { spawnSync } from 'node:child_process'
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import { readSource } from '../dist/input/index.js'
import { run } from '../dist/scheduler/index.js'

const MEBIBYTE = 2 ** 20
const url = (index) => `https://host-${index % 100}.example/folder/entry-${index}.txt`
const HEAD = '<metalink xmlns="urn:ietf:params:xml:ns:metalink">\n'

/** How each format writes an entry, and what stands around all of them. */
const formats = {
  text: { line: (index) => `${url(index)}\n` },
  'json-lines': { line: (index) => `{"url":"${url(index)}","size":${index}}\n` },
  metalink: {
    head: HEAD,
    line: (index) => `<file name="${index}.txt"><url>${url(index)}</url></file>\n`,
    tail: '</metalink>\n',
  },
}

function* linesOf({ head = '', line, tail = '' }, count) {
  yield head
  for (let start = 0; start < count; start += 1000) {
    const length = Math.min(1000, count - start)
    yield Array.from({ length }, (_, index) => line(start + index)).join('')
  }
  yield tail
}

/** Reads one list, and prints `{ entries, firstMs, seconds, peakBytes }` as JSON. */
async function readOne(list) {
  const startedMs = performance.now()
  let entries = 0
  let firstMs
  await run(() =>
    readSource(list, process.stdin, (item) => {
      firstMs ??= performance.now() - startedMs
      if (item.kind === 'entry') entries++
    }),
  )
  const seconds = (performance.now() - startedMs) / 1000
  const peakBytes = process.resourceUsage().maxRSS * 1024
  console.log(JSON.stringify({ entries, firstMs, seconds, peakBytes }))
}

function report(name, list, count) {
  const self = fileURLToPath(import.meta.url)
  const { stdout } = spawnSync(process.execPath, [self, '--read', list], { encoding: 'utf8' })
  const { entries, firstMs, seconds, peakBytes } = JSON.parse(stdout)
  if (entries !== count) throw new Error(`${name}: ${entries} entries of ${count}`)
  const columns = [
    name.padEnd(14),
    `first ${firstMs.toFixed(0)} ms`.padEnd(14),
    `all ${seconds.toFixed(2)} s`.padEnd(14),
    `peak ${(peakBytes / MEBIBYTE).toFixed(0)} MiB`,
  ]
  console.log(columns.join(''))
}

const [first = '1000000', second] = process.argv.slice(2)
if (first === '--read') await readOne(second)
else {
  const count = Number(first)
  const folder = mkdtempSync(path.join(tmpdir(), 'gdl-reading-'))
  try {
    for (const [name, format] of Object.entries(formats)) {
      const list = path.join(folder, name)
      await pipeline(Readable.from(linesOf(format, count)), createWriteStream(list))
      report(name, list, count)
      await pipeline(createReadStream(list), createGzip(), createWriteStream(`${list}.gz`))
      report(`${name}.gz`, `${list}.gz`, count)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
