/**
 * The journal of a part file, `NAME.gdl.json`: which bytes of which version of a file are there, and
 * who is at work on it. It is what a later run goes on from, and the lock of this one.
 *
 * One JSON object:
 *
 *     { "gdl": 1,                     the format's version
 *       "owner": {pid, host, start},  who works on it; null after an orderly end
 *       "url", "finalUrl",            what was asked for, and where redirects led; without userinfo
 *       "length", "etag", "lastModified", "isDated",       the version (representation.ts); null is unknown
 *       "done": [[start, end], ...],  the bytes that are there, half-open, in order, apart
 *       "check": "1a2b3c4d" }         CRC-32 of the object without it
 *
 * It is replaced as a whole: written to `NAME.gdl.json.new`, which is renamed. So a crash at any instant
 * leaves the old or the new state. It is written after the bytes that it tells of have been handed to
 * the file, so it never tells of more than is there; with `--fsync` they are on the disk before, and
 * without it a power cut may lose them. What is torn, edited, of another URL or of another length than
 * its part file is told of, and not used.
 *
 * The first record is made by O_EXCL, so that one of two processes has it. Who finds the record of an
 * owner that is gone replaces it, and looks once more before the first byte is written.
 */
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { crc32 } from 'node:zlib'
import { FileError } from '../errors.ts'
import { type Operation, sleep } from '../scheduler/index.ts'
import { codeOf, fileError } from './file-error.ts'
import { isAlive, type Owner, thisOwner } from './owner.ts'
import type { Range } from './plan.ts'
import type { Representation } from './representation.ts'

/** What a journal tells of its part file. */
export interface JournalState {
  readonly url: string
  readonly finalUrl: string
  readonly representation: Representation
  readonly done: readonly Range[]
}

/** What was found where a journal is to be. */
export interface Claim {
  readonly journal: Journal
  /** What an earlier run has left. */
  readonly left: JournalState | undefined
  /** Why what is there is not used. */
  readonly refusal: string | undefined
}

/** A record that can't be read may be one that is being made, while it is so young. */
const BEING_MADE_MS = 1000

/** The journal of one part file, and its lock while this process has it. */
export class Journal {
  readonly #path: string
  readonly #next: string
  readonly #isSynced: boolean

  private constructor(path: string, isSynced: boolean) {
    this.#path = path
    this.#next = `${path}.new`
    this.#isSynced = isSynced
  }

