/**
 * One download, from its turn to its file: the state machine of an entry.
 *
 *     waiting for its turn <──── redirected to another origin ───┐
 *        │  ^                                                    │
 *        │  └── retrying (a pause) <── what may pass ──┐         │
 *        v                                            │         │
 *     connecting ──> receiving ──> verifying ──> renamed: done  │
 *        │ └────────────│─────────────│───────────────│─────────┘
 *        └──────────────┴─────────────┴───────────────┴──> the next mirror, or failed for good
 *
 * Its turn, a job and a place at the origin, is held from connecting to the end of the exchange, never
 * while it pauses or waits. What a single try does is in `fetch.ts`.
 */
import { FileError, GdlError, NetworkError, redact, ResponseError } from '../errors.ts'
import { type RequestFields, Story, targetOf, type Transport } from '../io/index.ts'
import { type Event, type Operation, rethrowExit, sleep, Timeout } from '../scheduler/index.ts'
import { Allowance } from './allowance.ts'
import { backoffMs } from './backoff.ts'
import type { Checksum, Entry } from './entry.ts'
import type { DownloadEvent, StageListener } from './events.ts'
import { Fetch, type Fetched } from './fetch.ts'
import type { Folders } from './folders.ts'
import type { Governor } from './governor.ts'
import { fieldsOf, type SessionOptions } from './options.ts'
import type { RateLimit } from './rate.ts'
import { Source } from './source.ts'
import { LiveTransfer } from './transfer.ts'
import type { Turn } from './turn.ts'

/** What a download needs of its run. */
export interface Surroundings {
  readonly options: SessionOptions
  readonly transport: Transport
  readonly governor: Governor
  readonly folders: Folders
  /** Of the requests for an entry that has none of its own. */
  readonly fields: RequestFields
  /** `--limit`, over all downloads. */
  readonly limit: RateLimit
  /** Where a download to `path` goes whose server calls it `name`; undefined: it is there, and stays. */
  pathNamed(name: string, path: string): string | undefined
  /** Set unless the run is paused. */
  readonly going: Event
  /** Tells what happened. */
  emit(event: DownloadEvent): void
  /** A download has emitted its failure: it may be wanted again. */
  gaveUp(assignment: Assignment): void
  /** Body bytes have come. */
  count(bytes: number): void
  /** Undefined when nobody wants to know. */
  readonly onStage: StageListener | undefined
}

/** A file that is there already. */
export interface Present {
  readonly modifiedMs: number
  readonly bytes: number
  /** What the server called this version, where that was worth remembering. */
  readonly etag: string | undefined
}

/** What one download is to do. */
export interface Assignment {
  readonly id: number
  readonly entry: Entry
  /** Undefined is standard output. */
  readonly path: string | undefined
  /** What the whole must have. */
  readonly checksum: Checksum | undefined
  /** The file that is there, if it is to be replaced by a newer one alone. */
  readonly present: Present | undefined
}

/** Downloads one entry. */
export class Download {
  readonly #assignment: Assignment
  readonly #around: Surroundings
  #turn: Turn | undefined

  constructor(assignment: Assignment, around: Surroundings) {
    this.#assignment = assignment
    this.#around = around
  }

