import { join } from 'node:path'
import { rmSync } from 'node:fs'
import { it } from 'vitest'
import { DEFAULTS } from '../../src/download/options.ts'
import { Session } from '../../src/download/session.ts'
import { run } from '../../src/scheduler/index.ts'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { serve } from '../support/server.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
const sizes = [0, 1, 65_535, 65_536, 262_143, 262_144, 262_145, 3_000_000]
const routes = Object.fromEntries(sizes.map((s) => [`/${s}`, be.body(bytes(s, s))]))
it.each([300, 5000])('probe %i', async (timeoutMs) => {
  let retries = 0, maxLag = 0, runs = 0
  let last = performance.now()
  const lag = setInterval(() => { const n = performance.now(); maxLag = Math.max(maxLag, n - last - 5); last = n }, 5)
  const end = performance.now() + 40_000
  while (performance.now() < end) {
    runs++
    await using server = await serve(routes)
    const home = makeTemporaryFolder()
    await run(function* () {
      const session = new Session({ ...DEFAULTS, dir: join(home, 'o'), timeoutMs, retries: 2, retryDelayMs: 1, retryMaxDelayMs: 5 }, (e) => {
        if (e.event === 'retry' || e.event === 'fail') { retries++; console.log(timeoutMs, e.event, e.url.replace(/.*\//, ''), e.error.code, String((e.error as any).cause)) }
      })
      for (const s of sizes) session.add({ urls: [`${server.origin}/${s}`] })
      yield* session.join()
    }, { signals: false })
    rmSync(home, { recursive: true })
  }
  clearInterval(lag)
  console.log(`RESULT timeout=${timeoutMs} runs=${runs} retries=${retries} maxLag=${maxLag.toFixed(0)}ms`)
}, 60_000)
