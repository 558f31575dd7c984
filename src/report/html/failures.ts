/**
 * What failed, by reason, with what can be done about it.
 */
import { adviceFor, reasonOf } from './advice.ts'
import { el, number, section } from './dom.ts'
import type { Failure } from './data.ts'
import { groupedBy, type Task } from './tasks.ts'

/** Of a reason; the others are found among the tasks. */
const MOST_SHOWN = 200

interface Failed extends Task {
  readonly failure: Failure
}

/** The part of the page; undefined when nothing failed. */
export function failures(tasks: readonly Task[]): HTMLElement | undefined {
  const failed = tasks.filter((task): task is Failed => task.failure !== undefined)
  if (failed.length === 0) return undefined
  const lead =
    'Running the same command again tries these once more, and leaves alone what is there. With --failed again.txt, the next run writes those that are left into a list of their own.'
  const part = section('failures', 'Failures', lead)
  const bySize = groupedBy(failed, ({ failure }) => reasonOf(failure))
  for (const [reason, group] of bySize) part.append(groupOf(reason, group, bySize.length < 4))
  return part
}

function groupOf(reason: string, group: readonly Failed[], isOpen: boolean): HTMLElement {
  const details = el('details', { class: 'reason' })
  const summary = el(
    'summary',
    {},
    el('b', { text: reason }),
    el('span', { class: 'number', text: number(group.length) }),
    el('span', { class: 'advice', text: adviceFor(group[0]!.failure) }),
  )
  details.append(summary)
  // A list that nobody opens is never made.
  details.addEventListener('toggle', () => details.append(listOf(group)), { once: true })
  details.open = isOpen
  return details
}

function listOf(group: readonly Failed[]): HTMLElement {
  const list = el('ul')
  for (const { failure, url } of group.slice(0, MOST_SHOWN)) {
    const item = el('li', {}, el('span', { class: 'why', text: failure.message }))
    if (!failure.message.includes(url)) item.append(el('span', { class: 'url', text: url }))
    if (failure.source !== undefined) {
      item.append(el('span', { class: 'source', text: failure.source }))
    }
    list.append(item)
  }
  const rest = group.length - MOST_SHOWN
  if (rest > 0) {
    list.append(
      el('li', { text: `and ${number(rest)} more: they are among the tasks, under “failed”` }),
    )
  }
  return list
}
