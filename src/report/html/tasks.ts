/**
 * The tasks of a report, as the page works with them: rows with names, and what follows from them.
 */
import { type End, ENDS, type Failure, type ReportData, type TaskRow } from './data.ts'

/** A stretch of time in one stage. */
export interface Span {
  readonly stage: string
  readonly fromMs: number
  readonly toMs: number
}

/** A download, or what was to be one. */
export interface Task {
  /** 1-based, in the order of the list. */
  readonly id: number
  readonly url: string
  readonly path: string
  /** The last part of the path, or the URL where there is none. */
  readonly name: string
  readonly host: string
  readonly end: End
  readonly bytes: number
  /** From its start to its end. */
  readonly seconds: number
  readonly attempts: number
  /** When it was added, began and ended. */
  readonly addedMs: number
  readonly beganMs: number
  readonly endMs: number
  readonly failure: Failure | undefined
  readonly spans: () => readonly Span[]
}

/** All tasks of `data`. */
export function tasksOf(data: ReportData): Task[] {
  const queued = data.stages.indexOf('queued')
  return data.tasks.map((row, index) => taskOf(row, index + 1, data.stages, queued))
}

function taskOf(row: TaskRow, id: number, stages: readonly string[], queued: number): Task {
  const [url, path, end, bytes, seconds, attempts, endMs, steps, failure] = row
  let began = 0
  while (began < steps.length && steps[began] === queued) began += 2
  return {
    id,
    url,
    path,
    name: path.slice(path.lastIndexOf('/') + 1) || url || `entry ${id}`,
    host: hostOf(url),
    end: ENDS[end]!,
    bytes,
    seconds,
    attempts,
    addedMs: steps[1] ?? endMs,
    beganMs: steps[began + 1] ?? endMs,
    endMs,
    failure,
    spans: () => spansOf(steps, stages, endMs),
  }
}

function spansOf(steps: readonly number[], stages: readonly string[], endMs: number): Span[] {
  const spans: Span[] = []
  for (let at = 0; at < steps.length; at += 2) {
    const fromMs = steps[at + 1]!
    const toMs = steps[at + 3] ?? Math.max(endMs, fromMs)
    // A try that must wait for its turn first has not really begun.
    const isNothing = toMs === fromMs && stages[steps[at + 2]!] === 'queued'
    if (!isNothing) spans.push({ stage: stages[steps[at]!]!, fromMs, toMs })
  }
  return spans
}

/** Bytes a second from start to end; undefined where nothing was received. */
export function speedOf({ bytes, seconds, end }: Task): number | undefined {
  const isReceived = end === 'downloaded' || end === 'resumed'
  return isReceived && bytes > 0 && seconds > 0 ? bytes / seconds : undefined
}

/** Groups by what `keyOf` says of each, the largest first. */
export function groupedBy<T extends Task>(
  tasks: readonly T[],
  keyOf: (task: T) => string,
): [key: string, group: T[]][] {
  const groups = new Map<string, T[]>()
  for (const task of tasks) {
    const key = keyOf(task)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [task])
    else group.push(task)
  }
  return [...groups].toSorted(([, a], [, b]) => b.length - a.length)
}

/** The middle one; undefined of none. */
export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

function hostOf(url: string): string {
  return /^https?:\/\/([^/?#]+)/i.exec(url)?.[1] ?? '(none)'
}
