/**
 * A file in the making: its part file, its journal and its plan, from the lock to the rename.
 *
 * It outlives the tries and the mirrors of a download. Whatever ends it, `finish` or `leave` comes last:
 * the one makes it NAME, the other keeps what a later run can go on from, and nothing else.
 */
import { statSync } from 'node:fs'
import type { Batch } from '../io/index.ts'
import { type Operation, sleep } from '../scheduler/index.ts'
import type { Checksum, Pieces } from './entry.ts'
import { Journal } from './journal.ts'
import type { JournalState } from './journal-record.ts'
import { PartFile, partOf } from './part-file.ts'
import { Plan, type Range, type Segment } from './plan.ts'
import { isResumable, type Representation } from './representation.ts'
import { type Promised, Verifier } from './verify.ts'

/** What comes between two records of the journal: so much is fetched again, at most, after a crash. */
const CHECKPOINT_BYTES = 16 * 1024 * 1024
const CHECKPOINT_MS = 500
/** A part file without a journal may be a small file's that another process writes just now. */
const YOUNG_MS = 1000

/** How a body is kept. */
export interface BodyOptions {
  /** Whether what an earlier run has left is used. */
  readonly resume: boolean
  /** Whether the disk must have it. */
  readonly fsync: boolean
}

/** How a body is finished. */
interface FinishOptions {
  /** Whether its validators stay, for a later question whether there is a newer version. */
  readonly isRemembered?: boolean
  /** Called when it is known to be right, before it becomes NAME. */
  readonly checked?: () => void
}

/** Which file it is the body of. */
export interface Origin {
  /** The URL that was asked for. */
  readonly url: string
  /** Where redirects led. */
  readonly finalUrl: string
  readonly representation: Representation
}

/** The bytes of one file. */
export class Body {
  readonly #path: string
  readonly #options: BodyOptions
  readonly #journal: Journal
  #part: PartFile | undefined
  #origin: Origin | undefined
  #plan = new Plan(undefined)
  #verifier = new Verifier({ checksum: undefined, digest: undefined })
  #promised: Promised = { checksum: undefined, digest: undefined }
  #recordedBytes = 0
  #recordedMs = 0
  /** How many bytes an earlier run has left. */
  #inherited = 0

  private constructor(path: string, options: BodyOptions, journal: Journal) {
    this.#path = path
    this.#options = options
    this.#journal = journal
  }

