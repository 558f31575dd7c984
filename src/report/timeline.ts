/**
 * The timeline of `--trace`: spans in lanes, made of what the hooks noted.
 *
 * A lane for the loop, with its iterations and timers, and one for each greenlet: an outer span from its
 * spawn to its end, in it another for the download that it makes, and in these, one after the other,
 * `running`, what it is parked on, and `ready` from its wake-up to its turn. What is parked on has its
 * category by its name: `network: HOST` and `disk` are so called by io.
 *
 * Ten thousand lanes are no reading matter. So from the thousandth greenlet on a newcomer has none before
 * what it waits for first has come (a download: its turn), and then that of one which has ended, if there
 * is any. Only the living are remembered.
 *
 * A span is one event, written when it is over: a download is five of them. Viewers sort them by when they
 * begin, and equal ones by their place in the file; so what is inside of a span, and written before it,
 * begins a microsecond after it.
 */
import type { DownloadEvent } from '../download/events.ts'
import type { FileError } from '../errors.ts'
import { describe, type Greenlet } from '../scheduler/index.ts'
import { kindOf, type TraceArgs, TraceFile } from './trace-file.ts'

/** How many greenlets have a lane that nobody else had. */
export const MOST_OWN_LANES = 1000

/** Microseconds. What is shorter has no span of its own: it belongs to what follows. */
const SHORTEST = 3

const LOOP_LANE = 1
const ITERATION = kindOf('iteration', 'loop')
const STARTING = kindOf('starting', 'starting')
const RUNNING = kindOf('running', 'running')
const READY = kindOf('ready', 'ready')

/** What a hook tells. */
export interface Note {
  readonly hook: 'spawn' | 'run' | 'park' | 'wake' | 'end' | 'turn' | 'timer' | 'event'
  readonly atMs: number
  readonly greenlet: Greenlet<unknown> | undefined
  /** What it is parked on; when the turn that is over began; the timer; the event. */
  readonly detail: unknown
}

/** A greenlet that has a lane, and has not ended. */
interface Life {
  readonly lane: number
  /** Whether another had the lane before. */
  readonly isHeir: boolean
  readonly begin: number
  /** The kind of what its lane shows at present, and since when. */
  doing: string
  since: number
  download: TracedDownload | undefined
}

interface TracedDownload {
  readonly name: string
  readonly begin: number
  readonly id: number
  readonly path: string
  done: (DownloadEvent & { readonly event: 'done' }) | undefined
}

/** Takes notes in the order in which they were made, and writes as it goes. */
export class Timeline {
  readonly #file: TraceFile
  readonly #lives = new Map<Greenlet<unknown>, Life>()
  /** Those that have ended, whose lanes are free. */
  readonly #ended: Life[] = []
  /** Lanes that more than one greenlet has had. */
  readonly #shared = new Set<number>()
  /** By what greenlets waited for so far: a few things, and a host each. */
  readonly #kinds = new Map<string, string>()
  #lanes = LOOP_LANE

  /** Opens `path`. UsageError when it can't be written. */
  constructor(path: string) {
    this.#file = new TraceFile(path)
    this.#file.name(LOOP_LANE, 'loop')
  }

  add({ hook, atMs, greenlet, detail }: Note): void {
    const now = this.#file.timeOf(atMs)
    const life = greenlet && this.#lives.get(greenlet)
    if (greenlet === undefined) this.#addLoops(hook, now, detail)
    else if (life === undefined) this.#meet(hook, greenlet, now, detail)
    else if (hook === 'run') this.#turn(life, RUNNING, now)
    else if (hook === 'park') this.#turn(life, this.#kindOf(detail), now)
    else if (hook === 'wake') this.#turn(life, READY, now)
    else if (hook === 'end') this.#end(greenlet, life, now)
    else this.#addDownloads(life, detail as DownloadEvent, now)
  }

  /** Ends what has not ended, and the file. FileError when it is not whole. Twice is once. */
  close(atMs: number): FileError | undefined {
    const now = this.#file.timeOf(atMs)
    for (const [greenlet, life] of this.#lives) this.#finish(greenlet, life, now)
    this.#lives.clear()
    return this.#file.close()
  }

  #addLoops(hook: Note['hook'], now: number, detail: unknown): void {
    if (hook === 'timer') {
      this.#file.instant(LOOP_LANE, kindOf(`timer: ${describe(detail)}`, 'timer'), now)
    } else this.#file.span(LOOP_LANE, ITERATION, this.#file.timeOf(detail as number), now)
  }

