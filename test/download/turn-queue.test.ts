import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Turn, type TurnOffice } from '../../src/download/turn.ts'
import { TurnQueue } from '../../src/download/turn-queue.ts'

it('serves in order those that have not left, as a Set does', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constant('add'), fc.constant('shift'), fc.nat(5000)), {
        maxLength: 2000,
        size: 'max',
      }),
      (steps) => {
        const queue = new TurnQueue()
        const waiting = new Set<Turn>()
        const office = { over: () => queue.leave() } as unknown as TurnOffice
        for (const step of steps) {
          if (step === 'add') {
            const turn = new Turn('a', queue, office)
            queue.add(turn)
            waiting.add(turn)
          } else if (waiting.size > 0) {
            const turns = [...waiting]
            const turn = step === 'shift' ? turns[0]! : turns[step % turns.length]!
            if (step === 'shift') expect(queue.shift()).toBe(turn)
            else turn.giveBack()
            waiting.delete(turn)
          }
          expect(queue.size).toBe(waiting.size)
        }
      },
    ),
    { numRuns: 20 },
  )
})

it('serves many thousands', () => {
  const queue = new TurnQueue()
  const turns = Array.from({ length: 5000 }, () => new Turn('a', queue, {} as TurnOffice))
  for (const turn of turns) queue.add(turn)
  expect(turns.every((turn) => queue.shift() === turn)).toBe(true)
  expect(queue.size).toBe(0)
})
