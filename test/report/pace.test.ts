import { describe, expect, it } from 'vitest'
import { PaceMeter } from '../../src/report/pace.ts'
import { FakeRun } from './screen.ts'

const MIB = 1024 * 1024

describe('PaceMeter', () => {
  it('has a time left that never jumps, though the bytes come in bursts', () => {
    const run = new FakeRun()
    const transfer = run.start('a', 100 * MIB)
    const meter = new PaceMeter()
    let before: number | undefined
    for (let nowMs = 0; nowMs < 30_000; nowMs += 100) {
      // 2 MiB each second, all at once.
      if (nowMs % 1000 === 900) run.receive(transfer, 2 * MIB)
      const { leftMs } = meter.look(transfer, nowMs)
      if (nowMs > 5000) expect(Math.abs(leftMs! - before!)).toBeLessThan(1500)
      before = leftMs
    }
    expect(before).toBeGreaterThan(10_000)
    expect(before).toBeLessThan(30_000)
  })

  it('has no time left while it has hardly begun, and is soon near the truth', () => {
    const run = new FakeRun()
    const transfer = run.start('a', 72 * MIB)
    const meter = new PaceMeter()
    const seen: (number | undefined)[] = []
    for (let nowMs = 0; nowMs <= 4000; nowMs += 100) {
      // A crawl at first, then 6 MiB a second.
      run.receive(transfer, nowMs < 500 ? 2000 : 0.6 * MIB)
      seen.push(meter.look(transfer, nowMs).leftMs)
    }
    expect(seen.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => undefined))
    expect(seen.at(-1)).toBeGreaterThan(7000)
    expect(seen.at(-1)).toBeLessThan(13_000)
  })

  it('has no speed while nothing is received, and none of an earlier try', () => {
    const run = new FakeRun()
    const transfer = run.start('a', 100 * MIB)
    const meter = new PaceMeter()
    for (let nowMs = 0; nowMs <= 1000; nowMs += 100) {
      run.receive(transfer, MIB)
      meter.look(transfer, nowMs)
    }
    transfer.state = 'retrying'
    expect(meter.look(transfer, 1100)).toEqual({ bytesPerSecond: undefined, leftMs: undefined })
    transfer.state = 'receiving'
    expect(meter.look(transfer, 9000, true)).toEqual({
      bytesPerSecond: undefined,
      leftMs: undefined,
    })
    expect(meter.look(transfer, 9000)).toEqual({ bytesPerSecond: undefined, leftMs: undefined })
  })

  it('has no time left where the length is unknown', () => {
    const run = new FakeRun()
    const transfer = run.start('a', undefined)
    const meter = new PaceMeter()
    meter.look(transfer, 0)
    run.receive(transfer, MIB)
    expect(meter.look(transfer, 1000)).toEqual({ bytesPerSecond: MIB, leftMs: undefined })
  })
})
