/** The program at the head of docs/scheduler.md does what a reader expects of it. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeTemporaryFolder, removeFolder } from '../support/temporary-folder.ts'
import { compileScheduler, runProgram } from './child.ts'

let folder = ''
beforeAll(() => {
  folder = makeTemporaryFolder()
  compileScheduler(folder)
})
afterAll(() => removeFolder(folder))

it('the first program of the guide runs both greenlets at once', async () => {
  const guide = readFileSync(new URL('../../docs/scheduler.md', import.meta.url), 'utf8')
  const [, program = ''] = /```js\n([^]*?)```/.exec(guide) ?? []
  const body = program.replace(/^import.*\n/, 'const { joinall } = scheduler\n')
  const { status, lines } = await runProgram(folder, body)
  expect([status, lines.filter((line) => line.startsWith('quick'))]).toEqual([
    0,
    ['quick 1', 'quick 2', 'quick 3', 'quick is done'],
  ])
  expect(lines.slice(-2)).toEqual(['quick is done', 'slow is done'])
})