  /** Parks until it has ended, well or not; emits its events and throws nothing but kills. */
  *run(): Operation<void> {
    const { id, entry, path } = this.#assignment
    const { governor, options, fields } = this.#around
    const [url] = entry.urls
    let transfer: LiveTransfer | undefined
    let timeout: Timeout | undefined
    try {
      // A hundred thousand downloads may be parked right here: nothing is made before.
      this.#turn = governor.ask(targetOf(url, fields).origin)
      yield* this.#turn.granted()
      transfer = new LiveTransfer(id, redact(url), path ?? '-', this.#around.onStage)
      this.#around.emit({ event: 'start', transfer })
      const { maxTimeMs } = options
      if (maxTimeMs !== undefined) timeout = Timeout.start(maxTimeMs, late(maxTimeMs))
      const allowance = new Allowance(this.#around, transfer, this.#turn)
      const fetch = new Fetch(this.#assignment, this.#around, transfer, allowance)
      this.#turn = undefined
      try {
        yield* fetch.open()
        yield* this.#tryMirrors(fetch, transfer)
      } finally {
        yield* fetch.leave()
      }
    } catch (error) {
      rethrowExit(error)
      this.#fail(asGdlError(error), transfer)
    } finally {
      timeout?.close()
      this.#turn?.giveBack()
    }
  }

  *#tryMirrors(fetch: Fetch, transfer: LiveTransfer): Operation<void> {
    const { transport, options } = this.#around
    const isVerified = this.#assignment.checksum !== undefined
    const fields = this.#fields()
    const note = (message: string): void => this.#note(message)
    const readAheadBytes = (): number | undefined => fetch.allowance.readAheadBytes
    // Further connections ask while others receive.
    const sent = (): void => {
      if (transfer.state === 'connecting') transfer.state = 'waiting'
    }
    const story = options.story ? storiesTold(note) : undefined
    const asking = { transport, options, note, sent, story, readAheadBytes }
    const sources = this.#assignment.entry.urls.map(
      (url) => new Source(url, targetOf(url, fields), isVerified, asking),
    )
    for (const [index, source] of sources.entries()) {
      try {
        transfer.url = redact(source.url)
        yield* this.#tryOne(fetch, source, sources, transfer)
        return
      } catch (error) {
        rethrowExit(error)
        const isLast = index === sources.length - 1 || fetch.isCommitted
        if (isLast || !mirrorMayHelp(error)) throw error
        note(`${asGdlError(error).message}; on to the next mirror`)
      }
    }
  }

  /** Tries one URL until the file is there, or what went wrong won't pass, or has too often. */
  *#tryOne(
    fetch: Fetch,
    source: Source,
    sources: readonly Source[],
    transfer: LiveTransfer,
  ): Operation<void> {
    const { options } = this.#around
    let failures = 0
    let furthest = transfer.bytes
    for (;;) {
      transfer.attempt++
      transfer.state = 'connecting'
      try {
        const fetched = yield* fetch.attempt(source, sources)
        this.#succeed(fetched, transfer)
        return
      } catch (error) {
        rethrowExit(error)
        const failure = asGdlError(error)
        // A try that got further than all before it is progress, and counts anew.
        if (transfer.bytes > furthest) failures = 0
        furthest = Math.max(furthest, transfer.bytes)
        fetch.failed(failure)
        failures++
        if (!failure.retryable || failures > options.retries || fetch.isCommitted) throw failure
        yield* this.#pause(fetch, failure, failures, transfer)
      }
    }
  }

  *#pause(
    fetch: Fetch,
    error: GdlError,
    failures: number,
    transfer: LiveTransfer,
  ): Operation<void> {
    const { retryDelayMs, retryMaxDelayMs, maxTimeMs } = this.#around.options
    const asked = error instanceof ResponseError ? error.retryAfterMs : undefined
    const delayMs = asked ?? backoffMs(failures, { baseMs: retryDelayMs, maxMs: retryMaxDelayMs })
    const nowMs = performance.now()
    if (maxTimeMs !== undefined && nowMs + delayMs > transfer.startedMs + maxTimeMs) throw error
    fetch.allowance.giveTurn()
    transfer.state = 'retrying'
    transfer.retryAtMs = nowMs + delayMs
    const { attempt, url } = transfer
    this.#around.emit({ event: 'retry', id: this.#assignment.id, url, attempt, delayMs, error })
    yield* sleep(delayMs)
    transfer.retryAtMs = undefined
  }

  /** Merged anew only for an entry that has fields of its own. */
  #fields(): RequestFields {
    const { entry } = this.#assignment
    const { headers, userAgent, referer } = entry
    const isPlain = headers === undefined && userAgent === undefined && referer === undefined
    return isPlain ? this.#around.fields : fieldsOf(this.#around.options, entry)
  }

  #note(message: string): void {
    this.#around.emit({ event: 'detail', id: this.#assignment.id, message })
  }

  #succeed({ bytes, status }: Fetched, { url, path, attempt, startedMs }: LiveTransfer): void {
    const seconds = (performance.now() - startedMs) / 1000
    const { id } = this.#assignment
    this.#around.emit({ event: 'done', id, url, path, bytes, seconds, attempts: attempt, status })
  }

  #fail(error: GdlError, transfer: LiveTransfer | undefined): void {
    const { id, entry, path } = this.#assignment
    this.#around.emit({
      event: 'fail',
      id,
      url: transfer?.url ?? redact(entry.urls[0]),
      path,
      attempts: transfer?.attempt ?? 0,
      error,
      source: entry.source,
    })
    this.#around.gaveUp(this.#assignment)
  }
}

/** Makes stories of requests, whose lines are told apart by a number: several may be under way. */
function storiesTold(note: (line: string) => void): () => Story {
  let count = 0
  return () => {
    const number = ++count
    return new Story((line) => note(`(${number}) ${line}`))
  }
}

/** Not when the fault is on this side, or the time is over. */
function mirrorMayHelp(error: unknown): boolean {
  return !(error instanceof FileError) && asGdlError(error).code !== 'GDL_ERR_MAX_TIME'
}

function late(ms: number): NetworkError {
  return new NetworkError('GDL_ERR_MAX_TIME', `not done in the ${ms / 1000} s of --max-time`)
}

function asGdlError(error: unknown): GdlError {
  if (error instanceof GdlError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new GdlError('GDL_ERR_INTERNAL', message, { cause: error })
}
