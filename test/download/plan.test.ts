// The plan against a model that has one flag for each byte.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Plan, type Range, type Segment } from '../../src/download/plan.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** The bytes that are there, one by one; counted in KiB, so that a property is quick. */
class Model {
  readonly #has: boolean[]

  constructor(length: number, done: readonly Range[]) {
    this.#has = Array.from({ length }, () => false)
    for (const range of done) this.add(range)
  }

  /** Throws if one of them was there already. */
  add({ start, end }: Range): void {
    for (let at = start; at < end; at++) {
      if (this.#has[at] !== false) throw new Error(`byte ${at} comes twice, or is none of the file`)
      this.#has[at] = true
    }
  }

  remove({ start, end }: Range): void {
    this.#has.fill(false, start, end)
  }

  get done(): Range[] {
    const done: Range[] = []
    for (const [at, has] of this.#has.entries()) {
      const last = done.at(-1)
      if (!has) continue
      if (last?.end === at) done[done.length - 1] = { start: last.start, end: at + 1 }
      else done.push({ start: at, end: at + 1 })
    }
    return done
  }

  get bytes(): number {
    return this.#has.filter(Boolean).length
  }
}

/** Ranges in order, apart from each other, in a file of `length` units. */
function rangesIn(length: number): fc.Arbitrary<Range[]> {
  return fc.uniqueArray(fc.nat(length), { maxLength: 10 }).map((borders) => {
    const sorted = borders.sort((a, b) => a - b)
    const ranges: Range[] = []
    for (let at = 0; at + 1 < sorted.length; at += 2) {
      ranges.push({ start: sorted[at]!, end: sorted[at + 1]! })
    }
    return ranges
  })
}

const scaled = ({ start, end }: Range): Range => ({ start: start * KIB, end: end * KIB })
const inUnits = ({ start, end }: Range): Range => ({ start: start / KIB, end: end / KIB })

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      who: fc.nat(7),
      units: fc.nat(900),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('claim' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), who: fc.nat(7) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('measure' as const),
      who: fc.nat(7),
      speed: fc.nat(5 * MIB),
    }),
  },
)

