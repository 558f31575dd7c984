/**
 * Which tasks are shown, and in what order: search, filter, sort, and the time that is looked at.
 */
import { el } from './dom.ts'
import { speedOf, type Task } from './tasks.ts'
import type { View } from './view.ts'

/** The tasks to show, of how many. */
export interface Choice {
  readonly tasks: readonly Task[]
  readonly total: number
}

const ORDERS: Readonly<Record<string, ((a: Task, b: Task) => number) | undefined>> = {
  'in the order of the list': undefined,
  'first begun first': (a, b) => a.beganMs - b.beganMs,
  'longest first': (a, b) => b.seconds - a.seconds,
  'largest first': (a, b) => b.bytes - a.bytes,
  'slowest first': (a, b) => (speedOf(a) ?? Infinity) - (speedOf(b) ?? Infinity) || 0,
  'most tries first': (a, b) => b.attempts - a.attempts,
  'by host': (a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0),
}

const FILTERS: Readonly<Record<string, (task: Task) => boolean>> = {
  all: () => true,
  failed: ({ end }) => end === 'failed',
  'not finished': ({ end }) => end === 'interrupted' || end === 'not begun',
  retried: ({ attempts }) => attempts > 1,
  downloaded: ({ end }) => end === 'downloaded' || end === 'resumed',
  resumed: ({ end }) => end === 'resumed',
  'already there': ({ end }) => end === 'present' || end === 'unchanged',
}

/** The controls, and what is chosen with them. `changed` is called when that is something else. */
export function chooser(
  tasks: readonly Task[],
  changed: () => void,
): { readonly toolbar: HTMLElement; readonly choose: (view: View) => Choice } {
  const search = el('input', {
    attributes: {
      type: 'search',
      placeholder: 'Search names, hosts, errors',
      'aria-label': 'search',
    },
  })
  const possible = Object.entries(FILTERS).filter(([, fits]) => tasks.some(fits))
  const filter = picker(
    'show',
    possible.map(([name]) => name),
  )
  const order = picker('sort', Object.keys(ORDERS))
  for (const control of [search, filter, order]) control.addEventListener('input', changed)
  const choose = (view: View): Choice => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
    const fits = FILTERS[filter.value] ?? (() => true)
    const { fromMs, toMs } = view.range
    const chosen = tasks.filter(
      (task) =>
        fits(task) &&
        (view.isWhole || (task.beganMs < toMs && task.endMs >= fromMs)) &&
        words.every((word) => textOf(task).includes(word)),
    )
    const compare = ORDERS[order.value]
    return { tasks: compare === undefined ? chosen : chosen.sort(compare), total: tasks.length }
  }
  return { toolbar: el('div', { class: 'toolbar' }, search, filter, order), choose }
}

function picker(label: string, names: readonly string[]): HTMLSelectElement {
  const options = names.map((name) => el('option', { text: name }))
  return el('select', { attributes: { 'aria-label': label } }, ...options)
}

function textOf({ url, path, failure }: Task): string {
  const why = failure === undefined ? '' : `${failure.code} ${failure.message}`
  return `${url} ${path} ${why}`.toLowerCase()
}
