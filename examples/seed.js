// The seed of gdl: plain-looking code that waits without blocking. One greenlet for each URL, all on
// one thread, driven by gdl's own scheduler until joinall completes.
//
//     node examples/seed.js https://example.org/ https://example.com/
import process from 'node:process'
import { http } from 'gdl/io'
import { joinall, run, spawn } from 'gdl/scheduler'

function* download(url) {
  const page = yield* http.get(url)
  const text = yield* page.text()
  return `${url}: ${page.status}, ${text.length} characters`
}

await run(function* () {
  const greenlets = process.argv.slice(2).map((url) => spawn(download, url))
  yield* joinall(greenlets)
  for (const greenlet of greenlets)
    console.log(greenlet.value ?? `failed: ${String(greenlet.exception)}`)
})
