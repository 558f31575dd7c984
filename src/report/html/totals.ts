/**
 * The head of the page: what came of the run, in a sentence and in numbers.
 */
import { formatBytes, formatDuration, formatSpeed } from '../format.ts'
import type { ReportData } from './data.ts'
import { counted, el, number } from './dom.ts'

/** The head, with the totals. */
export function totals(data: ReportData): HTMLElement {
  const { startedAt, version, seconds, bytes } = data
  const began = new Date(startedAt)
  const when = began.toLocaleString('en', { dateStyle: 'long', timeStyle: 'medium' })
  const figures = el('dl', { class: 'figures' })
  const figure = (key: string, name: string, value: string, look = ''): void => {
    const shown = el('dd', { text: value, id: `total-${key}` })
    figures.append(el('div', { class: look }, el('dt', { text: name }), shown))
  }
  figure('downloaded', 'downloaded', number(data.downloaded))
  figure('present', 'already there', number(data.present))
  figure('failed', 'failed', number(data.failed), data.failed > 0 ? 'bad' : '')
  if (leftOf(data) > 0) figure('left', 'not finished', number(leftOf(data)), 'bad')
  figure('retries', 'retries', number(data.retries))
  figure('bytes', 'received', formatBytes(bytes))
  figure('seconds', 'time', formatDuration(seconds * 1000))
  figure('speed', 'on average', formatSpeed(bytes / Math.max(seconds, 0.001)))
  const time = el('time', { text: when, attributes: { datetime: startedAt } })
  return el(
    'header',
    { class: 'head' },
    el('p', { class: 'kicker' }, `gdl ${version} · `, time),
    el('h1', { text: sentence(data) }),
    figures,
  )
}

function leftOf({ total, downloaded, present, failed }: ReportData): number {
  return total - downloaded - present - failed
}

function sentence(data: ReportData): string {
  const { total, failed, signal } = data
  const there = data.downloaded + data.present
  if (signal !== undefined || leftOf(data) > 0) {
    return `Stopped early: ${number(there)} of ${counted(total, 'file')} ${there === 1 ? 'is' : 'are'} there.`
  }
  if (total === 0) return 'There was nothing to download.'
  if (failed === 0)
    return total === 1 ? 'The file is there.' : `All ${number(total)} files are there.`
  return `${number(failed)} of ${counted(total, 'file')} failed.`
}
