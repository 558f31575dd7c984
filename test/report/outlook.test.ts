import { expect, it } from 'vitest'
import { Outlook } from '../../src/report/outlook.ts'
import { FakeRun } from './screen.ts'

it('tells the time left from the mean size of what is known', () => {
  const run = new FakeRun()
  run.total = 4
  const outlook = new Outlook(run)
  outlook.look(0)
  const first = run.start('a', 1000)
  run.receive(first, 1000)
  outlook.event(run.done(first, 1000))
  run.receive(run.start('b', 3000), 1000)
  // 2000 bytes in a second; 2000 of b are missing, and c and d are taken for 2000 each.
  const view = outlook.look(1000)
  expect(view.bytesPerSecond).toBeCloseTo(2000)
  expect(view.leftMs).toBeCloseTo(3000)
  expect(view.ended).toBe(1)
  expect(view.progress).toBeCloseTo(1 + 1 / 3)
})

it('tells no time left while the list is read, while nothing moves, and while no size is known', () => {
  const run = new FakeRun()
  run.total = 2
  run.complete = false
  const outlook = new Outlook(run)
  const transfer = run.start('a', undefined)
  outlook.look(0)
  run.receive(transfer, 500)
  expect(outlook.look(1000).leftMs).toBeUndefined()
  run.complete = true
  expect(outlook.look(2000).leftMs).toBeUndefined()
  transfer.total = 1000
  expect(outlook.look(3000).leftMs).toBeGreaterThan(0)

  const still = new Outlook(run)
  still.look(0)
  expect(still.look(60_000).leftMs).toBeUndefined()
})

it('never counts more progress than there are downloads', () => {
  const run = new FakeRun()
  run.total = 1
  run.receive(run.start('a', 10), 50)
  expect(new Outlook(run).look(0).progress).toBe(1)
})
