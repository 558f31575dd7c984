/**
 * Every task on a line of time. Only the rows in sight are elements; the others are room to scroll, so
 * ten thousand rows cost what thirty do.
 *
 * Rows are elements and not a canvas: they take the colours of the style sheet, can be read aloud,
 * searched by eye at any text size, and be clicked.
 */
import { formatBytes, formatDuration } from '../format.ts'
import { chooser, type Choice } from './choice.ts'
import { detailsOf } from './details.ts'
import { counted, el, number, section } from './dom.ts'
import type { Span, Task } from './tasks.ts'
import { ticksOf, type View } from './view.ts'

/** Rows above and below those in sight. */
const SPARE_ROWS = 6

/** The part of the page. */
export class Waterfall {
  readonly element: HTMLElement
  readonly #view: View
  readonly #choose: (view: View) => Choice
  readonly #rows = el('div', { class: 'rows', attributes: { role: 'list' } })
  readonly #sizer = el('div', { class: 'sizer' }, this.#rows)
  readonly #list = el(
    'div',
    {
      class: 'list',
      attributes: {
        tabindex: '0',
        role: 'group',
        'aria-label': 'tasks: arrow keys choose, + and - zoom',
      },
    },
    this.#sizer,
  )
  readonly #axis = el('div', { class: 'axis', attributes: { 'aria-hidden': 'true' } })
  readonly #count = el('p', { class: 'count', attributes: { role: 'status' } })
  readonly #details = el('div', { class: 'details', attributes: { 'aria-live': 'polite' } })
  #shown: readonly Task[] = []
  #chosen: Task | undefined

  constructor(tasks: readonly Task[], stages: readonly string[], view: View) {
    this.#view = view
    const lead =
      'A row for each, from being asked for to its end. Click one for its story, twice for its time.'
    this.element = section('tasks', 'Tasks', lead)
    const { toolbar, choose } = chooser(tasks, () => this.#renew())
    this.#choose = choose
    toolbar.append(this.#zoomButtons())
    const head = el('div', { class: 'list-head' }, this.#count, this.#axis)
    this.element.append(toolbar, legend(stages), head, this.#list, this.#details)
    this.#list.addEventListener('scroll', () => this.#draw(), { passive: true })
    this.#list.addEventListener('click', (event) => this.#click(event))
    this.#list.addEventListener('dblclick', (event) => this.#zoomTo(this.#taskAt(event)))
    this.#list.addEventListener('keydown', (event) => this.#key(event))
    this.#list.addEventListener('wheel', (event) => this.#wheel(event), { passive: false })
    view.onChange(() => this.#renew())
    new ResizeObserver(() => this.#draw()).observe(this.#list)
    this.#renew()
  }

  #zoomButtons(): HTMLElement {
    const button = (text: string, title: string, act: () => void): HTMLElement => {
      const made = el('button', {
        text,
        title,
        attributes: { type: 'button', 'aria-label': title },
      })
      made.addEventListener('click', act)
      return made
    }
    return el(
      'div',
      { class: 'zoom', attributes: { role: 'group', 'aria-label': 'zoom' } },
      button('‹', 'earlier', () => this.#view.pan(-0.5)),
      button('−', 'zoom out', () => this.#view.zoom(2)),
      button('+', 'zoom in', () => this.#view.zoom(0.5)),
      button('›', 'later', () => this.#view.pan(0.5)),
      button('all', 'show the whole run', () => this.#view.show(this.#view.whole)),
    )
  }

  /** What is shown has changed. */
  #renew(): void {
    const { tasks, total } = this.#choose(this.#view)
    this.#shown = tasks
    const isAll = tasks.length === total
    this.#count.textContent = isAll
      ? counted(total, 'task')
      : `${number(tasks.length)} of ${counted(total, 'task')}`
    this.#draw()
  }

  #draw(): void {
    const list = this.#list
    const height = rowHeight(list)
    this.#sizer.style.height = `${this.#shown.length * height}px`
    const first = Math.max(0, Math.floor(list.scrollTop / height) - SPARE_ROWS)
    const count = Math.ceil(list.clientHeight / height) + 2 * SPARE_ROWS
    this.#rows.style.transform = `translateY(${first * height}px)`
    const shown = this.#shown.slice(first, first + count)
    this.#rows.replaceChildren(...shown.map((task, index) => this.#row(task, first + index)))
    this.#drawAxis()
  }

  #row(task: Task, index: number): HTMLElement {
    const isChosen = task === this.#chosen
    const look = `row ${lookOf(task)}${isChosen ? ' chosen' : ''}`
    const attributes = {
      role: 'listitem',
      'aria-posinset': String(index + 1),
      'aria-setsize': String(this.#shown.length),
      'data-index': String(index),
    }
    const lane = el('span', { class: 'lane' })
    for (const span of task.spans()) lane.append(...this.#bar(span))
    if (task.end === 'failed') lane.append(...this.#mark(task.endMs))
    return el(
      'div',
      { class: look, attributes },
      el('span', { class: 'name', text: task.name, title: task.url }),
      el('span', { class: 'meta', text: metaOf(task) }),
      lane,
    )
  }

  #bar({ stage, fromMs, toMs }: Span): HTMLElement[] {
    const { range } = this.#view
    if (toMs < range.fromMs || fromMs > range.toMs) return []
    const length = range.toMs - range.fromMs
    const from = Math.max(fromMs, range.fromMs)
    const to = Math.min(toMs, range.toMs)
    const bar = el('i', {
      class: `bar ${stage}`,
      title: `${stage} ${formatDuration(toMs - fromMs)}`,
    })
    bar.style.left = `${((from - range.fromMs) / length) * 100}%`
    bar.style.width = `${((to - from) / length) * 100}%`
    return [bar]
  }

  #mark(ms: number): HTMLElement[] {
    const { fromMs, toMs } = this.#view.range
    if (ms < fromMs || ms > toMs) return []
    const mark = el('i', { class: 'mark', title: 'failed' })
    mark.style.left = `${((ms - fromMs) / (toMs - fromMs)) * 100}%`
    return [mark]
  }

  #drawAxis(): void {
    const { range } = this.#view
    const ticks = ticksOf(range, this.#axis.clientWidth / 90)
    const length = range.toMs - range.fromMs
    const marks = ticks
      .filter(({ ms }) => ms < range.toMs - length * 0.05)
      .map(({ ms, text }) => {
        const mark = el('span', { text })
        mark.style.left = `${((ms - range.fromMs) / length) * 100}%`
        return mark
      })
    this.#axis.replaceChildren(...marks)
  }

  #click(event: MouseEvent): void {
    const task = this.#taskAt(event)
    // The second click of a double one takes nothing back.
    if (task === undefined || event.detail > 1) return
    this.#choseTask(task === this.#chosen ? undefined : task)
  }

  #taskAt(event: MouseEvent): Task | undefined {
    const row = (event.target as Element).closest<HTMLElement>('[data-index]')
    return row === null ? undefined : this.#shown[Number(row.dataset['index'])]
  }

  /** Shows the time of a task, with a little around it. */
  #zoomTo(task: Task | undefined): void {
    if (task === undefined) return
    const margin = (task.endMs - task.beganMs) / 10
    this.#view.show({ fromMs: task.beganMs - margin, toMs: task.endMs + margin })
    const at = this.#shown.indexOf(task)
    this.#list.scrollTop = at * rowHeight(this.#list) - this.#list.clientHeight / 2
  }

  #choseTask(task: Task | undefined): void {
    this.#chosen = task
    this.#details.replaceChildren(...(task === undefined ? [] : [detailsOf(task)]))
    this.#draw()
  }

  #key(event: KeyboardEvent): void {
    const acts: Readonly<Record<string, () => void>> = {
      ArrowDown: () => this.#step(1),
      ArrowUp: () => this.#step(-1),
      ArrowLeft: () => this.#view.pan(-0.2),
      ArrowRight: () => this.#view.pan(0.2),
      '+': () => this.#view.zoom(0.5),
      '-': () => this.#view.zoom(2),
      '0': () => this.#view.show(this.#view.whole),
      Enter: () => this.#zoomTo(this.#chosen),
      Escape: () => this.#choseTask(undefined),
    }
    const act = acts[event.key]
    if (act === undefined || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    act()
  }

  #step(by: number): void {
    if (this.#shown.length === 0) return
    const at = this.#chosen === undefined ? -1 : this.#shown.indexOf(this.#chosen)
    const next = Math.min(Math.max(at + by, 0), this.#shown.length - 1)
    const height = rowHeight(this.#list)
    const { scrollTop, clientHeight } = this.#list
    if (next * height < scrollTop) this.#list.scrollTop = next * height
    if ((next + 1) * height > scrollTop + clientHeight) {
      this.#list.scrollTop = (next + 1) * height - clientHeight
    }
    this.#choseTask(this.#shown[next])
  }

  /** A pinch on a touchpad comes as a wheel with Control. */
  #wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return
    event.preventDefault()
    const { left, width } = this.#axis.getBoundingClientRect()
    const { fromMs, toMs } = this.#view.range
    const atMs = fromMs + ((event.clientX - left) / width) * (toMs - fromMs)
    this.#view.zoom(Math.exp(event.deltaY / 200), atMs)
  }
}

function legend(stages: readonly string[]): HTMLElement {
  const items = stages.map((stage) => el('li', {}, el('i', { class: `bar ${stage}` }), stage))
  return el('ul', { class: 'legend' }, ...items)
}

/** The style sheet decides it: rows are higher on a phone. */
function rowHeight(list: HTMLElement): number {
  return Number.parseFloat(getComputedStyle(list).getPropertyValue('--row')) || 28
}

function lookOf({ end }: Task): string {
  if (end === 'failed') return 'bad'
  return end === 'interrupted' || end === 'not begun' ? 'left' : ''
}

function metaOf(task: Task): string {
  if (task.end === 'downloaded' || task.end === 'resumed') {
    return `${formatBytes(task.bytes)} · ${formatDuration(task.seconds * 1000)}`
  }
  return task.end === 'present' ? 'already there' : task.end
}