  /** The first note of a greenlet. */
  #meet(hook: Note['hook'], greenlet: Greenlet<unknown>, now: number, detail: unknown): void {
    if (hook === 'spawn') this.#enter(greenlet, STARTING, now)
    else if (hook === 'run') this.#enter(greenlet, RUNNING, now)
    else if (hook === 'event') {
      this.#addDownloads(this.#enter(greenlet, RUNNING, now), detail as DownloadEvent, now)
    }
  }

  #end(greenlet: Greenlet<unknown>, life: Life, now: number): void {
    this.#lives.delete(greenlet)
    this.#finish(greenlet, life, now)
    this.#ended.push(life)
  }

  #addDownloads(life: Life, event: DownloadEvent, now: number): void {
    const { lane, download } = life
    if (event.event === 'start') {
      const { id, url, path } = event.transfer
      this.#endDownload(life, now)
      life.download = { name: `${id} ${url}`, begin: life.since++, id, path, done: undefined }
    } else if (event.event === 'done' && download !== undefined) download.done = event
    else if (event.event === 'done') {
      const { id, bytes, attempts, status } = event
      this.#happens(lane, 'done', now, { id, bytes, attempts, status })
    } else if (event.event === 'retry') {
      const { id, attempt, delayMs, error } = event
      this.#happens(lane, 'retry', now, { id, attempt, delayMs, error: error.code })
    } else if (event.event === 'fail') {
      const { id, attempts, error } = event
      this.#happens(lane, 'fail', now, { id, attempts, error: error.code })
    }
  }

  #happens(lane: number, name: string, now: number, args: TraceArgs): void {
    this.#file.instant(lane, kindOf(name, 'download', args), now)
  }

  /** Gives it a lane from now on. */
  #enter(greenlet: Greenlet<unknown>, doing: string, now: number): Life {
    const ancestor = this.#lanes > MOST_OWN_LANES ? this.#ended.pop() : undefined
    const lane = ancestor?.lane ?? ++this.#lanes
    const isHeir = ancestor !== undefined
    const begin = Math.max(now, ancestor?.since ?? 0)
    const life = { lane, isHeir, begin, doing, since: begin + 1, download: undefined }
    this.#lives.set(greenlet, life)
    return life
  }

  /** Writes what was done up to now. */
  #turn(life: Life, doing: string, now: number): void {
    if (now - life.since >= SHORTEST) {
      this.#file.span(life.lane, life.doing, life.since, now)
      life.since = now
    }
    life.doing = doing
  }

  #kindOf(parkedOn: unknown): string {
    const name = describe(parkedOn)
    let kind = this.#kinds.get(name)
    if (kind === undefined) {
      kind = kindOf(name, categoryOf(name))
      this.#kinds.set(name, kind)
    }
    return kind
  }

  #endDownload(life: Life, now: number): void {
    const { lane, download } = life
    if (download === undefined) return
    const { name, begin, id, path, done } = download
    const args = { id, path, bytes: done?.bytes, attempts: done?.attempts, status: done?.status }
    this.#turn(life, life.doing, now)
    this.#file.span(lane, kindOf(name, 'download', args), begin, life.since)
    life.download = undefined
  }

  /**
   * Writes its outer span, and what its lane is called: by its download, or else by itself. In a shared lane a download that
   * is as long as its greenlet stands for both.
   */
  #finish({ name }: Greenlet<unknown>, life: Life, now: number): void {
    const { lane, isHeir, download } = life
    if (!isHeir) this.#file.name(lane, download?.name ?? name)
    else if (!this.#shared.has(lane)) {
      this.#shared.add(lane)
      this.#file.name(lane, 'several greenlets')
    }
    this.#endDownload(life, now)
    this.#turn(life, life.doing, now)
    if (isHeir && download?.begin === life.begin + 1) return
    this.#file.span(lane, kindOf(name, 'greenlet'), life.begin, life.since)
  }
}

/** Of the name of what a greenlet is parked on. */
function categoryOf(parkedOn: string): string {
  if (parkedOn === 'disk') return 'disk'
  if (parkedOn.startsWith('network: ')) return 'network'
  return parkedOn === 'sleep' ? 'timer' : 'parked'
}