describe('a Plan', () => {
  it('has every byte fetched once, and tells which are there, whatever its connections do', () => {
    const files = fc
      .integer({ min: 1, max: 4000 })
      .chain((length) => fc.record({ length: fc.constant(length), done: rangesIn(length) }))
    fc.assert(
      fc.property(files, fc.array(step, { maxLength: 80 }), ({ length, done }, steps) => {
        const plan = new Plan(length * KIB, done.map(scaled))
        const claimed: Segment[] = []
        const marks: Range[] = []
        const write = (segment: Segment, units: number): void => {
          const taken = Math.floor(Math.min(units * KIB, segment.end - segment.written) / KIB) * KIB
          // A border that was stolen may lie within a unit: that one is left whole to who has it.
          const rest = segment.end - segment.written
          const bytes = taken === 0 ? rest : taken
          marks.push({ start: segment.written, end: segment.written + bytes })
          plan.advance(segment, bytes)
          if (segment.written >= segment.end) claimed.splice(claimed.indexOf(segment), 1)
        }
        for (const next of steps) {
          const segment = 'who' in next ? claimed[next.who % claimed.length] : undefined
          if (next.kind === 'claim') {
            const { canClaim } = plan
            const given = plan.claim()
            expect(given !== undefined).toBe(canClaim)
            if (given !== undefined) claimed.push(given)
          } else if (segment === undefined) {
            continue
          } else if (next.kind === 'write') {
            if (segment.written < segment.end) write(segment, next.units)
          } else if (next.kind === 'measure') {
            segment.bytesPerSecond = next.speed
          } else {
            plan.release(segment)
            claimed.splice(claimed.indexOf(segment), 1)
          }
        }
        for (const segment of claimed) plan.release(segment)
        for (let left = plan.claim(); left !== undefined; left = plan.claim()) {
          marks.push({ start: left.written, end: left.end })
          plan.advance(left, left.end - left.written)
        }
        // Each byte once: what was written, together with what was there, is the file, without overlap.
        const all = [...marks, ...done.map(scaled)].sort((a, b) => a.start - b.start)
        let border = 0
        for (const { start, end } of all) {
          expect(start).toBe(border)
          border = end
        }
        expect(border).toBe(length * KIB)
        expect(plan.isComplete).toBe(true)
        expect(plan.done).toEqual([{ start: 0, end: length * KIB }])
      }),
      { numRuns: 500 },
    )
  })

  it('tells what is there as the model does, also after pieces were wrong', () => {
    const units = 64
    fc.assert(
      fc.property(
        rangesIn(units),
        rangesIn(units),
        fc.array(fc.nat(20), { maxLength: 10 }),
        (done, bad, writes) => {
          const plan = new Plan(units * KIB, done.map(scaled))
          const model = new Model(units, done)
          for (const count of writes) {
            const segment = plan.claim()
            if (segment === undefined) break
            const { start, end } = inUnits({ start: segment.written, end: segment.end })
            const upTo = Math.min(end, start + count)
            model.add({ start, end: upTo })
            plan.advance(segment, (upTo - start) * KIB)
            plan.release(segment)
          }
          expect(plan.done.map(inUnits)).toEqual(model.done)
          expect(plan.bytes).toBe(model.bytes * KIB)
          for (let left = plan.claim(); left !== undefined; left = plan.claim()) {
            plan.advance(left, left.end - left.written)
          }
          const whole = new Model(units, [{ start: 0, end: units }])
          for (const range of bad) {
            plan.reopen(scaled(range))
            whole.remove(range)
          }
          expect(plan.done.map(inUnits)).toEqual(whole.done)
          expect(plan.bytes).toBe(whole.bytes * KIB)
          const again: Range[] = []
          for (let left = plan.claim(); left !== undefined; left = plan.claim()) {
            again.push({ start: left.written, end: left.end })
            plan.advance(left, left.end - left.written)
          }
          expect(again.map(inUnits)).toEqual(bad)
          expect(plan.isComplete).toBe(true)
        },
      ),
    )
  })

  it('gives half of the longest rest to who has nothing to do', () => {
    const plan = new Plan(16 * MIB)
    const first = plan.claim()!
    const second = plan.claim()!
    expect([first.end, second.written, second.end]).toEqual([8 * MIB, 8 * MIB, 16 * MIB])
    plan.advance(second, 6 * MIB)
    const third = plan.claim()!
    expect([first.end, third.written, third.end]).toEqual([4 * MIB, 4 * MIB, 8 * MIB])
  })

  it('takes more from the slow, and all from who stands still', () => {
    const plan = new Plan(10 * MIB)
    const slow = plan.claim()!
    const fast = plan.claim()!
    slow.bytesPerSecond = 100 * KIB
    fast.bytesPerSecond = 900 * KIB
    plan.advance(fast, fast.rest)
    // Nobody is measured but the slow one: it gives half; measured by a faster one it keeps a tenth.
    const other = plan.claim()!
    expect(slow.end).toBe(2.5 * MIB)
    other.bytesPerSecond = 900 * KIB
    slow.bytesPerSecond = 0
    slow.position += 1000
    expect(plan.claim()).toMatchObject({ written: 1000, end: 2.5 * MIB })
    expect(slow.rest).toBe(0)
    plan.advance(slow, 1000)
    expect(plan.done[0]).toEqual({ start: 0, end: 1000 })
  })

  it('leaves who has little left, or will be ready soon, alone', () => {
    const short = new Plan(512 * KIB - 1)
    short.claim()
    expect([short.canClaim, short.claim()]).toEqual([false, undefined])
    const quick = new Plan(10 * MIB)
    quick.claim()!.bytesPerSecond = 40 * MIB
    expect([quick.canClaim, quick.claim()]).toEqual([false, undefined])
  })

  it('never takes what is on its way to the disk', () => {
    const plan = new Plan(4 * MIB)
    const segment = plan.claim()!
    segment.position = 3 * MIB
    expect(plan.claim()!.written).toBeGreaterThan(3 * MIB)
    plan.advance(segment, 3 * MIB)
    expect(plan.done).toEqual([{ start: 0, end: 3 * MIB }])
  })

  it('gives what was released to the next, from the last byte that was written', () => {
    const plan = new Plan(1000)
    const segment = plan.claim()!
    plan.advance(segment, 300)
    segment.position = 700
    plan.release(segment)
    expect(plan.claim()).toMatchObject({ position: 300, end: 1000, bytesPerSecond: undefined })
  })

  it('gives what was taken in vain back to whose answer goes on there, and not beyond that', () => {
    const plan = new Plan(16 * MIB)
    const first = plan.claim()!
    const second = plan.claim()!
    second.reach = second.end
    const third = plan.claim()!
    const fourth = plan.claim()!
    expect([third.written, second.written, fourth.written]).toEqual([4 * MIB, 8 * MIB, 12 * MIB])
    plan.advance(third, MIB)
    plan.release(fourth)
    expect(second.end).toBe(16 * MIB)
    plan.release(second)
    plan.release(third)
    expect(first.end).toBe(4 * MIB)
    expect(plan.claim()).toMatchObject({ position: 5 * MIB, end: 16 * MIB })

    const other = new Plan(16 * MIB)
    const part = other.claim()!
    part.reach = 6 * MIB
    const rest = other.claim()!
    other.release(rest)
    expect([part.end, rest.written]).toEqual([8 * MIB, 8 * MIB])
  })

  it('of unknown length is one segment until its end is seen, or told', () => {
    const seen = new Plan(undefined)
    const segment = seen.claim()!
    expect([segment.end, seen.length, seen.claim()]).toEqual([Infinity, undefined, undefined])
    seen.advance(segment, 5 * MIB)
    expect([seen.isComplete, seen.done]).toEqual([false, [{ start: 0, end: 5 * MIB }]])
    seen.endAt(segment)
    expect([seen.isComplete, seen.length]).toEqual([true, 5 * MIB])
    const told = new Plan(undefined, [{ start: 0, end: 10 }])
    told.learnLength(30)
    expect(told.claim()).toMatchObject({ written: 10, end: 30 })
    const ended = new Plan(undefined, [{ start: 0, end: 30 }])
    ended.learnLength(30)
    expect([ended.isComplete, ended.done]).toEqual([true, [{ start: 0, end: 30 }]])
  })

  it('of no length is complete at once', () => {
    const plan = new Plan(0)
    expect([plan.isComplete, plan.claim(), plan.done]).toEqual([true, undefined, []])
  })
})
