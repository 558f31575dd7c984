// The examples are programs that work.
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { body } from './support/behaviours.ts'
import { startGdl } from './support/run-gdl.ts'
import { serve } from './support/server.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const example = (name: string): string =>
  fileURLToPath(new URL(`../examples/${name}`, import.meta.url))

it('the seed downloads each of its URLs, and ends', async () => {
  await using server = await serve({ '/a': body('abc'), '/b': body('defgh') })
  const urls = ['/a', '/b'].map((path) => `${server.origin}${path}`)
  const ran = await startGdl(urls, { command: example('seed.js') }).ended
  const lines = [`${urls[0]}: 200, 3 characters`, `${urls[1]}: 200, 5 characters`]
  expect([ran.status, ran.stdout], ran.stderr).toEqual([0, `${lines.join('\n')}\n`])
})

it('the library example downloads its arguments', async () => {
  await using server = await serve({ '/a': body('abc') })
  const dir = temporaryFolder()
  const urls = ['/a', '/missing'].map((path) => `${server.origin}${path}`)
  const ran = await startGdl([dir, ...urls], { command: example('library.js') }).ended
  expect([ran.status, ran.stderr]).toEqual([0, ''])
  const lines = [`${dir}/a: 3 bytes`, `${urls[1]}: GDL_ERR_STATUS`, '1 downloaded', '']
  expect(ran.stdout.split('\n').sort()).toEqual(lines.sort())
})
