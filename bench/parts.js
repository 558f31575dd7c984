// Parts of gdl that run once or more for each download, by themselves and beside what Node has for the same:
// tinybench calls each over and over on a batch that stays the same. A part that is slow here is slow in the
// command; one that is fast here may still be slow there, where code is hardly ever as hot.
import { Bench } from 'tinybench'
import { parseHttpDate } from '../dist/download/backoff.js'
import { KeySet } from '../dist/download/key-set.js'
import { Names, nameFromUrl } from '../dist/download/name.js'
import { LineSplitter } from '../dist/input/lines.js'
import { TextParser } from '../dist/input/text.js'
import { parseUrl } from '../dist/input/url.js'
import { Heap } from '../dist/scheduler/heap.js'
import { markdown } from './table.js'

const BATCH = 1000
const urls = Array.from({ length: BATCH }, (_, index) => {
  return `https://host-${index % 100}.example/folder/entry-${index}.txt`
})
const list = Buffer.from(`${urls.join('\n')}\n`)
const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
const nowMs = Date.now()

/** Deadlines as a busy run has them: armed for about 30 s, nearly all cancelled before. */
function deadlines() {
  const heap = new Heap()
  const nodes = Array.from({ length: 10_000 }, () => ({ heapIndex: -1 }))
  nodes.forEach((node, index) => heap.push(30_000 + index, node))
  let keyMs = 40_000
  return () => {
    for (let index = 0; index < BATCH; index++) {
      const node = nodes[(index * 7919) % nodes.length]
      heap.remove(node)
      heap.push(keyMs++, node)
    }
  }
}

function hostTimers() {
  const nothing = () => {}
  return () => {
    for (let index = 0; index < BATCH; index++) clearTimeout(setTimeout(nothing, 30_000))
  }
}

/** What is timed, a row each: what one of it is, ours, and what Node has. */
const parts = [
  ['a deadline moved, of 10,000', deadlines(), 'setTimeout, clearTimeout', hostTimers()],
  [
    'a list entry, from bytes',
    () => {
      const parser = new TextParser('list')
      for (const line of new LineSplitter('list').feed(list)) parser.line(line)
    },
    'split, URL.canParse',
    () =>
      list
        .toString()
        .split('\n')
        .map((url) => URL.canParse(url)),
  ],
  ['a URL read', () => urls.map(parseUrl), 'new URL', () => urls.map((url) => new URL(url).href)],
  [
    'a URL kept in a set',
    () => {
      const set = new KeySet()
      for (const url of urls) set.add(url)
    },
    'Set',
    () => {
      const set = new Set()
      for (const url of urls) set.add(url)
    },
  ],
  ['a name from a URL', () => urls.map(nameFromUrl)],
  [
    'a name claimed',
    () => {
      const names = new Names('linux')
      for (let index = 0; index < BATCH; index++) names.claim(`folder/entry-${index}.txt`)
    },
  ],
  [
    'an HTTP date',
    () => urls.forEach(() => parseHttpDate(date, nowMs)),
    'Date.parse',
    () => urls.forEach(() => Date.parse(date)),
  ],
]

/** Times all parts, and prints nanoseconds for one of each. */
export async function timeParts() {
  const bench = new Bench({ time: 500 })
  for (const [title, ours, theirTitle, theirs] of parts) {
    bench.add(title, ours)
    if (theirs !== undefined) bench.add(theirTitle, theirs)
  }
  await bench.run()
  const shown = (title) => {
    const { latency } = bench.getTask(title).result
    return `${((latency.p50 * 1e6) / BATCH).toFixed(0)} ns`
  }
  const rows = parts.map(([title, , theirTitle, theirs]) => {
    return [title, shown(title), ...(theirs ? [theirTitle, shown(theirTitle)] : ['', ''])]
  })
  console.log(`\n### Parts, by tinybench\n\n${markdown([['', 'gdl', 'Node', ''], ...rows])}`)
}
