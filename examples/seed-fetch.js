// The seed of gdl in its other form: ordinary calls of `fetch` wait without blocking, since everything
// that greenlets may wait for was patched. Compare `seed.js`.
//
//     node examples/seed-fetch.js https://example.org/ https://example.com/
import process from 'node:process'
import { monkey } from 'gdl/io'
import { joinall, run, spawn } from 'gdl/scheduler'

monkey.patchAll()

function* download(url) {
  const page = yield* fetch(url)
  const text = yield* page.text()
  return `${url}: ${page.status}, ${text.length} characters`
}

await run(function* () {
  const greenlets = process.argv.slice(2).map((url) => spawn(download, url))
  yield* joinall(greenlets)
  for (const greenlet of greenlets)
    console.log(greenlet.value ?? `failed: ${String(greenlet.exception)}`)
})
