/**
 * A run: entries in, one greenlet for each, events out.
 */
import { statSync } from 'node:fs'
import { relative } from 'node:path'
import { type ErrorCode, type GdlError, redact, UsageError } from '../errors.ts'
import { Transport } from '../io/index.ts'
import { Event, Group, killall, type Operation } from '../scheduler/index.ts'
import { Destinations } from './destinations.ts'
import { type Assignment, Download, type Present, type Surroundings } from './download.ts'
import type { Entry, Item } from './entry.ts'
import type { DownloadEvent, RunState, StageListener, Transfer } from './events.ts'
import { Folders } from './folders.ts'
import { Governor } from './governor.ts'
import { Journal } from './journal.ts'
import { KeySet } from './key-set.ts'
import { fieldsOf, type SessionOptions } from './options.ts'
import { RateLimit } from './rate.ts'
import { checkOptions } from './check-options.ts'

/** A list with more than this is read on when some of them have ended; each takes some 2 KiB. */
const MOST_WAITING = 10_000

interface Failed {
  readonly code: ErrorCode
  assignment: Assignment | undefined
}

/** Downloads entries, all at once as far as the limits allow. */
export class Session {
  readonly state: RunState
  readonly #options: SessionOptions
  readonly #listener: (event: DownloadEvent) => void
  readonly #around: Surroundings
  readonly #transport: Transport
  readonly #destinations: Destinations
  readonly #seen = new KeySet()
  readonly #downloads = new Group()
  readonly #active = new Set<Transfer>()
  readonly #transferOf = new Map<number, Transfer>()
  /** What has failed; an assignment could be tried again. */
  readonly #failed = new Map<number, Failed>()
  readonly #going = new Event()
  #lastId = 0
  #holds = 0
  /** Whether nobody waits for downloads any more. */
  #isOver = false
  readonly #hasRoom = new Event()

