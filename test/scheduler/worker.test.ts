/**
 * A worker thread has a scheduler of its own: its modules are its own, and so are its hub and its loop.
 */
import { Worker } from 'node:worker_threads'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run, sleep } from '../../src/scheduler/index.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporary-folder.ts'
import { compileScheduler } from './child.ts'

let folder = ''
beforeAll(() => {
  folder = makeTemporaryFolder()
  compileScheduler(folder)
})
afterAll(() => removeFolder(folder))

it('S16: each thread has a hub of its own, and both run at once', async () => {
  const door = pathToFileURL(path.join(folder, 'index.js')).href
  const program = `
    import { parentPort, threadId } from 'node:worker_threads'
    import { getHub, run, sleep, spawn } from '${door}'
    const value = await run(function* () {
      const child = spawn(function* () { yield* sleep(5); return threadId })
      return [yield* child.get(), getHub() === child.hub]
    })
    parentPort.postMessage(value)`
  const workers = [1, 2].map(
    () => new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`)),
  )
  const answers = Promise.all(
    workers.map(
      (worker) =>
        new Promise((resolve, reject) => {
          worker.once('message', resolve)
          worker.once('error', reject)
        }),
    ),
  )
  await run(() => sleep(5), { signals: false })
  const ids = workers.map(({ threadId }) => threadId)
  expect(await answers).toEqual(ids.map((id) => [id, true]))
})
