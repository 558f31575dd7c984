/**
 * The journal of a part file, `NAME.gdl.json`: which bytes of which version of a file are there, and
 * who is at work on it. It is what a later run goes on from, and the lock of this one. What stands in it
 * is specified in `journal-record.ts`.
 *
 * It is replaced as a whole: written to `NAME.gdl.json.new`, which is renamed. So a crash at any instant
 * leaves the old or the new state. It is written after the bytes that it tells of have been handed to
 * the file, so it never tells of more than is there; with `--fsync` they are on the disk before, and
 * without it a power cut may lose them. Where there is no room for a second record, the last one of a
 * run overwrites the first in place: one write, within a block. What is torn, edited, of another URL or
 * of another length than its part file is told of, and not used.
 *
 * The first record is made by O_EXCL, so that one of two processes has it. Who finds the record of an
 * owner that is gone makes `NAME.gdl.json.new` by O_EXCL, looks once more whether that record is still
 * the last one, and renames its own over it. One that a crash has left is taken away after a second.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { FileError } from '../errors.ts'
import { type Operation, sleep } from '../scheduler/index.ts'
import { codeOf, fileError, isFullDisk } from './file-error.ts'
import {
  type JournalRecord,
  type JournalState,
  parseRecord,
  recordText,
  stateOf,
} from './journal-record.ts'
import { isAlive, type Owner, thisOwner } from './owner.ts'

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
/** How long to wait for who takes the lock just now. */
const TAKING_MS = 20
/** The smallest block that file systems of today give to a file. */
const BLOCK_BYTES = 4096

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
      const { text, record, ageMs } = found
      if (record === undefined && ageMs < BEING_MADE_MS) {
        yield* sleep(BEING_MADE_MS - Math.max(0, ageMs))
        continue
      }
      const owner = record?.owner
      if (owner != null && isAlive(owner, ageMs)) throw locked(path, owner)
      const left = record === undefined ? undefined : stateOf(record)
      if (journal.#replace(text, left)) {
        const refusal = record === undefined ? 'its journal is damaged' : undefined
        return { journal, left, refusal }
      }
      yield* sleep(TAKING_MS)
    }
  }

  /** Leaves `state` beside a whole file, for a later question whether there is a newer one. Never fails. */
  static remember(path: string, state: JournalState): void {
    new Journal(journalOf(path), false).release(state)
  }

  /** The ETag of the whole file at `path`, of `length` bytes, if one was remembered. Never fails. */
  static rememberedEtag(path: string, length: number): string | undefined {
    try {
      const record = parseRecord(readFileSync(journalOf(path), 'utf8'))
      const isOfIt = record?.owner === null && record.length === length
      return isOfIt ? (record.etag ?? undefined) : undefined
    } catch {
      return undefined
    }
  }

  /**
   * Takes away what a crash has left beside the whole file at `path`: the record of an owner that is
   * gone, and no other. Does not park, and never fails: a later run finds it again.
   */
  static removeDead(path: string): void {
    const journal = new Journal(journalOf(path), false)
    try {
      const found = journal.#read()
      const owner = found?.record?.owner
      if (found === undefined || owner == null || isAlive(owner, found.ageMs)) return
      if (journal.#replace(found.text, undefined)) journal.remove()
    } catch {
      // The folder is read-only, or somebody else was quicker.
    }
  }

  /** Replaces what it tells. At once. Throws Node's error; then the old state is there. */
  write(state: JournalState | undefined, owner: Owner | null = thisOwner()): void {
    try {
      this.#fill(openSync(this.#next, 'w', 0o600), state, owner)
      renameSync(this.#next, this.#path)
    } catch (error) {
      unlinkIfThere(this.#next)
      throw error
    }
  }

  /** Gives the lock back, and leaves `state` for a later run. Never fails: the last record stays. */
  release(state: JournalState): void {
    try {
      this.write(state, null)
    } catch (error) {
      if (isFullDisk(error)) this.#overwrite(recordText(state, null))
    }
  }

  /** Takes it away, and with it the lock. Never fails. */
  remove(): void {
    for (const path of [this.#path, this.#next]) unlinkIfThere(path)
  }

  /** Replaces the record in the block that it has. Never fails: what is there may stay as it is. */
  #overwrite(text: string): void {
    try {
      const fd = openSync(this.#path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0))
      try {
        // Blanks behind a record are nothing.
        const record = Buffer.from(text.padEnd(fstatSync(fd).size))
        if (record.length <= BLOCK_BYTES) writeSync(fd, record, 0, record.length, 0)
        if (this.#isSynced) fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
    } catch {
      // The record before it tells of less, and of an owner that will be gone.
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
      writeSync(fd, recordText(undefined, thisOwner()))
      return true
    } catch (error) {
      this.remove()
      throw fileError(error, this.#path)
    } finally {
      closeSync(fd)
    }
  }

  /** Replaces a record that reads `text`; false when it does not any more, or somebody else is about to. */
  #replace(text: string, state: JournalState | undefined): boolean {
    let fd
    try {
      fd = openSync(this.#next, 'wx', 0o600)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw fileError(error, this.#next)
      this.#dropStale()
      return false
    }
    try {
      this.#fill(fd, state, thisOwner())
      if (this.#read()?.text !== text) {
        unlinkSync(this.#next)
        return false
      }
      renameSync(this.#next, this.#path)
      return true
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false
      throw fileError(error, this.#path)
    }
  }

  /** Takes a next record away whose writer is gone. */
  #dropStale(): void {
    const stats = lstatSync(this.#next, { throwIfNoEntry: false })
    if (stats === undefined || Date.now() - stats.mtimeMs < BEING_MADE_MS) return
    try {
      unlinkSync(this.#next)
    } catch (error) {
      throw fileError(error, this.#next)
    }
  }

  /** Writes a record and closes `fd`. */
  #fill(fd: number, state: JournalState | undefined, owner: Owner | null): void {
    try {
      writeSync(fd, recordText(state, owner))
      if (this.#isSynced) fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  }

  /** Undefined when it is no longer there. FileError also when it is no file: a link, a pipe. */
  #read(): { text: string; record: JournalRecord | undefined; ageMs: number } | undefined {
    try {
      const stats = lstatSync(this.#path, { throwIfNoEntry: false })
      if (stats === undefined) return undefined
      if (!stats.isFile()) {
        const message = `${this.#path}: something that is no file is in the way`
        throw new FileError('GDL_ERR_FILE', message)
      }
      const text = readFileSync(this.#path, 'utf8')
      return { text, record: parseRecord(text), ageMs: Date.now() - stats.mtimeMs }
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

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // It is not there.
  }
}

function locked(path: string, owner: Owner | undefined): FileError {
  const who = owner === undefined ? 'another gdl' : `another gdl (process ${owner.pid})`
  return new FileError('GDL_ERR_LOCKED', `${path}: ${who} is downloading it`, {
    hint: 'wait for it to end, or give another --dir',
  })
}