  /**
   * `listener` is called synchronously with each event, and must neither park nor throw. `onStage` is
   * for who records: it is called several times a download, and costs nothing where there is none.
   */
  constructor(
    options: SessionOptions,
    listener: (event: DownloadEvent) => void,
    onStage?: StageListener,
  ) {
    checkOptions(options)
    this.#options = options
    this.#listener = listener
    this.#transport = new Transport(options.transport)
    this.#going.set()
    this.state = {
      total: 0,
      downloaded: 0,
      present: 0,
      failed: 0,
      bytes: 0,
      active: this.#active,
      startedMs: performance.now(),
      paused: false,
      complete: false,
    }
    const folders = new Folders(options.dir)
    this.#destinations = new Destinations(options, folders)
    this.#around = {
      options,
      transport: this.#transport,
      governor: new Governor(options),
      folders,
      fields: fieldsOf(options, {}),
      limit: new RateLimit(options.limitBytesPerSecond),
      pathNamed: (name, path) => this.#destinations.renamed(name, path),
      going: this.#going,
      emit: (event) => this.#emit(event),
      gaveUp: (assignment) => {
        this.#failed.get(assignment.id)!.assignment = assignment
      },
      count: (bytes) => {
        this.state.bytes += bytes
      },
      onStage,
    }
  }

  /** What in the settings' files could not be used. */
  get warnings(): readonly string[] {
    return this.#transport.warnings
  }

  /** Takes the next item of a list: starts its download, or has it fail or warn. Does not park. */
  take(item: Item): void {
    if (item.kind === 'entry') this.add(item.entry)
    else if (item.kind === 'warning') {
      this.#emit({ event: 'warning', message: `${item.source}: ${item.message}` })
    } else {
      this.state.total++
      const id = ++this.#lastId
      this.#emit({ event: 'added', id, item })
      const error = new UsageError('GDL_ERR_ENTRY', item.message)
      this.#fail(id, item.text, error, item.source)
    }
  }

  /**
   * Starts the download of `entry`, unless it was asked for before in this run, or its file is there
   * and to be left alone. Does not park.
   */
  add(entry: Entry): void {
    const [url] = entry.urls
    if (!this.#seen.add(keyOf(entry))) return
    this.state.total++
    const id = ++this.#lastId
    this.#emit({ event: 'added', id, item: { kind: 'entry', entry } })
    try {
      const path = this.#destinations.of(entry, id)
      if (path !== undefined && this.#destinations.isTaken(path))
        this.#present(id, redact(url), path)
      else if (this.#options.dryRun) {
        this.#emit({ event: 'planned', id, url: redact(url), path: path ?? '-' })
      } else {
        this.#begin(this.#assign(id, entry, path))
      }
    } catch (error) {
      this.#fail(id, redact(url), error as GdlError, entry.source)
    }
  }

  /** Lets no more downloads begin until `release` was called as often: a reader of events is behind. */
  hold(): void {
    this.#holds++
    this.#around.governor.suspend()
  }

  release(): void {
    this.#holds--
    this.#hasRoom.set()
    this.#around.governor.resume()
  }

  /**
   * Has everything wait until `resume`: nothing begins, and of what is under way no more is read than
   * the batch that is on its way. Connections stay open, as long as their servers have patience, and
   * `maxTimeMs` goes on. Twice is once. Does not park.
   */
  pause(): void {
    if (this.state.paused) return
    this.state.paused = true
    this.#going.clear()
    this.hold()
  }

  resume(): void {
    if (!this.state.paused) return
    this.state.paused = false
    this.#going.set()
    this.release()
  }

  /** How many downloads may be under way at once just now. */
  get jobs(): number {
    return this.#around.governor.jobs
  }

  /** At least 1. Where it was `auto`, it is a number from then on. What is under way goes on. */
  set jobs(jobs: number) {
    this.#around.governor.jobs = jobs
  }

  /** Bytes a second over all; undefined: no bound. May be changed at any time. */
  get limit(): number | undefined {
    return this.#around.limit.rate
  }

  set limit(bytesPerSecond: number | undefined) {
    this.#around.limit.rate = bytesPerSecond
  }

  /**
   * Tries again what has failed after it had got its name, with the same ids, so that one that had
   * its `fail` may have a `start` and a `done` afterwards. Gives how many; none once `join` has ended or
   * `stop` has begun. Does not park.
   */
  retryFailed(): number {
    if (this.#isOver) return 0
    let count = 0
    for (const [id, { assignment }] of this.#failed) {
      if (assignment === undefined) continue
      this.#failed.delete(id)
      this.state.failed--
      this.#begin(assignment)
      count++
    }
    return count
  }

  /** The codes of all that has failed, and was not tried again. */
  get errorCodes(): Set<ErrorCode> {
    return new Set(Array.from(this.#failed.values(), ({ code }) => code))
  }

  /** Parks while it is held, or has more than can be held: for those who read long lists. */
  *room(): Operation<void> {
    while (this.#holds > 0 || this.#downloads.size >= MOST_WAITING) {
      this.#hasRoom.clear()
      yield* this.#hasRoom.wait()
    }
  }

  /** Says that no more entries will come, and parks until all downloads have ended. */
  *join(): Operation<void> {
    this.state.complete = true
    while (this.#downloads.size > 0) yield* this.#downloads.join()
    this.#isOver = true
    this.#transport.close()
  }

  /** Kills all downloads, and parks until each has cleaned up. */
  *stop(): Operation<void> {
    this.#isOver = true
    yield* killall(this.#downloads)
    this.#transport.close()
  }

  #begin(assignment: Assignment): void {
    this.#downloads.spawn(runDownload, new Download(assignment, this.#around))
  }

  #assign(id: number, entry: Entry, path: string | undefined): Assignment {
    const { ifExists, checksums, dir } = this.#options
    const checksum =
      entry.checksum ?? (path === undefined ? undefined : checksums?.get(relative(dir, path)))
    const isUpdate = ifExists === 'update' && path !== undefined
    return { id, entry, path, checksum, present: isUpdate ? presentAt(path) : undefined }
  }

  #present(id: number, url: string, path: string): void {
    const nothing = { bytes: 0, seconds: 0, attempts: 0 }
    this.#emit({ event: 'done', id, url, path, ...nothing, status: 'present' })
  }

  #fail(id: number, url: string, error: GdlError, source: string | undefined): void {
    this.#emit({ event: 'fail', id, url, path: undefined, attempts: 0, error, source })
  }

  #emit(event: DownloadEvent): void {
    const { state } = this
    switch (event.event) {
      case 'start':
        this.#transferOf.set(event.transfer.id, event.transfer)
        this.#active.add(event.transfer)
        break
      case 'done':
        if (event.status === 'present' || event.status === 'unchanged') state.present++
        else state.downloaded++
        this.#forget(event.id)
        break
      case 'fail':
        state.failed++
        this.#failed.set(event.id, { code: event.error.code, assignment: undefined })
        this.#forget(event.id)
        break
      default:
    }
    this.#listener(event)
  }

  #forget(id: number): void {
    this.#hasRoom.set()
    const transfer = this.#transferOf.get(id)
    if (transfer === undefined) return
    this.#active.delete(transfer)
    this.#transferOf.delete(id)
  }
}

function presentAt(path: string): Present | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  const { mtimeMs: modifiedMs, size: bytes } = stats
  return { modifiedMs, bytes, etag: Journal.rememberedEtag(path, bytes) }
}

function runDownload(download: Download): Operation<void> {
  return download.run()
}

function keyOf({ urls: [url], dir, out }: Entry): string {
  if (dir === undefined && out === undefined) return url
  return [url, dir, out].join('\n')
}
