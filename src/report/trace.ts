/**
 * `--trace`: what the scheduler's hooks tell, noted as it happens, and worked through behind a turn of the loop.
 *
 * A hook is called in the middle of a switch, and V8 compiles it into all that switches. So it does no more
 * than note when, what and who; `Timeline` makes spans of the notes, soon: notes of a whole second survive
 * V8's first collections, for 7 % more CPU time. 3,000 files of 10 KiB take 8 % longer with all that, and took
 * 17 % with hooks that wrote themselves; nearly half of either is V8's compiler, in another thread.
 */
import type { DownloadEvent } from '../download/events.ts'
import type { FileError } from '../errors.ts'
import { getcurrent, type Greenlet, type Hub, type Tracer } from '../scheduler/index.ts'
import { MOST_OWN_LANES, type Note, Timeline } from './timeline.ts'

/** So many are worked through behind a turn, or in the middle of one where it is long. */
const MANY_NOTES = 256
const MOST_NOTES = 4096

/** Listens to the scheduler (`addTracer`) and to the engine. */
export class TraceWriter implements Tracer {
  readonly #timeline: Timeline
  #notes: Note[] = []
  /** How many greenlets have had a lane from their spawn on, and the highest id of those. */
  #owners = 0
  #lastOwner = 0
  /** When the turn of the loop began. */
  #turnSinceMs: number = performance.now()
  /** Whether who runs has its first turn, and no lane. */
  #isUnseen = false

  /** Opens `path`. UsageError when it can't be written. */
  constructor(path: string) {
    this.#timeline = new Timeline(path)
  }

  spawn(greenlet: Greenlet<unknown>): void {
    if (this.#owners === MOST_OWN_LANES) return
    this.#owners++
    this.#lastOwner = Math.max(this.#lastOwner, greenlet.id)
    this.#note('spawn', greenlet)
  }

  switch(
    _event: 'switch' | 'throw',
    from: Greenlet<unknown> | Hub,
    to: Greenlet<unknown> | Hub,
  ): void {
    if ('hub' in to) {
      this.#isUnseen = to.id > this.#lastOwner && to.doing === 'starting'
      if (!this.#isUnseen) this.#note('run', to)
    } else if (!this.#isUnseen && 'hub' in from && from.parkedOn !== undefined) {
      this.#note('park', from, from.parkedOn)
    }
  }

  wake(greenlet: Greenlet<unknown>): void {
    this.#note('wake', greenlet)
  }

  end(greenlet: Greenlet<unknown>): void {
    this.#note('end', greenlet)
  }

  iteration(phase: 'begin' | 'end'): void {
    if (phase === 'begin') this.#turnSinceMs = performance.now()
    else {
      this.#note('turn', undefined, this.#turnSinceMs)
      if (this.#notes.length >= MANY_NOTES) this.#workThrough()
    }
  }

  timer(timer: object): void {
    this.#note('timer', undefined, timer)
  }

  /** What a download does, whose greenlet is the current one. */
  event(event: DownloadEvent): void {
    if (event.event === 'added') return
    this.#isUnseen = false
    this.#note('event', getcurrent(), event)
  }

  /** Ends what has not ended, and the file. FileError when it is not whole. Twice is once. */
  close(): FileError | undefined {
    this.#workThrough()
    return this.#timeline.close(performance.now())
  }

  #note(hook: Note['hook'], greenlet: Greenlet<unknown> | undefined, detail?: unknown): void {
    const count = this.#notes.push({ atMs: performance.now(), hook, greenlet, detail })
    if (count >= MOST_NOTES) this.#workThrough()
  }

  #workThrough(): void {
    const notes = this.#notes
    this.#notes = []
    for (const note of notes) this.#timeline.add(note)
  }
}
