// What issue and README promise, and whether a run kept it. A bar looks at one figure of one contestant,
// by itself or as the ratio to another's or to the best peer's. Nothing here makes a run fail: machines
// differ, and one that is busy gives any figure.
import { isPeer } from './contestants.js'
import { median } from './table.js'

const MIB = 2 ** 20

/** `over` is a contestant, or `peers` for the one that did best; without it, `limit` is in `unit`. */
const bars = [
  { work: 'large', title: 'one 1 GiB file, http', over: 'peers', limit: 0.9 },
  { work: 'large-https', title: 'one 1 GiB file, https', over: 'peers', limit: 1.1 },
  { work: 'medium', title: '64 files of 16 MiB, 16 at once', over: 'peers', limit: 0.9 },
  { work: 'small', title: '10,000 files of 10 KiB, http', over: 'peers', limit: 1.0 },
  { work: 'small-https', title: 'the same over https', over: 'peers', limit: 1.2 },
  { work: 'far', title: '400 files of 20 KiB, 50 ms, 100 Mbit/s', over: 'peers', limit: 1.0 },
  { work: 'lanes', title: '64 MiB, 5 MB/s a connection', over: 'aria2c -x4', limit: 1.0 },
  { work: 'large', title: 'CPU for a GiB, http', figure: 'cpuSeconds', over: 'curl', limit: 1.2 },
  { work: 'present', title: '1,000,000 names there: time', limit: 10, unit: 's' },
  { work: 'present', title: 'the same: memory', figure: 'peakBytes', limit: 250, unit: 'MiB' },
  { work: 'small', title: 'memory, 10,000 files', figure: 'peakBytes', limit: 150, unit: 'MiB' },
  { work: 'large', title: 'memory, one 1 GiB file', figure: 'peakBytes', limit: 150, unit: 'MiB' },
  { work: 'start', title: 'gdl --version', who: 'gdl --version', over: 'node -e 0', limit: 1.3 },
  { work: 'start', title: 'one small file', who: 'gdl URL', over: 'node -e 0', limit: 2.5 },
]

/**
 * The bars of a work, with what its results say: `{ title, share, told }`, where `share` is how much of
 * what is allowed was used: at most 1 where the bar is met.
 */
export function judge(name, results) {
  return bars.filter(({ work }) => work === name).flatMap((bar) => verdict(bar, results) ?? [])
}

function verdict({ title, who = 'gdl', figure = 'seconds', over, limit, unit }, results) {
  const mine = figureOf(results, who, figure)
  if (mine === undefined) return undefined
  if (over === undefined) {
    const value = unit === 'MiB' ? mine / MIB : mine
    const shown = unit === 'MiB' ? value.toFixed(0) : value.toFixed(2)
    return { title, share: value / limit, told: `${shown} ${unit}`, bar: `< ${limit} ${unit}` }
  }
  const rivals = over === 'peers' ? [...results.keys()].filter(isPeer) : [over]
  const best = rivals
    .map((rival) => ({ rival, value: figureOf(results, rival, figure) }))
    .filter(({ value }) => value !== undefined)
    .sort((a, b) => a.value - b.value)[0]
  if (best === undefined) return undefined
  const ratio = mine / best.value
  const told = `${ratio.toFixed(2)} x ${best.rival}`
  return { title, share: ratio / limit, told, bar: `<= ${limit}` }
}

function figureOf(results, name, figure) {
  const rounds = (results.get(name) ?? []).filter(({ failure }) => failure === undefined)
  return median(rounds.map((round) => round[figure]))
}

/** All verdicts, the worst first. */
export function summary(verdicts) {
  const sorted = verdicts.toSorted((a, b) => b.share - a.share)
  return [
    ['gdl', 'measured', 'bar', ''],
    ...sorted.map(({ title, told, bar, share }) => [
      title,
      told,
      bar,
      share <= 1 ? 'met' : 'NOT met',
    ]),
  ]
}
