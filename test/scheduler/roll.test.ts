import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Member, Roll } from '../../src/scheduler/roll.ts'

class Person implements Member<Person> {
  earlier: Person | undefined
  later: Person | undefined
}

describe('a roll', () => {
  it('is a Set: the same members in the same order, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9)), (moves) => {
        const people = Array.from({ length: 10 }, () => new Person())
        const roll = new Roll<Person>()
        const set = new Set<Person>()
        for (const index of moves) {
          const person = people[index]!
          expect(roll.has(person)).toBe(set.has(person))
          if (set.delete(person)) roll.delete(person)
          else {
            roll.delete(person)
            roll.add(person)
            set.add(person)
          }
          expect([...roll].map((member) => people.indexOf(member))).toEqual(
            [...set].map((member) => people.indexOf(member)),
          )
          expect(roll.size).toBe(set.size)
        }
      }),
    )
  })
})
