/**
 * The story of one task.
 */
import { formatBytes, formatDuration, formatSpeed } from '../format.ts'
import { adviceFor } from './advice.ts'
import { counted, el, number } from './dom.ts'
import { speedOf, type Task } from './tasks.ts'
import { timeText } from './view.ts'

/** All that is known of it. */
export function detailsOf(task: Task): HTMLElement {
  const facts = el('dl')
  const fact = (name: string, value: string): void => {
    facts.append(el('dt', { text: name }), el('dd', { text: value }))
  }
  const { failure, bytes, path, url, attempts, seconds } = task
  if (url !== '') fact('URL', url)
  if (path !== '') fact('file', path)
  fact('end', task.end)
  if (failure !== undefined) {
    fact('reason', `${failure.message} (${failure.code})`)
    fact('what to do', adviceFor(failure))
    if (failure.source !== undefined) fact('written at', failure.source)
  }
  if (bytes > 0) fact('size', `${formatBytes(bytes)} (${number(bytes)} bytes)`)
  const speed = speedOf(task)
  const pace = speed === undefined ? '' : `, ${formatSpeed(speed)}`
  if (attempts > 0) {
    fact('took', `${formatDuration(seconds * 1000)}${pace}, ${counted(attempts, 'try', 'tries')}`)
  }
  const steps = task
    .spans()
    .map(({ stage, fromMs, toMs }) =>
      el(
        'li',
        {},
        el('i', { class: `bar ${stage}` }),
        el('span', { class: 'at', text: timeText(fromMs, 1) }),
        `${stage} `,
        el('b', { text: toMs === fromMs ? '–' : formatDuration(toMs - fromMs) }),
      ),
    )
  return el(
    'article',
    { attributes: { 'aria-label': task.name } },
    el('h3', { text: task.name }),
    facts,
    el('ol', { class: 'steps' }, ...steps),
  )
}
