import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { Reading } from '../../src/cli/reading.ts'
import type { Item } from '../../src/download/entry.ts'
import { Event, run, sleep, spawn } from '../../src/scheduler/index.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A list of so many URLs in a file. */
function listOf(count: number, name: string): string {
  const path = join(temporaryFolder(), name)
  const urls = Array.from({ length: count }, (_, at) => `http://host.example/${name}/${at}\n`)
  writeFileSync(path, urls.join(''))
  return path
}

it('waits for room before it reads on, and what a kill cuts off can be read afterwards', async () => {
  const sources = [listOf(10_000, 'first'), 'http://host.example/url', '-', listOf(3, 'last')]
  const given: string[] = []
  const take = (item: Item): void => {
    given.push(item.kind === 'entry' ? item.entry.urls[0] : item.kind)
  }
  await run(function* () {
    const reading = new Reading(sources, () => Readable.from([]))
    const never = new Event()
    const reader = spawn(() => reading.read(take, () => never.wait()))
    while (given.length === 0) yield* sleep(1)
    yield* sleep(50)
    // One piece of the file: 64 KiB.
    const before = given.length
    expect(before).toBeLessThan(3000)
    yield* reader.kill()
    yield* reading.readRest(take)
    expect(given.length).toBeGreaterThan(before)
  })
  expect(given).toHaveLength(10_004)
  expect(new Set(given).size).toBe(10_004)
  expect(given.slice(-4)).toEqual([
    'http://host.example/url',
    'http://host.example/last/0',
    'http://host.example/last/1',
    'http://host.example/last/2',
  ])
})
