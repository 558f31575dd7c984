// What the JavaScript contestants share: how a work is chosen, timed and told. A work takes how often
// to do it, and gives its figures by name.

/** Does the work that the command line names, and prints its figures as JSON. */
export async function perform(works) {
  const [name, count] = process.argv.slice(2)
  if (!Object.hasOwn(works, name)) return
  console.log(JSON.stringify(await works[name](Number(count))))
  process.exit()
}

/** Nanoseconds for each of `count`, begun at `startedMs`. */
export function nanosecondsEach(startedMs, count) {
  return { ns: ((performance.now() - startedMs) * 1e6) / count }
}

/** Bytes that are in use after a collection, those of typed arrays with them. */
export function memoryInUse() {
  globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Figures of an echo client whose round trips took `latenciesMs`, beside so many switches. */
export function echoFigures(latenciesMs, switches) {
  const seconds = latenciesMs.reduce((sum, latency) => sum + latency, 0) / 1000
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  const at = (part) => sorted[Math.floor(sorted.length * part)] * 1000
  return {
    'p50 us': at(0.5),
    'p99 us': at(0.99),
    'echo/s': sorted.length / seconds,
    'switches/s': switches / seconds,
  }
}
