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
 * while it pauses or waits. Whatever the way out, the exchange is closed and the part file is renamed
 * or removed.
 */
import { FileError, GdlError, NetworkError, redact, ResponseError } from '../errors.ts'
import {
  fieldValue,
  isRedirect,
  redirectTarget,
  type RequestFields,
  type Response,
  targetOf,
  tooManyRedirects,
  type Transport,
} from '../io/index.ts'
import { type Operation, rethrowExit, sleep, Timeout } from '../scheduler/index.ts'
import { backoffMs, parseHttpDate } from './backoff.ts'
import type { Entry } from './entry.ts'
import type { DownloadEvent } from './events.ts'
import type { Governor, Turn } from './governor.ts'
import { fieldsOf, type SessionOptions } from './options.ts'
import { type Folders, PartFile, writeWhole } from './part-file.ts'
import { type Sink, StandardOutput } from './sink.ts'
import { refusalOf } from './status.ts'
import { LiveTransfer } from './transfer.ts'
import { Verifier } from './verify.ts'

/** A body that is known to be at most so long is waited for, and then written at once. */
const SHORT_BYTES = 256 * 1024

/** What a download needs of its run. */
export interface Surroundings {
  readonly options: SessionOptions
  readonly transport: Transport
  readonly governor: Governor
  readonly folders: Folders
  /** Of the requests for an entry that has none of its own. */
  readonly fields: RequestFields
  /** Tells what happened. */
  emit(event: DownloadEvent): void
  /** Body bytes have come. */
  count(bytes: number): void
}

/** Downloads one entry to `path`, or to standard output where that is undefined. */
export class Download {
  readonly #id: number
  readonly #entry: Entry
  readonly #path: string | undefined
  readonly #around: Surroundings
  /** Its turn, asked for or granted. */
  #turn: Turn | undefined
  /** Bytes have gone where they can't be taken back from. */
  #committed = false

  constructor(id: number, entry: Entry, path: string | undefined, around: Surroundings) {
    this.#id = id
    this.#entry = entry
    this.#path = path
    this.#around = around
  }

  /** Parks until it has ended, well or not; emits its events and throws nothing but kills. */
  *run(): Operation<void> {
    const [url] = this.#entry.urls
    let transfer: LiveTransfer | undefined
    let timeout: Timeout | undefined
    try {
      // A hundred thousand downloads may be parked right here: nothing is made before.
      this.#turn = this.#around.governor.ask(targetOf(url, this.#around.fields).origin)
      yield* this.#turn.granted()
      transfer = new LiveTransfer(this.#id, redact(url), this.#path ?? '-')
      this.#around.emit({ event: 'start', transfer })
      const { maxTimeMs } = this.#around.options
      if (maxTimeMs !== undefined) timeout = Timeout.start(maxTimeMs, late(maxTimeMs))
      yield* this.#tryMirrors(transfer)
    } catch (error) {
      rethrowExit(error)
      this.#fail(asGdlError(error), transfer)
    } finally {
      timeout?.close()
      this.#giveTurn()
    }
  }

  *#tryMirrors(transfer: LiveTransfer): Operation<void> {
    const { urls } = this.#entry
    for (const [index, url] of urls.entries()) {
      try {
        if (index > 0) transfer.url = redact(url)
        yield* this.#tryOne(url, transfer)
        return
      } catch (error) {
        rethrowExit(error)
        const isLast = index === urls.length - 1 || this.#committed
        if (isLast || !mirrorMayHelp(error)) throw error
        const message = `${asGdlError(error).message}; on to the next mirror`
        this.#around.emit({ event: 'detail', id: this.#id, message })
      }
    }
  }

  /** Tries one URL until the file is there, or what went wrong won't pass, or has too often. */
  *#tryOne(url: string, transfer: LiveTransfer): Operation<void> {
    const { options } = this.#around
    let failures = 0
    let furthest = 0
    for (;;) {
      transfer.attempt++
      transfer.state = 'connecting'
      try {
        const bytes = yield* this.#attempt(url, transfer)
        this.#succeed(bytes, transfer)
        return
      } catch (error) {
        rethrowExit(error)
        const failure = asGdlError(error)
        // A try that got further than all before it is progress, and counts anew.
        if (transfer.bytes > furthest) failures = 0
        furthest = Math.max(furthest, transfer.bytes)
        transfer.response = undefined
        failures++
        if (!failure.retryable || failures > options.retries || this.#committed) throw failure
        yield* this.#pause(url, failure, failures, transfer)
      }
    }
  }