  /**
   * Takes the lock of `path`, and what an earlier run has left of one of `urls`. `note` is told why that
   * is not used. Parks; FileError, GDL_ERR_LOCKED among them. `leave` it, whatever happens.
   */
  static *open(
    path: string,
    urls: readonly string[],
    options: BodyOptions,
    note: (message: string) => void,
  ): Operation<Body> {
    const { journal, left, refusal } = yield* Journal.claim(path, options.fsync)
    const body = new Body(path, options, journal)
    const why = refusal ?? (left === undefined ? undefined : body.#takeUp(left, urls))
    if (why !== undefined) note(`${path}: ${why}; starting again`)
    return body
  }

  /** What it is of; undefined before `begin`, and when nothing was left. */
  get origin(): Origin | undefined {
    return this.#origin
  }

  get plan(): Plan {
    return this.#plan
  }

  /** How many bytes are there. */
  get bytes(): number {
    return this.#plan.bytes
  }

  /** What it is checked by when it is whole. */
  get algorithms(): readonly string[] {
    return this.#verifier.algorithms
  }

  /** Whether the rest can be asked for by itself. */
  get canResume(): boolean {
    return this.#origin !== undefined && isResumable(this.#origin.representation)
  }

  /** Whether bytes of an earlier run are in it. */
  get isResumed(): boolean {
    return this.#inherited > 0
  }

  /** Forgets what is there, and begins with a file of this origin. Parks. FileError. */
  *begin(origin: Origin, promised: Promised): Operation<void> {
    this.#inherited = 0
    this.#origin = origin
    this.#plan = new Plan(origin.representation.length)
    this.promise(promised)
    if (this.#part === undefined) {
      const ageMs = ageOf(partOf(this.#path))
      if (ageMs !== undefined && ageMs < YOUNG_MS) yield* sleep(YOUNG_MS - Math.max(0, ageMs))
      this.#part = PartFile.open(this.#path)
    } else {
      yield* this.#part.truncate(0)
    }
    this.#recordedBytes = 0
    this.#recordedMs = performance.now()
    this.#record(this.#state)
  }

  /** What the server says that the whole has, if it has not said so before. */
  learnDigest(digest: Checksum | undefined): void {
    if (digest === undefined || this.#promised.digest !== undefined) return
    this.promise({ ...this.#promised, digest })
  }

  /** What the whole is to have. */
  promise(promised: Promised): void {
    this.#promised = promised
    this.#verifier = new Verifier(promised)
  }

  /** Writes bytes of a segment, in order; `batch` is released. Parks until they are there. FileError. */
  *write(
    segment: Segment,
    batch: Batch,
    chunks: readonly Buffer[],
    bytes: number,
  ): Operation<void> {
    const { position } = segment
    segment.position += bytes
    this.#verifier.add(position, chunks)
    let isWritten = false
    try {
      yield* this.#part!.write(position, chunks, () => batch.release())
      isWritten = true
    } finally {
      // These bytes come again, perhaps from another mirror: the hashes may not be of what is in the file.
      if (!isWritten) this.promise(this.#promised)
    }
    this.#plan.advance(segment, bytes)
    if (this.canResume && this.#isRecordDue()) yield* this.#checkpoint()
  }

  /** Reads it back, and has the pieces whose hash is wrong be missing again. Parks. Gives how many. */
  *dropBadPieces({ algorithm, lengthBytes, hexes }: Pieces): Operation<number> {
    const length = this.bytes
    const bad: Range[] = []
    for (const [index, hex] of hexes.entries()) {
      const start = index * lengthBytes
      const end = Math.min(start + lengthBytes, length)
      const piece = new Verifier({ checksum: { algorithm, hex }, digest: undefined })
      yield* piece.readBack(end - start, (position, buffer) =>
        this.#part!.read(start + position, buffer),
      )
      if (start < end && !piece.isRight) bad.push({ start, end })
    }
    for (const range of bad) this.#plan.reopen(range)
    if (bad.length > 0) this.promise(this.#promised)
    return bad.length
  }

  /** Checks it, and makes it NAME. Parks. IntegrityError; FileError. */
  *finish(
    modifiedMs: number | undefined,
    from: string,
    { isRemembered = false, checked }: FinishOptions = {},
  ): Operation<void> {
    yield* this.#verifier.readBack(this.bytes, (position, buffer) =>
      this.#part!.read(position, buffer),
    )
    try {
      this.#verifier.check(from)
    } catch (error) {
      // A hash is good for once.
      this.#verifier = new Verifier(this.#promised)
      throw error
    }
    checked?.()
    yield* this.#part!.commit(modifiedMs, this.#options.fsync)
    this.#part = undefined
    if (isRemembered) this.#journal.release(this.#state!)
    else this.#journal.remove()
    this.#origin = undefined
  }

  /** Throws away what is there; the lock stays. Parks. Never fails. */
  *clear(): Operation<void> {
    const part = this.#part
    this.#part = undefined
    this.#origin = undefined
    if (part !== undefined) yield* part.discard()
  }

  /** Ends it: what can be gone on from is kept for a later run. Parks; also after a kill. Never fails. */
  *leave(): Operation<void> {
    const part = this.#part
    const isWorthKeeping = part !== undefined && this.canResume && this.#plan.bytes > 0
    const state = this.#state
    let isSafe = false
    try {
      if (isWorthKeeping) isSafe = yield* part.leave(this.#options.fsync)
      else yield* this.clear()
    } finally {
      if (!isWorthKeeping) this.#journal.remove()
      else if (isSafe) this.#journal.release(state!)
    }
  }

  /** Gives the reason when it can't be used. */
  #takeUp(left: JournalState, urls: readonly string[]): string | undefined {
    const { representation, done, url, finalUrl } = left
    if (!this.#options.resume) return undefined
    if (!urls.includes(url)) return 'what is there is of another URL'
    if (!isSound(left)) return 'its journal is damaged'
    if (!isResumable(representation)) return undefined
    const part = PartFile.open(this.#path, done.at(-1)?.end ?? 0)
    if (part === undefined) return 'its part file is gone, or shorter than its journal says'
    this.#part = part
    this.#origin = { url, finalUrl, representation }
    this.#plan = new Plan(representation.length, done)
    this.#inherited = this.#plan.bytes
    return undefined
  }

  get #state(): JournalState | undefined {
    if (this.#origin === undefined) return undefined
    const { url, finalUrl, representation } = this.#origin
    const { length, done } = this.#plan
    return { url, finalUrl, representation: { ...representation, length }, done }
  }

  #isRecordDue(): boolean {
    const isFar = this.bytes - this.#recordedBytes >= CHECKPOINT_BYTES
    return isFar || performance.now() - this.#recordedMs >= CHECKPOINT_MS
  }

  /** Writes the journal, of what is there now: what others write during the sync is not on the disk. */
  *#checkpoint(): Operation<void> {
    const state = this.#state
    this.#recordedBytes = this.bytes
    this.#recordedMs = performance.now()
    if (this.#options.fsync) yield* this.#part!.sync()
    this.#record(state)
  }

  #record(state: JournalState | undefined): void {
    try {
      this.#journal.write(state)
    } catch {
      // No space for it: the record before is there, and what comes after is fetched again.
    }
  }
}

/** Whether the ranges are in order, apart, and in the file. */
function isSound({ done, representation: { length = Infinity } }: JournalState): boolean {
  let last = -1
  for (const { start, end } of done) {
    const areWhole = Number.isSafeInteger(start) && Number.isSafeInteger(end)
    if (!areWhole || start <= last || end <= start || end > length) return false
    last = end
  }
  return true
}

/** In milliseconds; undefined when it is not there. */
function ageOf(path: string): number | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? undefined : Date.now() - stats.mtimeMs
}
