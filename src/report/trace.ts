/**
 * `--trace`: what the scheduler's hooks tell, as a timeline.
 *
 * A lane for the loop, with its iterations and timers, and one for each greenlet: an outer span from its
 * spawn to its end, in it another for the download that it makes, and in these, one after the other,
 * `running`, what it is parked on, and `ready` from its wake-up to its turn. What is parked on has its
 * category by its name: `network: HOST` and `disk` are so called by io.
 *
 * Ten thousand lanes are no reading matter. So from the thousandth greenlet on a newcomer has none before
 * what it waits for first has come (a download: its turn), and then that of one which has ended, if there
 * is any. Only the living are remembered.
 */
import type { DownloadEvent } from '../download/events.ts'
import type { FileError } from '../errors.ts'
import { describe, getcurrent, type Greenlet, type Hub, type Tracer } from '../scheduler/index.ts'
import { kindOf, TraceFile } from './trace-file.ts'

/** How many greenlets have a lane that nobody else had. */
const MOST_OWN_LANES = 1000

const LOOP_LANE = 1
const ITERATION = kindOf('iteration', 'loop')

const OWN_CATEGORIES = new Set(['starting', 'running', 'ready', 'disk'])

/** A greenlet that has not ended. */
interface Life {
  /** Undefined until it has one. */
  lane: number | undefined
  /** Whether another had the lane before. */
  isHeir: boolean
  /** What its lane shows at present, and since when. */
  doing: string
  since: number
  /** The spans around it that are open, the outermost first. */
  readonly open: string[]
}

/** Listens to the scheduler (`addTracer`) and to the engine, and writes as it goes. */
export class TraceWriter implements Tracer {
  readonly #file: TraceFile
  readonly #lives = new Map<Greenlet<unknown>, Life>()
  readonly #freeLanes: number[] = []
  /** Lanes that more than one greenlet has had. */
  readonly #shared = new Set<number>()
  /** What greenlets have done so far: a few things, and a host each. */
  readonly #kinds = new Map<string, string>()
  #lanes = LOOP_LANE
  #turnSince: number | undefined

  /** Opens `path`. UsageError when it can't be written. */
  constructor(path: string) {
    this.#file = new TraceFile(path)
    this.#file.name(LOOP_LANE, 'loop')
  }

  spawn(greenlet: Greenlet<unknown>): void {
    const life: Life = { lane: undefined, isHeir: false, doing: 'starting', since: 0, open: [] }
    this.#lives.set(greenlet, life)
    if (this.#lanes <= MOST_OWN_LANES) this.#enter(greenlet, life)
  }

  switch(
    _event: 'switch' | 'throw',
    from: Greenlet<unknown> | Hub,
    to: Greenlet<unknown> | Hub,
  ): void {
    const next = this.#lives.get(to as Greenlet<unknown>)
    if (next !== undefined) {
      if (next.lane === undefined && next.doing !== 'starting')
        this.#enter(to as Greenlet<unknown>, next)
      this.#turn(next, 'running')
      return
    }
    const last = this.#lives.get(from as Greenlet<unknown>)
    if (last !== undefined) this.#turn(last, describe((from as Greenlet<unknown>).parkedOn))
  }

  wake(greenlet: Greenlet<unknown>): void {
    const life = this.#lives.get(greenlet)
    if (life !== undefined) this.#turn(life, 'ready')
  }

  end(greenlet: Greenlet<unknown>): void {
    const life = this.#lives.get(greenlet)
    if (life === undefined) return
    this.#lives.delete(greenlet)
    this.#finish(life)
    if (life.lane !== undefined) this.#freeLanes.push(life.lane)
  }

  iteration(phase: 'begin' | 'end'): void {
    const ts = this.#file.now()
    if (phase === 'begin') this.#turnSince = ts
    else if (this.#turnSince !== undefined) {
      this.#file.span(LOOP_LANE, ITERATION, this.#turnSince, ts)
      this.#turnSince = undefined
    }
  }

  timer(timer: object): void {
    this.#file.instant(LOOP_LANE, `timer: ${describe(timer)}`, 'timer', this.#file.now())
  }

  /** What a download does, in the lane of its greenlet, which is the current one. */
  event(event: DownloadEvent): void {
    const greenlet = getcurrent()
    const life = greenlet && this.#lives.get(greenlet)
    if (life === undefined) return
    const lane = life.lane ?? this.#enter(greenlet!, life)
    if (event.event === 'start') {
      const { id, url, path } = event.transfer
      const name = `${id} ${url}`
      // A span can't begin inside of another and outlast it.
      this.#turn(life, life.doing)
      this.#file.begin(lane, name, 'download', life.since, { id, url, path })
      if (!life.isHeir) this.#file.name(lane, name)
      life.open.push(name)
    } else if (event.event === 'retry') {
      const { id, attempt, delayMs, error } = event
      const args = { id, attempt, delayMs, error: error.code }
      this.#file.instant(lane, 'retry', 'download', this.#file.now(), args)
    } else if (event.event === 'done') {
      const { id, bytes, attempts, status } = event
      const args = { id, bytes, attempts, status }
      this.#file.instant(lane, 'done', 'download', this.#file.now(), args)
    } else if (event.event === 'fail') {
      const { id, attempts, error } = event
      const args = { id, attempts, error: error.code }
      this.#file.instant(lane, 'fail', 'download', this.#file.now(), args)
    }
  }

  /** Ends what has not ended, and the file. FileError when it is not whole. Twice is once. */
  close(): FileError | undefined {
    for (const life of this.#lives.values()) this.#finish(life)
    this.#lives.clear()
    return this.#file.close()
  }

  /** Gives it a lane from now on. */
  #enter(greenlet: Greenlet<unknown>, life: Life): number {
    const { name } = greenlet
    const free = this.#lanes > MOST_OWN_LANES ? this.#freeLanes.pop() : undefined
    const lane = free ?? ++this.#lanes
    life.lane = lane
    life.isHeir = free !== undefined
    life.since = this.#file.now()
    life.open.push(name)
    if (free === undefined) this.#file.name(lane, name)
    else if (!this.#shared.has(lane)) {
      this.#shared.add(lane)
      this.#file.name(lane, 'several greenlets')
    }
    this.#file.begin(lane, name, 'greenlet', life.since)
    return lane
  }

  /** Writes what was done up to now. */
  #turn(life: Life, doing: string): void {
    if (life.lane !== undefined) {
      const now = this.#file.now()
      this.#file.span(life.lane, this.#kindOf(life.doing), life.since, now)
      life.since = now
    }
    life.doing = doing
  }

  #kindOf(doing: string): string {
    let kind = this.#kinds.get(doing)
    if (kind === undefined) {
      kind = kindOf(doing, categoryOf(doing))
      this.#kinds.set(doing, kind)
    }
    return kind
  }

  #finish(life: Life): void {
    const { lane, open } = life
    if (lane === undefined) return
    this.#turn(life, life.doing)
    for (const name of open.toReversed()) this.#file.end(lane, name, life.since)
  }
}

/** By the greenlet's own state, or by the name of what it is parked on. */
function categoryOf(doing: string): string {
  if (OWN_CATEGORIES.has(doing)) return doing
  if (doing.startsWith('network: ')) return 'network'
  return doing === 'sleep' ? 'timer' : 'parked'
}
