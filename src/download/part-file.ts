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
  existsSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writevSync,
} from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { FileError, GdlError } from '../errors.ts'
import { type Batch, chunksAfter, File } from '../io/index.ts'
import { type Operation, rethrowExit } from '../scheduler/index.ts'
import type { Sink } from './sink.ts'

/** No link is followed, and a FIFO in the way is an error instead of a wait without end. */
const FLAGS =
  constants.O_WRONLY |
  constants.O_CREAT |
  constants.O_TRUNC |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0)

/** A download's bytes on their way to `path`. */
export class PartFile implements Sink {
  readonly path: string
  readonly #part: string
  #file: File | undefined

  private constructor(path: string, opened: File) {
    this.path = path
    this.#part = partOf(path)
    this.#file = opened
  }

  /** Opens it, empty. FileError. At once, as a kill in the middle would leave a file that nobody knows. */
  static open(path: string): PartFile {
    try {
      return new PartFile(path, new File(openSync(partOf(path), FLAGS, 0o666)))
    } catch (error) {
      throw fileError(error, path)
    }
  }

  /** Writes a batch at the end and releases it. Parks until it is written. FileError. */
  *write(batch: Batch): Operation<void> {
    yield* guarded(
      this.path,
      this.#file!.write(batch.chunks, () => batch.release()),
    )
  }

  /** Gives it the time `modifiedMs`, if there is one, and makes it NAME. Parks. FileError; then it is still a part file. */
  *commit(modifiedMs?: number): Operation<void> {
    if (modifiedMs !== undefined) yield* guarded(this.path, this.#file!.touch(modifiedMs))
    yield* this.#close()
    try {
      // At once: a kill while it is under way would leave a whole file that nobody was told of.
      renameSync(this.#part, this.path)
    } catch (error) {
      throw fileError(error, this.path)
    }
  }

  /** Throws it away. Parks; also after a kill. Never fails. */
  *discard(): Operation<void> {
    yield* this.#close()
    removePart(this.#part)
  }

  *#close(): Operation<void> {
    const opened = this.#file
    this.#file = undefined
    if (opened !== undefined) yield* guarded(this.path, opened.close())
  }
}

/**
 * Writes a whole body and makes it `path`, modified at `modifiedMs` if that is known; at once, without
 * parking. FileError, and no file is left.
 */
export function writeWhole(path: string, chunks: readonly Buffer[], modifiedMs?: number): void {
  const part = partOf(path)
  let isOurs = false
  try {
    const fd = openSync(part, FLAGS, 0o666)
    isOurs = true
    try {
      let rest = chunks
      while (rest.length > 0) rest = chunksAfter(rest, writevSync(fd, rest))
      if (modifiedMs !== undefined) futimesSync(fd, new Date(), new Date(modifiedMs))
    } finally {
      closeSync(fd)
    }
    renameSync(part, path)
  } catch (error) {
    if (isOurs) removePart(part)
    throw fileError(error, path)
  }
}

/** Folders of a run, made when they are needed. */
export class Folders {
  readonly #base: string
  readonly #made = new Set<string>()
  /** Whether a folder was there when it was first asked about. */
  readonly #found = new Map<string, boolean>()

  constructor(base: string) {
    this.#base = resolve(base)
  }

  /**
   * What was at `path` before this run, links not followed. In a folder that was not there it is
   * nothing, without a look: a tenth less time for a list into a new folder. FileError when it can't
   * be told, or as `makeFor`. Does not park.
   */
  whatIsAt(path: string): 'nothing' | 'folder' | 'file' {
    const folder = dirname(path)
    let found = this.#found.get(folder)
    if (found === undefined) {
      found = existsSync(folder)
      if (found) this.makeFor(path)
      this.#found.set(folder, found)
    }
    if (!found) return 'nothing'
    try {
      const stats = lstatSync(path, { throwIfNoEntry: false })
      if (stats === undefined) return 'nothing'
      return stats.isDirectory() ? 'folder' : 'file'
    } catch (error) {
      throw fileError(error, path)
    }
  }

  /**
   * Makes the folder of `path`, a path in the run's folder. FileError when it can't be made, or when a
   * symbolic link on the way leads out of the run's folder. Does not park; once a folder.
   */
  makeFor(path: string): void {
    const folder = dirname(path)
    if (this.#made.has(folder)) return
    try {
      mkdirSync(this.#base, { recursive: true })
      this.#descend(resolve(folder))
    } catch (error) {
      throw fileError(error, folder)
    }
    this.#made.add(folder)
  }

  #descend(folder: string): void {
    const base = realpathSync(this.#base)
    let current = this.#base
    for (const segment of relative(this.#base, folder).split(sep)) {
      if (segment === '') continue
      current = join(current, segment)
      try {
        mkdirSync(current)
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
        const inside = relative(base, realpathSync(current))
        if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
          throw new FileError('GDL_ERR_UNSAFE_PATH', `${current} is a link that leads elsewhere`)
        }
        if (!statSync(current).isDirectory()) throw error
      }
    }
  }
}

function partOf(path: string): string {
  return `${path}.gdl.part`
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

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a file is where a folder should be',
  EISDIR: 'a folder of that name is in the way',
  ENOTEMPTY: 'a folder of that name is in the way',
  ENOENT: 'its folder is gone',
  ENAMETOOLONG: 'the name is too long for the file system',
  ELOOP: 'a link of the name of its part file is in the way',
  EMFILE: 'too many open files',
  EFBIG: 'the file is too large for the file system',
}

function fileError(error: unknown, path: string): GdlError {
  // Ours, or a deadline's that passed in the middle of a write.
  if (error instanceof GdlError) return error
  const code = codeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new FileError('GDL_ERR_DISK_FULL', `${path}: the disk is full`, { cause: error })
  }
  const reason = REASONS[code] ?? code
  const kind = code === 'EISDIR' || code === 'ENOTEMPTY' ? 'GDL_ERR_IS_DIRECTORY' : 'GDL_ERR_FILE'
  return new FileError(kind, `${path}: ${reason}`, { cause: error })
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : String(error)
}
