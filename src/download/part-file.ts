/**
 * Where a download's bytes are until it is whole: `NAME.gdl.part`, which becomes NAME by one rename.
 *
 * NAME itself is never written to. A part file is opened without following a link, so that a link of
 * that name can't lead the bytes elsewhere. A body that is there already when the file would be opened
 * takes the short way: four system calls, done at once, which for small files is a third faster than
 * the same through the thread pool; it keeps the loop for some 50 us.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  futimesSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writevSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { FileError } from '../errors.ts'
import { chunksAfter, File, until } from '../io/index.ts'
import { type Operation, rethrowExit } from '../scheduler/index.ts'
import { codeOf, fileError } from './file-error.ts'

/** No link is followed, and a FIFO in the way is an error instead of a wait without end. */
const OLD = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
const NEW = OLD | constants.O_CREAT

/** A download's bytes on their way to `path`. */
export class PartFile {
  readonly path: string
  readonly #part: string
  #file: File | undefined

  private constructor(path: string, opened: File) {
    this.path = path
    this.#part = partOf(path)
    this.#file = opened
  }

  /**
   * Opens it: empty, or with the `least` bytes or more that an earlier run has left; undefined when they
   * are not there. FileError. At once, as a kill in the middle would leave a file that nobody knows.
   */
  static open(path: string): PartFile
  static open(path: string, least: number): PartFile | undefined
  static open(path: string, least?: number): PartFile | undefined {
    try {
      if (least === undefined) return new PartFile(path, new File(openNew(path)))
      const found = lstatSync(partOf(path), { throwIfNoEntry: false })
      if (found === undefined || !found.isFile() || found.size < least) return undefined
      return new PartFile(path, new File(openSync(partOf(path), OLD)))
    } catch (error) {
      throw fileError(error, path)
    }
  }

  /**
   * Writes `chunks` from byte `position` on; `onWritten` is called when their memory is free. Parks until
   * they are written, also in a kill's wake. FileError.
   */
  *write(position: number, chunks: readonly Buffer[], onWritten: () => void): Operation<void> {
    const opened = this.#file!
    let isOver = false
    let onOver: (() => void) | undefined
    const over = (): void => {
      isOver = true
      onWritten()
      onOver?.()
    }
    try {
      yield* guarded(this.path, opened.writeAt(position, chunks, over))
    } finally {
      // It can't be taken back: what is truncated or written here later must not be overtaken by it.
      if (!isOver) yield* until<void>((done) => void (onOver = () => done(null)), 'disk')
    }
  }

  /** Reads into `buffer` from byte `position` on. Parks. Gives how many bytes there were. FileError. */
  *read(position: number, buffer: Uint8Array): Operation<number> {
    return yield* guarded(this.path, this.#file!.readAt(position, buffer))
  }

  /** Parks until what was written is on the disk. FileError. */
  *sync(): Operation<void> {
    yield* guarded(this.path, this.#file!.sync('data'))
  }

  /** Cuts it to `length` bytes. Parks. FileError. */
  *truncate(length: number): Operation<void> {
    yield* guarded(this.path, this.#file!.truncate(length))
  }

  /**
   * Gives it the time `modifiedMs`, if there is one, and makes it NAME; with `isSynced` once it is on the
   * disk. Parks. FileError; then it is still a part file.
   */
  *commit(modifiedMs: number | undefined, isSynced: boolean): Operation<void> {
    if (modifiedMs !== undefined) yield* guarded(this.path, this.#file!.touch(modifiedMs))
    if (isSynced) yield* guarded(this.path, this.#file!.sync())
    yield* this.close()
    try {
      // At once: a kill while it is under way would leave a whole file that nobody was told of.
      renameSync(this.#part, this.path)
      if (isSynced) syncFolder(dirname(this.path))
    } catch (error) {
      throw fileError(error, this.path)
    }
  }

  /** Throws it away. Parks; also after a kill. Never fails. */
  *discard(): Operation<void> {
    try {
      yield* this.close()
    } finally {
      removePart(this.#part)
    }
  }

  /** Closes it for a later run. False when it was to be on the disk, and is not. Parks; also after a kill. */
  *leave(isSynced: boolean): Operation<boolean> {
    try {
      // A commit that failed has closed it.
      if (isSynced && this.#file !== undefined) yield* this.sync()
      return true
    } catch (error) {
      rethrowExit(error)
      return false
    } finally {
      yield* this.close()
    }
  }

  /** Closes it, and leaves it. Parks until nothing is in flight. Twice is once. */
  *close(): Operation<void> {
    const opened = this.#file
    this.#file = undefined
    if (opened !== undefined) yield* guarded(this.path, opened.close())
  }
}

/** How `writeWhole` makes a file. */
export interface WholeOptions {
  /** When it was modified; undefined: now. */
  readonly modifiedMs: number | undefined
  /** Whether it is to be on the disk. */
  readonly isSynced: boolean
}

/**
 * Writes a whole body and makes it `path`; at once, without parking. False, and nothing is done, when a
 * part file is there. FileError, and no file is left.
 */
export function writeWhole(
  path: string,
  chunks: readonly Buffer[],
  { modifiedMs, isSynced }: WholeOptions,
): boolean {
  const part = partOf(path)
  let isOurs = false
  try {
    const fd = openSync(part, NEW | constants.O_EXCL, 0o666)
    isOurs = true
    try {
      let rest = chunks
      while (rest.length > 0) rest = chunksAfter(rest, writevSync(fd, rest))
      if (modifiedMs !== undefined) futimesSync(fd, Date.now() / 1000, modifiedMs / 1000)
      if (isSynced) fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(part, path)
    if (isSynced) syncFolder(dirname(path))
    return true
  } catch (error) {
    if (isOurs) removePart(part)
    else if (codeOf(error) === 'EEXIST') return false
    throw fileError(error, path)
  }
}

/** The name of the part file of `path`. */
export function partOf(path: string): string {
  return `${path}.gdl.part`
}

function openNew(path: string): number {
  const fd = openSync(partOf(path), NEW | constants.O_TRUNC, 0o666)
  if (fstatSync(fd).isFile()) return fd
  closeSync(fd)
  throw new FileError('GDL_ERR_FILE', `${partOf(path)}: something that is no file is in the way`)
}

/** So that a rename in it outlives a power cut (rename(2) alone does not promise that). */
function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function removePart(part: string): void {
  try {
    unlinkSync(part)
  } catch {
    // It is not there, or the folder is read-only: in both cases there is nothing to be done.
  }
}

/** Runs a file call, and says its errors in our words. */
function* guarded<T>(path: string, operation: Operation<T>): Operation<T> {
  try {
    return yield* operation
  } catch (error) {
    rethrowExit(error)
    throw fileError(error, path)
  }
}
