// gdl as a library: downloads its arguments into a folder, and stops when that takes more than a minute.
//
//     node examples/library.js images https://example.org/a.iso https://example.org/b.iso
import process from 'node:process'
import { download } from 'gdl'

const [dir = '.', ...urls] = process.argv.slice(2)
const signal = AbortSignal.timeout(60_000)

for await (const event of download(urls, { dir, jobs: 8, signal })) {
  if (event.event === 'done') console.log(`${event.path}: ${event.bytes} bytes`)
  if (event.event === 'fail') console.log(`${event.url}: ${event.error.code}`)
  if (event.event === 'summary') console.log(`${event.downloaded} downloaded`)
}
