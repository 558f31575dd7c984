/**
 * The run info: who is there, who made whom, and what everybody is waiting for. For a program that
 * hangs, and for those who wonder what it does (`kill -USR2` on a running gdl).
 *
 * The tree is made of numbers that each greenlet keeps, so that nobody is kept alive by it; a greenlet
 * whose maker has ended is a root.
 */
import { spawnSite } from './debug.ts'
import type { Greenlet } from './greenlet.ts'
import { describe, getHub } from './hub.ts'

/** A million greenlets are no reading matter. */
const MOST_LINES = 1000

/**
 * The greenlets of the current hub as a tree, one a line: name, what it is doing, what it waits for and
 * for how many milliseconds; in debug mode also where it was spawned. Does not park. O(greenlets).
 */
export function formatRunInfo(): string {
  const hub = getHub()
  const { loop, live } = hub
  loop.update()
  const families = byMaker(live)
  const lines = [
    `${live.size} greenlet${live.size === 1 ? '' : 's'}, iteration ${loop.iteration} of the loop`,
  ]
  // A stack of those who are still to be told of, and no recursion: a family may be very deep.
  const untold = (families.get(0) ?? []).map((greenlet) => ({ greenlet, depth: 0 })).reverse()
  for (let next = untold.pop(); next !== undefined; next = untold.pop()) {
    if (lines.length > MOST_LINES) return [...lines, '... and others'].join('\n')
    const { greenlet, depth } = next
    lines.push(`${'  '.repeat(depth)}${oneLine(greenlet, loop.now())}`)
    const children = families.get(greenlet.id) ?? []
    for (const child of children.reverse()) untold.push({ greenlet: child, depth: depth + 1 })
  }
  return lines.join('\n')
}

/** By the number of the maker, 0 where that is not here any more. */
function byMaker(live: Iterable<Greenlet<unknown>>): Map<number, Greenlet<unknown>[]> {
  const here = new Set<number>()
  for (const { id } of live) here.add(id)
  const families = new Map<number, Greenlet<unknown>[]>()
  for (const greenlet of live) {
    const maker = here.has(greenlet.madeBy) ? greenlet.madeBy : 0
    const family = families.get(maker)
    if (family === undefined) families.set(maker, [greenlet])
    else family.push(greenlet)
  }
  return families
}

function oneLine(greenlet: Greenlet<unknown>, nowMs: number): string {
  const { name, doing, parkedOn, parkedAtMs } = greenlet
  const site = spawnSite(greenlet)
  // Of the two times 32 bits are kept; so are those of their difference.
  const parked = parkedOn && ` on ${describe(parkedOn)} for ${(nowMs - parkedAtMs) >>> 0} ms`
  return `${name}: ${doing}${parked ?? ''}${site === undefined ? '' : `, spawned ${site.trim()}`}`
}
