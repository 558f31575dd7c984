/**
 * Throughput over time, and how many downloads were under way. What is dragged over is what the tasks
 * below show; the chart itself stays whole, so that one sees where one is.
 */
import uPlot from 'uplot'
import { formatBytes, formatSpeed } from '../format.ts'
import type { ReportData } from './data.ts'
import { colour, el, onColours, section } from './dom.ts'
import { STEPS_MS, timeText, type View } from './view.ts'

const HEIGHT = 220
/** Steps that are much narrower show how packets come, and not how fast. */
const MOST_BINS = 120
const POWERS = Array.from({ length: 50 }, (_, index) => 2 ** index)

/** Bytes a second, each over the time since the one before, and downloads under way. */
type Bins = [ms: number[], bytesPerSecond: number[], active: number[]]

/** The part of the page. */
export function throughput(data: ReportData, view: View): HTMLElement {
  const lead = 'Bytes a second, and how many downloads were under way. Drag to look closer.'
  const part = section('throughput', 'Throughput over time', lead)
  const holder = el('div', { class: 'chart' })
  part.append(holder)
  // Its size is known when it is on the page.
  requestAnimationFrame(() => draw(holder, binsOf(data.samples), view))
  return part
}

function draw(holder: HTMLElement, bins: Bins, view: View): void {
  const chart = new uPlot(optionsOf(holder.clientWidth, view), bins, holder)
  const select = (): void => {
    const { fromMs, toMs } = view.range
    const left = chart.valToPos(fromMs, 'x')
    const width = view.isWhole ? 0 : chart.valToPos(toMs, 'x') - left
    chart.setSelect({ left, width, top: 0, height: chart.over.clientHeight }, false)
  }
  view.onChange(select)
  chart.over.addEventListener('dblclick', () => view.show(view.whole))
  new ResizeObserver(() => {
    chart.setSize({ width: holder.clientWidth, height: HEIGHT })
    select()
  }).observe(holder)
  onColours(() => chart.redraw(false, true))
}

function optionsOf(width: number, view: View): uPlot.Options {
  const axis = { stroke: () => colour('muted'), font: '12px system-ui', ticks: { show: false } }
  const grid = { stroke: () => colour('line'), width: 1 }
  return {
    width,
    height: HEIGHT,
    legend: { live: true },
    cursor: { drag: { setScale: false }, y: false, points: { show: false } },
    scales: {
      x: { time: false, range: [0, view.whole.toMs] },
      rate: { range: (_chart, _min, max) => [0, Math.max(max, 1) * 1.08] },
      active: { range: (_chart, _min, max) => [0, Math.max(max, 1) * 1.08] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        incrs: [...STEPS_MS],
        space: 70,
        values: (_chart, splits, _axis, _space, step) => splits.map((ms) => timeText(ms, step)),
      },
      {
        ...axis,
        grid,
        scale: 'rate',
        size: 84,
        incrs: POWERS,
        values: (_chart, splits) =>
          splits.map((value) => (value === 0 ? '0' : `${formatBytes(value)}/s`)),
      },
      {
        ...axis,
        grid: { show: false },
        scale: 'active',
        side: 1,
        size: 34,
        incrs: STEPS_OF_COUNTS,
      },
    ],
    series: [
      { label: 'at', value: (_chart, ms) => (ms == null ? '–' : timeText(ms, 100)) },
      {
        label: 'throughput',
        scale: 'rate',
        stroke: () => colour('receiving'),
        fill: () => colour('receiving-soft'),
        width: 1.5,
        paths: uPlot.paths.stepped!({ align: -1 }),
        points: { show: false },
        value: (_chart, rate) => (rate == null ? '–' : formatSpeed(rate)),
      },
      {
        label: 'under way',
        scale: 'active',
        stroke: () => colour('accent-2'),
        width: 1.25,
        dash: [4, 3],
        paths: uPlot.paths.stepped!({ align: -1 }),
        points: { show: false },
        value: (_chart, active) => (active == null ? '–' : String(active)),
      },
    ],
    hooks: {
      setSelect: [
        (chart) => {
          const { left, width } = chart.select
          if (width < 3) return
          view.show({ fromMs: chart.posToVal(left, 'x'), toMs: chart.posToVal(left + width, 'x') })
        },
      ],
    },
  }
}

const STEPS_OF_COUNTS = [1, 10, 100, 1000, 10_000].flatMap((n) => [n, 2 * n, 5 * n])

/** Neighbouring samples are put together until there are few enough. */
function binsOf(samples: ReportData['samples']): Bins {
  const size = Math.ceil(samples.length / MOST_BINS)
  const bins: Bins = [[0], [0], [0]]
  let [lastMs, lastBytes, most] = [0, 0, 0]
  for (const [index, [ms, bytes, active]] of samples.entries()) {
    most = Math.max(most, active)
    const isLast = index === samples.length - 1
    if ((index % size !== size - 1 && !isLast) || ms <= lastMs) continue
    bins[0].push(ms)
    bins[1].push(((bytes - lastBytes) / (ms - lastMs)) * 1000)
    bins[2].push(most)
    lastMs = ms
    lastBytes = bytes
    most = 0
  }
  return bins
}
