/**
 * `--trace`: a timeline of spans in lanes, made of what the scheduler's hooks and the engine tell.
 *
 * A lane for the loop, with its iterations and timers, and one for each greenlet: an outer span from its
 * spawn to its end, in it another for the download that it makes, and in these, one after the other,
 * `running`, what it is parked on, and `ready` from its wake-up to its turn. What is parked on has its
 * category by its name: `network: HOST` and `disk` are so called by io.
 *
 * Ten thousand lanes are no reading matter. So from the 250th greenlet on a newcomer has none before what it
 * waits for first has come (a download: its turn), and then that of one which has ended, if there is any.
 * Only the living are remembered.
 *
 * A span is one event, written when it is over: a download is five of them. Viewers sort them by when they
 * begin, and equal ones by their place in the file; so what is inside of a span, and written before it,
 * begins a microsecond after it.
 *
 * All this is done in the hooks, in the middle of a switch. To note there what happens, and to work through
 * the notes behind a turn of the loop, was rejected: it is more code, and takes no less CPU time.
 */
import type { DownloadEvent } from '../download/events.ts'
import type { FileError } from '../errors.ts'
import { describe, getcurrent, type Greenlet, type Hub, type Tracer } from '../scheduler/index.ts'
import { type Kind, type TraceArgs, TraceFile } from './trace-file.ts'

/** How many greenlets have a lane that nobody else had. */
const MOST_OWN_LANES = 250

/** Microseconds. What is shorter has no span of its own: it belongs to what follows. */
const SHORTEST = 3

const LOOP_LANE = 1
const ITERATION = { name: 'iteration', cat: 'loop' }
const STARTING = { name: 'starting', cat: 'starting' }
const RUNNING = { name: 'running', cat: 'running' }
const READY = { name: 'ready', cat: 'ready' }

/** A greenlet that has a lane, and has not ended. */
interface Life {
  readonly lane: number
  /** Whether another had the lane before. */
  readonly isHeir: boolean
  readonly begin: number
  /** The kind of what its lane shows at present, and since when. */
  doing: Kind
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

/** Listens to the scheduler (`addTracer`) and to the engine, and writes as it goes. */
export class TraceWriter implements Tracer {
  readonly #file: TraceFile
  readonly #lives = new Map<Greenlet<unknown>, Life>()
  /** Those that have ended, whose lanes are free. */
  readonly #ended: Life[] = []
  /** Lanes that more than one greenlet has had. */
  readonly #shared = new Set<number>()
  /** By what greenlets waited for so far: a few things, and a host each. */
  readonly #kinds = new Map<string, Kind>()
  #lanes = LOOP_LANE
  /** How many greenlets have had a lane from their spawn on. */
  #owners = 0
  /** Who runs, whether for the first time, and since when. */
  #running: Greenlet<unknown> | undefined
  #isFirstTurn = false
  #runsSince: number
  /** When the turn of the loop began. */
  #loopsSince: number

  /** Opens `path`. UsageError when it can't be written. */
  constructor(path: string) {
    this.#file = new TraceFile(path)
    this.#file.name(LOOP_LANE, 'loop')
    this.#runsSince = this.#file.now()
    this.#loopsSince = this.#runsSince
  }

