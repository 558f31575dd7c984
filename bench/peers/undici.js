// `undici.js LIST AT_ONCE [CA]`: what a Node programmer writes who needs a list of files: p-limit for how
// many at once, undici for the requests, a pipeline for each file. Nothing is tried again or checked.
import { createWriteStream, readFileSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import pLimit from 'p-limit'
import { Agent, request, setGlobalDispatcher } from 'undici'

const [list, atOnce, ca] = process.argv.slice(2)
const connections = Number(atOnce)
const limit = pLimit(connections)
setGlobalDispatcher(new Agent({ connections, connect: ca ? { ca: readFileSync(ca) } : {} }))

async function download(url) {
  const { statusCode, body } = await request(url)
  if (statusCode !== 200) throw new Error(`${statusCode} for ${url}`)
  await pipeline(body, createWriteStream(path.basename(new URL(url).pathname)))
}

const urls = readFileSync(list, 'utf8').trim().split('\n')
await Promise.all(urls.map((url) => limit(download, url)))