  *#pause(url: string, error: GdlError, failures: number, transfer: LiveTransfer): Operation<void> {
    const { retryDelayMs, retryMaxDelayMs, maxTimeMs } = this.#around.options
    const asked = error instanceof ResponseError ? error.retryAfterMs : undefined
    const delayMs = asked ?? backoffMs(failures, { baseMs: retryDelayMs, maxMs: retryMaxDelayMs })
    const nowMs = performance.now()
    if (maxTimeMs !== undefined && nowMs + delayMs > transfer.startedMs + maxTimeMs) throw error
    this.#giveTurn()
    transfer.state = 'retrying'
    transfer.retryAtMs = nowMs + delayMs
    this.#around.emit({
      event: 'retry',
      id: this.#id,
      url: redact(url),
      attempt: transfer.attempt,
      delayMs,
      error,
    })
    yield* sleep(delayMs)
    transfer.retryAtMs = undefined
  }

  /** One try: redirects followed, the body received, checked and in its place. Gives its length. */
  *#attempt(url: string, transfer: LiveTransfer): Operation<number> {
    const { options, transport } = this.#around
    let target = targetOf(url, this.#fields())
    for (let followed = 0; ; followed++) {
      yield* this.#takeTurn(target.origin)
      const response = yield* transport.request(target, options)
      try {
        if (!isRedirect(response.status)) return yield* this.#receive(response, transfer)
        if (followed === options.maxRedirects) throw tooManyRedirects(url, options.maxRedirects)
        const location = fieldValue(response.headers, 'location')
        target = redirectTarget(target, location, options.allowDowngrade)
        const message = `${response.status} to ${redact(target.href)}`
        this.#around.emit({ event: 'detail', id: this.#id, message })
        yield* response.discard()
      } finally {
        response.close()
      }
    }
  }

  *#receive(response: Response, transfer: LiveTransfer): Operation<number> {
    const refusal = refusalOf(response, Date.now())
    if (refusal !== undefined) {
      yield* response.discard()
      throw refusal
    }
    transfer.response = response
    transfer.total = response.length
    transfer.state = 'receiving'
    const verifier = new Verifier(response, this.#entry)
    const isShort = response.ended || (response.length ?? Infinity) <= SHORT_BYTES
    if (isShort && this.#path !== undefined) {
      yield* this.#receiveShort(response, verifier, this.#path)
    } else {
      yield* this.#receiveLong(response, verifier)
    }
    return verifier.bytes
  }

  *#receiveShort(response: Response, verifier: Verifier, path: string): Operation<void> {
    yield* response.arrived()
    const batch = yield* response.readBatch()
    verifier.add(batch?.chunks ?? [])
    this.#around.count(verifier.bytes)
    try {
      verifier.check()
      this.#around.folders.makeFor(path)
      writeWhole(path, batch?.chunks ?? [], this.#modifiedMs(response))
    } finally {
      batch?.release()
    }
  }

  *#receiveLong(response: Response, verifier: Verifier): Operation<void> {
    const sink = this.#open()
    let isWhole = false
    try {
      for (;;) {
        const batch = yield* response.readBatch()
        if (batch === undefined) break
        verifier.add(batch.chunks)
        this.#around.count(batch.bytes)
        yield* sink.write(batch)
      }
      verifier.check()
      yield* sink.commit(this.#modifiedMs(response))
      isWhole = true
    } finally {
      if (!isWhole) yield* sink.discard()
    }
  }

  /** The time that the file is to have, by the server's Last-Modified (RFC 9110, 8.8.2). */
  #modifiedMs({ headers }: Response): number | undefined {
    const value = fieldValue(headers, 'last-modified')
    if (value === undefined || !this.#around.options.timestamps) return undefined
    return parseHttpDate(value, Date.now())
  }

  #open(): Sink {
    if (this.#path === undefined) {
      this.#committed = true
      return new StandardOutput()
    }
    this.#around.folders.makeFor(this.#path)
    return PartFile.open(this.#path)
  }

  /** Merged anew only for an entry that has fields of its own. */
  #fields(): RequestFields {
    const { headers, userAgent, referer } = this.#entry
    const isPlain = headers === undefined && userAgent === undefined && referer === undefined
    return isPlain ? this.#around.fields : fieldsOf(this.#around.options, this.#entry)
  }

  *#takeTurn(origin: string): Operation<void> {
    if (this.#turn?.origin === origin) return
    this.#giveTurn()
    this.#turn = this.#around.governor.ask(origin, { returning: true })
    yield* this.#turn.granted()
  }

  #giveTurn(): void {
    this.#turn?.giveBack()
    this.#turn = undefined
  }

  #succeed(bytes: number, { url, path, attempt, startedMs }: LiveTransfer): void {
    const seconds = (performance.now() - startedMs) / 1000
    this.#around.emit({
      event: 'done',
      id: this.#id,
      url,
      path,
      bytes,
      seconds,
      attempts: attempt,
      status: 'downloaded',
    })
  }

  #fail(error: GdlError, transfer: LiveTransfer | undefined): void {
    this.#around.emit({
      event: 'fail',
      id: this.#id,
      url: transfer?.url ?? redact(this.#entry.urls[0]),
      path: this.#path,
      attempts: transfer?.attempt ?? 0,
      error,
      source: this.#entry.source,
    })
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
