// Medians as a table. The ratios are to the first contestant's figure: 2.00x means twice as much as it
// took. Times differ from machine to machine; ratios of one run side by side may be compared.

/** The middle value; undefined of nothing. */
function median(values) {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b)
  const middle = Math.floor(known.length / 2)
  if (known.length === 0) return undefined
  return known.length % 2 === 1 ? known[middle] : (known[middle - 1] + known[middle]) / 2
}

function cell(value, unit, base) {
  if (value === undefined) return ['-', '']
  const ratio = base === undefined || base === 0 ? '' : `${(value / base).toFixed(2)}x`
  return [`${value.toFixed(value < 1 ? 3 : value < 100 ? 2 : 0)} ${unit}`, ratio]
}

/**
 * `results` is a Map of each contestant's name to its rounds: `{ seconds, cpuSeconds, peakBytes }`, or
 * `{ failure }`. The first is the one that the others are compared with.
 */
export function table(results) {
  const figures = [...results].map(([name, rounds]) => {
    const good = rounds.filter((round) => round.failure === undefined)
    const mebibytes = good.map(({ peakBytes }) => (peakBytes ? peakBytes / 2 ** 20 : undefined))
    return {
      name,
      failure: rounds.find((round) => round.failure !== undefined)?.failure,
      wall: median(good.map((round) => round.seconds)),
      cpu: median(good.map((round) => round.cpuSeconds)),
      memory: median(mebibytes),
    }
  })
  const base = figures[0]
  const rows = figures.map(({ name, failure, wall, cpu, memory }) => {
    const cells = [cell(wall, 's', base.wall), cell(cpu, 's', base.cpu)]
    cells.push(cell(memory, 'MiB', base.memory))
    return [name, ...cells.flat(), failure ?? '']
  })
  const all = [['', 'wall', '', 'CPU', '', 'memory', '', ''], ...rows]
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)))
  const line = (row) =>
    row
      .map((text, at) => (at === 0 ? text.padEnd(widths[at]) : text.padStart(widths[at])))
      .join('  ')
  return all.map((row) => line(row).trimEnd()).join('\n')
}
