/**
 * The known name that a mistyped one was meant to be. commander has the same for options, and keeps it
 * to itself.
 */

/** More changes than these, or than a third of the word, are another word. */
const MOST_CHANGES = 3

/** The name that takes the fewest changes to come to from `word`; undefined where none is near. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.min(MOST_CHANGES, Math.ceil(word.length / 3)) + 1
  for (const name of names) {
    const changes = distance(word, name)
    if (changes < least) [best, least] = [name, changes]
  }
  return best
}

/** Letters to add, drop, change, or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let [beforeLast, last]: [number[], number[]] = [
    [],
    Array.from({ length: b.length + 1 }, (_, j) => j),
  ]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(
        last[j]! + 1,
        row[j - 1]! + 1,
        last[j - 1]! + (same ? 0 : 1),
        swapped ? beforeLast[j - 2]! + 1 : Infinity,
      )
    }
    ;[beforeLast, last] = [last, row]
  }
  return last[b.length]!
}