  spawn(greenlet: Greenlet<unknown>): void {
    if (this.#owners === MOST_OWN_LANES) return
    this.#owners++
    this.#enter(greenlet, STARTING, this.#file.now())
  }

  switch(
    _event: 'switch' | 'throw',
    from: Greenlet<unknown> | Hub,
    to: Greenlet<unknown> | Hub,
  ): void {
    if ('hub' in to) {
      this.#running = to
      this.#isFirstTurn = to.doing === 'starting'
      this.#runsSince = this.#file.now()
    } else this.#pause(from as Greenlet<unknown>, this.#file.now())
  }

  wake(greenlet: Greenlet<unknown>): void {
    const life = this.#lives.get(greenlet)
    if (life !== undefined) this.#turn(life, READY, this.#file.now())
  }

  end(greenlet: Greenlet<unknown>): void {
    // Of the one that runs, the switch tells that comes next.
    if (greenlet !== this.#running) this.#end(greenlet, this.#file.now())
  }

  iteration(phase: 'begin' | 'end'): void {
    const now = this.#file.now()
    if (phase === 'begin') this.#loopsSince = now
    else this.#file.span(LOOP_LANE, ITERATION, this.#loopsSince, now)
  }

  timer(timer: object): void {
    const kind = { name: `timer: ${describe(timer)}`, cat: 'timer' }
    this.#file.instant(LOOP_LANE, kind, this.#file.now())
  }

  /** What a download does, whose greenlet is the current one. */
  event(event: DownloadEvent): void {
    const greenlet = getcurrent()
    if (event.event === 'added' || greenlet === undefined) return
    this.#addDownloads(this.#lifeOf(greenlet), event, this.#file.now())
  }

  /** Ends what has not ended, and the file. FileError when it is not whole. Twice is once. */
  close(): FileError | undefined {
    const now = this.#file.now()
    for (const greenlet of this.#lives.keys()) this.#end(greenlet, now)
    return this.#file.close()
  }

  /** `greenlet` does not run any longer: it has parked, or ended. */
  #pause(greenlet: Greenlet<unknown>, now: number): void {
    this.#running = undefined
    if (this.#isFirstTurn && !this.#lives.has(greenlet)) return
    const life = this.#lifeOf(greenlet)
    if (greenlet.parkedOn === undefined) this.#end(greenlet, now)
    else this.#turn(life, this.#kindOf(greenlet.parkedOn), now)
  }

  /** Of the greenlet that runs; one without a lane gets it. */
  #lifeOf(greenlet: Greenlet<unknown>): Life {
    const life = this.#lives.get(greenlet) ?? this.#enter(greenlet, RUNNING, this.#runsSince)
    if (life.doing !== RUNNING) this.#turn(life, RUNNING, this.#runsSince)
    return life
  }

  #end(greenlet: Greenlet<unknown>, now: number): void {
    const life = this.#lives.get(greenlet)
    if (life === undefined) return
    if (greenlet === this.#running) this.#lifeOf(greenlet)
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
    this.#file.instant(lane, { name, cat: 'download', args }, now)
  }

  /** Gives it a lane from now on. */
  #enter(greenlet: Greenlet<unknown>, doing: Kind, now: number): Life {
    const ancestor = this.#lanes > MOST_OWN_LANES ? this.#ended.pop() : undefined
    const lane = ancestor?.lane ?? ++this.#lanes
    const isHeir = ancestor !== undefined
    const begin = Math.max(now, ancestor?.since ?? 0)
    const life = { lane, isHeir, begin, doing, since: begin + 1, download: undefined }
    this.#lives.set(greenlet, life)
    return life
  }

  /** Writes what was done up to now. */
  #turn(life: Life, doing: Kind, now: number): void {
    if (now - life.since >= SHORTEST) {
      this.#file.span(life.lane, life.doing, life.since, now)
      life.since = now
    }
    life.doing = doing
  }

  #kindOf(parkedOn: unknown): Kind {
    const name = describe(parkedOn)
    let kind = this.#kinds.get(name)
    if (kind === undefined) {
      kind = { name, cat: categoryOf(name) }
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
    this.#file.span(lane, { name, cat: 'download', args }, begin, life.since)
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
    this.#file.span(lane, { name, cat: 'greenlet' }, life.begin, life.since)
  }
}

/** Of the name of what a greenlet is parked on. */
function categoryOf(parkedOn: string): string {
  if (parkedOn === 'disk') return 'disk'
  if (parkedOn.startsWith('network: ')) return 'network'
  return parkedOn === 'sleep' ? 'timer' : 'parked'
}
