/**
 * Speeds and times by host: how they are spread, and a table. A host that is chosen stands out in both.
 */
import uPlot from 'uplot'
import { formatBytes, formatDuration, formatSpeed } from '../format.ts'
import { colour, counted, el, number, onColours, section } from './dom.ts'
import { groupedBy, median, speedOf, type Task } from './tasks.ts'

const HEIGHT = 170
/** Hosts in the table, those with the most tasks. */
const MOST_HOSTS = 50

/** The part of the page; undefined when nothing was received. */
export function hosts(tasks: readonly Task[]): HTMLElement | undefined {
  const received = tasks.filter((task) => speedOf(task) !== undefined)
  if (received.length === 0) return undefined
  const lead =
    'How fast, and how long, from the start of a download to its end. Choose a host to set it off.'
  const part = section('hosts', 'Speeds and times by host', lead)
  const speeds = new Histogram(SPEED, received)
  const times = new Histogram(TIME, received)
  const pair = el('div', { class: 'pair' }, speeds.element, times.element)
  const choose = (host: string | undefined): void => {
    speeds.setOff(host)
    times.setOff(host)
  }
  part.append(pair, tableOf(tasks, choose))
  return part
}

/** What is counted, and in which bins. */
interface Measure {
  readonly name: string
  readonly valueOf: (task: Task) => number
  readonly format: (value: number) => string
  /** Every so many bins a value is `times` as large, and is written at the axis. */
  readonly bins: number
  readonly times: number
}

const SPEED: Measure = {
  name: 'speed',
  valueOf: (task) => speedOf(task)!,
  format: formatSpeed,
  bins: 4,
  times: 4,
}

const TIME: Measure = {
  name: 'time',
  valueOf: (task) => task.seconds * 1000,
  format: formatDuration,
  bins: 5,
  times: 10,
}

/** How something is spread over the tasks, on a logarithmic scale. */
class Histogram {
  readonly element: HTMLElement
  readonly #measure: Measure
  readonly #tasks: readonly Task[]
  readonly #lowest: number
  readonly #highest: number
  #chart: uPlot | undefined

  constructor(measure: Measure, tasks: readonly Task[]) {
    this.#measure = measure
    this.#tasks = tasks
    let [lowest, highest] = [Infinity, -Infinity]
    for (const task of tasks) {
      lowest = Math.min(lowest, this.#binOf(task))
      highest = Math.max(highest, this.#binOf(task))
    }
    // A few bars alone would be as wide as walls, and have no scale.
    this.#lowest = Math.min(lowest - 1, highest - measure.bins)
    this.#highest = Math.max(highest + 1, lowest + measure.bins)
    const middle = measure.format(median(tasks.map(measure.valueOf))!)
    const caption = el('figcaption', {}, el('b', { text: measure.name }), `the median is ${middle}`)
    const holder = el('div', { class: 'chart' })
    this.element = el('figure', { id: `histogram-${measure.name}` }, caption, holder)
    requestAnimationFrame(() => this.#draw(holder))
  }

  /** Has the tasks of `host` stand out, or none. */
  setOff(host: string | undefined): void {
    this.#chart?.setData(this.#data(host))
  }

  #binOf(task: Task): number {
    const { valueOf, bins, times } = this.#measure
    return Math.floor((Math.log(Math.max(valueOf(task), 1)) / Math.log(times)) * bins)
  }

  #data(host: string | undefined): [number[], number[], number[]] {
    const count = this.#highest - this.#lowest + 1
    const all = Array.from({ length: count }, () => 0)
    const chosen = [...all]
    for (const task of this.#tasks) {
      const at = this.#binOf(task) - this.#lowest
      all[at]!++
      if (task.host === host) chosen[at]!++
    }
    return [all.map((_, index) => index + this.#lowest), all, chosen]
  }

  #draw(holder: HTMLElement): void {
    const chart = new uPlot(this.#options(holder.clientWidth), this.#data(undefined), holder)
    this.#chart = chart
    const size = (): void => chart.setSize({ width: holder.clientWidth, height: HEIGHT })
    new ResizeObserver(size).observe(holder)
    onColours(() => chart.redraw(false, true))
  }

  #options(width: number): uPlot.Options {
    const { bins, times, format } = this.#measure
    const axis = { stroke: () => colour('muted'), font: '12px system-ui', ticks: { show: false } }
    const bars = { width: 0, paths: uPlot.paths.bars!({ size: [0.86, 60], align: 1 }) }
    return {
      width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: [this.#lowest - 0.1, this.#highest + 1] },
        y: { range: (_chart, _min, max) => [0, Math.max(max, 1) * 1.05] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 28,
          space: 60,
          incrs: [bins, 2 * bins, 4 * bins],
          values: (_chart, splits) =>
            splits.map((bin) => format(times ** (bin / bins)).replace(/\.0+(?= )/, '')),
        },
        { ...axis, grid: { stroke: () => colour('line'), width: 1 }, size: 46, incrs: COUNTS },
      ],
      series: [
        {},
        { ...bars, fill: () => colour('bar-all'), points: { show: false } },
        { ...bars, fill: () => colour('receiving'), points: { show: false } },
      ],
    }
  }
}

const COUNTS = [1, 10, 100, 1000, 10_000].flatMap((n) => [n, 2 * n, 5 * n])

function tableOf(tasks: readonly Task[], choose: (host: string | undefined) => void): HTMLElement {
  const groups = groupedBy(tasks, ({ host }) => host)
  const heads = ['host', 'tasks', 'failed', 'bytes', 'median time', 'median speed']
  const head = el(
    'tr',
    {},
    ...heads.map((text) => el('th', { text, attributes: { scope: 'col' } })),
  )
  const body = el('tbody')
  let chosen: HTMLElement | undefined
  for (const [host, group] of groups.slice(0, MOST_HOSTS)) {
    const button = el('button', {
      text: host,
      attributes: { type: 'button', 'aria-pressed': 'false' },
    })
    button.addEventListener('click', () => {
      chosen?.setAttribute('aria-pressed', 'false')
      chosen = chosen === button ? undefined : button
      chosen?.setAttribute('aria-pressed', 'true')
      choose(chosen === undefined ? undefined : host)
    })
    const cells = figuresOf(group).map((text) => el('td', { text }))
    body.append(el('tr', {}, el('th', { attributes: { scope: 'row' } }, button), ...cells))
  }
  const table = el('div', { class: 'table' }, el('table', {}, el('thead', {}, head), body))
  const rest = groups.length - MOST_HOSTS
  if (rest > 0)
    table.append(el('p', { text: `and ${counted(rest, 'other host')} with fewer tasks` }))
  return table
}

function figuresOf(group: readonly Task[]): string[] {
  const speeds = group.map(speedOf).filter((speed) => speed !== undefined)
  const times = group.filter((task) => speedOf(task) !== undefined).map((task) => task.seconds)
  const [time, speed] = [median(times), median(speeds)]
  const bytes = group.reduce((sum, task) => sum + task.bytes, 0)
  return [
    number(group.length),
    number(group.filter(({ end }) => end === 'failed').length),
    formatBytes(bytes),
    time === undefined ? '–' : formatDuration(time * 1000),
    speed === undefined ? '–' : formatSpeed(speed),
  ]
}
