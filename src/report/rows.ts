/**
 * The rows of the moving part: what a download under way and the run as a whole look like at a width.
 *
 * Which columns a download's row has depends on the window alone, never on the download, so that
 * columns stand still; what does not fit is left out, the bar first, the percentage last. The name has
 * the rest. A row keeps one column free: a cursor behind the last column is where terminals differ.
 *
 * Pure text: the bar itself is drawn by whom is asked for it, in so many cells.
 */
import type { RunState, Transfer } from '../download/events.ts'
import { formatBytes, formatDuration, formatSpeed, formatTimeLeft } from './format.ts'
import type { View } from './outlook.ts'
import type { Pace } from './pace.ts'
import { cutToWidth, padToWidth } from './text.ts'

/** How what is more than text is drawn; none of it is wider than what it is given. */
export interface Ink {
  /** A bar of so many cells. */
  readonly bar: (cells: number) => string
  /** What is to be seen as trouble. */
  readonly warn: (text: string) => string
  readonly fail: (text: string) => string
  /** What is to be seen first. */
  readonly strong: (text: string) => string
}

/** The most cells of a bar. */
export const MOST_CELLS = 40

const LEAST_NAME = 12
const MOST_NAME = 48
const LEAST_CELLS = 10
/** What a name and a bar have together, or there is no bar. */
const LEAST_WITH_BAR = 32
const GAP = '  '
/** Beyond this a time left says nothing: four days. */
const LONGEST_LEFT_MS = 345_600_000

/** The row of `transfer`, called `name`, below `columns` columns wide. */
export function transferRow(
  transfer: Transfer,
  name: string,
  { bytesPerSecond, leftMs }: Pace,
  columns: number,
  nowMs: number,
  ink: Ink,
): string {
  let room = columns - 1
  const take = (width: number): boolean => {
    if (room - width - GAP.length < LEAST_NAME) return false
    room -= width + GAP.length
    return true
  }
  const cells = { percent: take(4), speed: take(10), left: take(11), size: take(8), bar: 0 }
  const hasConnections = room - 3 - GAP.length >= LEAST_WITH_BAR
  if (hasConnections) room -= 3 + GAP.length
  if (room >= LEAST_WITH_BAR) {
    cells.bar = Math.min(MOST_CELLS, Math.max(LEAST_CELLS, Math.floor(room * 0.4)))
    room -= cells.bar + GAP.length
  }
  const nameColumns = Math.min(room, MOST_NAME)

  const { bytes, total } = transfer
  if (transfer.state !== 'receiving') {
    const stateColumns = columns - 1 - nameColumns - GAP.length
    if (stateColumns < 4) return cutToWidth(name, nameColumns)
    const state = cutToWidth(stateOf(transfer, nowMs), stateColumns)
    const shown = transfer.state === 'retrying' ? ink.warn(state) : state
    return padToWidth(name, nameColumns) + GAP + shown
  }
  let row = padToWidth(name, nameColumns)
  if (cells.bar > 0) row += GAP + (total === undefined ? ' '.repeat(cells.bar) : ink.bar(cells.bar))
  if (hasConnections) row += GAP + connectionsOf(transfer).padStart(3)
  if (cells.percent) row += GAP + percentOf(bytes, total).padStart(4)
  if (cells.size) row += GAP + formatBytes(total ?? bytes).padStart(8)
  if (cells.speed) row += GAP + speedOf(bytesPerSecond).padStart(10)
  if (cells.left) row += GAP + leftOf(leftMs).padStart(11)
  return row.trimEnd()
}

/** The row of the run as a whole, below `columns` columns wide. */
export function totalRow(run: RunState, view: View, columns: number, ink: Ink): string {
  const count = `${view.ended}/${run.total}${run.complete ? '' : '+'}`
  const files = count.length + 6 < columns ? `${count} files` : cutToWidth(count, columns - 1)
  let room = columns - 1 - files.length
  const take = (text: string): string => {
    if (text === '' || room < text.length + GAP.length) return ''
    room -= text.length + GAP.length
    return GAP + text
  }
  // In the order in which they matter, which is not the one in which they stand.
  const failed = take(run.failed > 0 ? `${run.failed} failed` : '')
  const paused = take(run.paused ? 'paused' : '')
  const speed = take(formatSpeed(view.bytesPerSecond ?? 0).padStart(10))
  const { leftMs } = view
  const leftKnown = leftMs !== undefined && leftMs <= LONGEST_LEFT_MS
  const left = take((leftKnown && !run.paused ? `${formatTimeLeft(leftMs)} left` : '').padEnd(16))
  const bytes = take(formatBytes(run.bytes).padStart(8))
  const cells = Math.min(MOST_CELLS, room - GAP.length)
  const drawn = cells < LEAST_CELLS ? '' : GAP + ink.bar(cells)
  const marked = failed === '' ? '' : GAP + ink.fail(failed.trimStart())
  const stopped = paused === '' ? '' : GAP + ink.warn(paused.trimStart())
  return ink.strong(files) + marked + stopped + drawn + bytes + speed + left.trimEnd()
}

function connectionsOf({ connections }: Transfer): string {
  return connections > 1 ? `x${connections}` : ''
}

function stateOf(transfer: Transfer, nowMs: number): string {
  if (transfer.state !== 'retrying') return transfer.state
  const waitMs = Math.max(0, (transfer.retryAtMs ?? nowMs) - nowMs)
  return `retry ${transfer.attempt} in ${formatDuration(Math.ceil(waitMs / 1000) * 1000)}`
}

function percentOf(bytes: number, total: number | undefined): string {
  if (total === undefined) return ''
  return `${total === 0 ? 100 : Math.min(100, Math.floor((bytes / total) * 100))}%`
}

function speedOf(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? '' : formatSpeed(bytesPerSecond)
}

function leftOf(leftMs: number | undefined): string {
  return leftMs === undefined || leftMs > LONGEST_LEFT_MS ? '' : formatTimeLeft(leftMs)
}
