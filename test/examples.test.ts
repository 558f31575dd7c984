// The examples are programs that work.
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { body } from './support/behaviours.ts'
import { startGdl } from './support/run-gdl.ts'
import { serve } from './support/server.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const example = (name: string): string =>
  fileURLToPath(new URL(`../examples/${name}`, import.meta.url))

it.each(['seed.js', 'seed-fetch.js'])('%s downloads each of its URLs, and ends', async (name) => {
  await using server = await serve({ '/a': body('abc'), '/b': body('defgh') })
  const urls = ['/a', '/b'].map((path) => `${server.origin}${path}`)
  const ran = await startGdl(urls, { command: example(name) }).ended
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

it('the echo server answers each of its clients, until it is interrupted', async () => {
  const server = startGdl([], { command: example('echo-server.js') })
  await server.until((_stderr, stdout) => stdout.includes('\n'))
  const [port = ''] = /\d+/.exec(server.stdout()) ?? []
  const client = await startGdl([port, 'one', 'zwölf'], { command: example('echo-client.js') })
    .ended
  expect([client.status, client.stdout], client.stderr).toEqual([0, 'one\nzwölf\n'])
  server.signal('SIGINT')
  expect(await server.ended).toMatchObject({ status: 0, stderr: '' })
})
