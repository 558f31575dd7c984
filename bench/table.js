// Medians with their spreads as Markdown. The ratios are to the first contestant's figure: 2.00x means
// twice as much as it took. Times differ from machine to machine; ratios of one run side by side may be
// compared.

/** The middle value; undefined of nothing. */
export function median(values) {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b)
  const middle = Math.floor(known.length / 2)
  if (known.length === 0) return undefined
  return known.length % 2 === 1 ? known[middle] : (known[middle - 1] + known[middle]) / 2
}

/** Rows of cells, the first of them the head; columns but the first are set to the right. */
export function markdown(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)))
  const pad = (text, at) => (at === 0 ? text.padEnd(widths[at]) : text.padStart(widths[at]))
  const rule = widths.map((width, at) =>
    at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  const [head, ...body] = rows.map((row) => row.map(pad))
  return [head, rule, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const number = (value) => value.toFixed(value < 1 ? 3 : value < 100 ? 2 : 0)

/** A figure's median with its spread, and its ratio to `base`. */
function cells(values, unit, base) {
  const known = values.filter((value) => value !== undefined)
  const middle = median(known)
  if (middle === undefined) return ['-', '']
  const spread =
    known.length > 1 ? ` (${number(Math.min(...known))}..${number(Math.max(...known))})` : ''
  return [`${number(middle)} ${unit}${spread}`, base ? `${(middle / base).toFixed(2)}x` : '']
}

/**
 * `results` is a Map of each contestant's name to its rounds: `{ seconds, cpuSeconds, peakBytes }`, or
 * `{ failure }`. The first is the one that the others are compared with.
 */
export function table(results) {
  const most = Math.max(...[...results.values()].map((rounds) => rounds.length))
  const columns = [
    ['wall', 's', (round) => round.seconds],
    ['CPU', 's', (round) => round.cpuSeconds],
    ['memory', 'MiB', ({ peakBytes }) => (peakBytes ? peakBytes / 2 ** 20 : undefined)],
  ]
  const good = (rounds) => rounds.filter((round) => round.failure === undefined)
  const [first] = results.values()
  const rows = [...results].map(([name, rounds]) => {
    const failure = rounds.find((round) => round.failure !== undefined)?.failure
    if (failure !== undefined) return [name, failure, '', '', '', '', '']
    const figures = columns.flatMap(([, unit, of]) => {
      return cells(rounds.map(of), unit, median(good(first).map(of)))
    })
    return [rounds.length < most ? `${name} (${rounds.length} of ${most})` : name, ...figures]
  })
  return markdown([['', ...columns.flatMap(([title]) => [title, ''])], ...rows])
}
