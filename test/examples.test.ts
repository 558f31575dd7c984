// The examples are programs that work.
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { body } from './support/behaviours.ts'
import { startGdl } from './support/run-gdl.ts'
import { serve } from './support/server.ts'

const example = (name: string): string =>
  fileURLToPath(new URL(`../examples/${name}`, import.meta.url))

it('the seed downloads each of its URLs, and ends', async () => {
  await using server = await serve({ '/a': body('abc'), '/b': body('defgh') })
  const urls = ['/a', '/b'].map((path) => `${server.origin}${path}`)
  const ran = await startGdl(urls, { command: example('seed.js') }).ended
  const lines = [`${urls[0]}: 200, 3 characters`, `${urls[1]}: 200, 5 characters`]
  expect([ran.status, ran.stdout], ran.stderr).toEqual([0, `${lines.join('\n')}\n`])
})