  /**
   * Takes the lock of the file `path`, and reads what is there. FileError: GDL_ERR_LOCKED when another
   * process, or another run of this one, has it. Parks, up to a second, only over a record that is just
   * being made. With `isSynced` each record is on the disk when `write` is over.
   */
  static *claim(path: string, isSynced: boolean): Operation<Claim> {
    const journal = new Journal(journalOf(path), isSynced)
    for (;;) {
      if (journal.#create()) return { journal, left: undefined, refusal: undefined }
      const found = journal.#read()
      if (found === undefined) continue
      const { record, ageMs } = found
      if (record === undefined && ageMs < BEING_MADE_MS) {
        yield* sleep(BEING_MADE_MS - Math.max(0, ageMs))
        continue
      }
      const owner = record?.owner
      if (owner != null && isAlive(owner, ageMs)) throw locked(path, owner)
      const left = record === undefined ? undefined : stateOf(record)
      journal.write(left)
      journal.confirm(path)
      const refusal = record === undefined ? 'its journal is damaged' : undefined
      return { journal, left, refusal }
    }
  }

  /** Leaves `state` beside a whole file, for a later question whether there is a newer one. Never fails. */
  static remember(path: string, state: JournalState): void {
    new Journal(journalOf(path), false).release(state)
  }

  /** The ETag of the whole file at `path`, of `length` bytes, if one was remembered. Never fails. */
  static rememberedEtag(path: string, length: number): string | undefined {
    try {
      const record = parseJournal(readFileSync(journalOf(path), 'utf8'))
      const isOfIt = record?.owner === null && record.length === length
      return isOfIt ? (record.etag ?? undefined) : undefined
    } catch {
      return undefined
    }
  }

  /** FileError (GDL_ERR_LOCKED) when somebody else has taken the lock at the same time. */
  confirm(path: string): void {
    const owner = this.#read()?.record?.owner
    const { pid, host, start } = thisOwner()
    if (owner?.pid === pid && owner.host === host && owner.start === start) return
    throw locked(path, owner ?? undefined)
  }

  /** Replaces what it tells. At once. Throws Node's error; then the old state is there. */
  write(state: JournalState | undefined, owner: Owner | null = thisOwner()): void {
    const fd = openSync(this.#next, 'w', 0o600)
    try {
      writeSync(fd, textOf(state, owner))
      if (this.#isSynced) fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(this.#next, this.#path)
  }

  /** Gives the lock back, and leaves `state` for a later run. Never fails: the last record stays. */
  release(state: JournalState): void {
    try {
      this.write(state, null)
    } catch {
      // No space: the record before it tells of less, and of an owner that will be gone.
    }
  }

  /** Takes it away, and with it the lock. Never fails. */
  remove(): void {
    for (const path of [this.#path, this.#next]) {
      try {
        unlinkSync(path)
      } catch {
        // It is not there.
      }
    }
  }

  #create(): boolean {
    let fd
    try {
      fd = openSync(this.#path, 'wx', 0o600)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      throw fileError(error, this.#path)
    }
    try {
      writeSync(fd, textOf(undefined, thisOwner()))
      return true
    } catch (error) {
      this.remove()
      throw fileError(error, this.#path)
    } finally {
      closeSync(fd)
    }
  }

  /** Undefined when it is no longer there. */
  #read(): { record: Record | undefined; ageMs: number } | undefined {
    try {
      const text = readFileSync(this.#path, 'utf8')
      return { record: parseJournal(text), ageMs: Date.now() - statSync(this.#path).mtimeMs }
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw fileError(error, this.#path)
    }
  }
}

/** The name of the journal of `path`. */
export function journalOf(path: string): string {
  return `${path}.gdl.json`
}

interface Record {
  readonly owner: Owner | null
  readonly url?: string
  readonly finalUrl: string
  readonly length: number | null
  readonly etag: string | null
  readonly lastModified: string | null
  readonly isDated: boolean
  readonly done: readonly (readonly [number, number])[]
}

function textOf(state: JournalState | undefined, owner: Owner | null): string {
  const record: object = {
    gdl: 1,
    owner,
    ...(state !== undefined && {
      url: state.url,
      finalUrl: state.finalUrl,
      length: state.representation.length ?? null,
      etag: state.representation.etag ?? null,
      lastModified: state.representation.lastModified ?? null,
      isDated: state.representation.isDated,
      done: state.done.map(({ start, end }) => [start, end]),
    }),
  }
  return `${JSON.stringify({ ...record, check: checkOf(record) })}\n`
}

/** A record as `textOf` writes it; undefined for anything else. Throws nothing. */
function parseJournal(text: string): Record | undefined {
  try {
    const { check, ...record } = JSON.parse(text) as Record & { check: string; gdl: number }
    if (record.gdl !== 1 || check !== checkOf(record)) return undefined
    const isIdle = record.url === undefined
    return isIdle || record.done.every((range) => range.length === 2) ? record : undefined
  } catch {
    return undefined
  }
}

function checkOf(record: object): string {
  return crc32(JSON.stringify(record)).toString(16).padStart(8, '0')
}

function stateOf(record: Record): JournalState | undefined {
  const { url, finalUrl, length, etag, lastModified, isDated, done } = record
  if (url === undefined) return undefined
  return {
    url,
    finalUrl,
    representation: {
      length: length ?? undefined,
      etag: etag ?? undefined,
      lastModified: lastModified ?? undefined,
      isDated,
    },
    done: done.map(([start, end]) => ({ start, end })),
  }
}

function locked(path: string, owner: Owner | undefined): FileError {
  const who = owner === undefined ? 'another gdl' : `another gdl (process ${owner.pid})`
  return new FileError('GDL_ERR_LOCKED', `${path}: ${who} is downloading it`, {
    hint: 'wait for it to end, or give another --dir',
  })
}
