/**
 * Files as a greenlet sees them: each call parks until Node's thread pool has done it.
 *
 * A write that has been handed to the pool can't be taken back, and its fd must not be closed before it
 * is over: the number could be another file's by then. So a File remembers what is in flight, and
 * `close` waits for it.
 */
import {
  close as closeFd,
  fsync,
  futimes,
  mkdir,
  open as openFd,
  readFile as readWhole,
  rename as renamePath,
  unlink,
  writeFile as writeWhole,
  writev,
} from 'node:fs'
import type { Operation } from '../scheduler/index.ts'
import { type Done, until } from './promise.ts'

/** An open file, or a stream, that is written from its beginning to its end. */
export class File {
  readonly #fd: number
  /** Where the next write goes; null in a stream, which has no positions. */
  #position: number | null
  #inFlight = false
  /** Tells `close`, which waits for it, that nothing is in flight any more. */
  #onIdle: (() => void) | undefined

  /** Of an open descriptor, which it owns from now on. */
  constructor(fd: number, kind: 'file' | 'stream' = 'file') {
    this.#fd = fd
    this.#position = kind === 'file' ? 0 : null
  }

  /**
   * Writes all of `chunks` at the end, and parks until they are written; `onWritten` is called when
   * their memory is free again, also if the greenlet is killed before. Throws Node's error.
   */
  *write(chunks: Buffer[], onWritten?: () => void): Operation<void> {
    this.#inFlight = true
    yield* until<void>((done) => {
      this.#writeAll(chunks, (error) => {
        this.#inFlight = false
        onWritten?.()
        this.#onIdle?.()
        done(error)
      })
    })
  }

  /** Parks until what was written is on the disk (fsync). */
  *sync(): Operation<void> {
    yield* until<void>((done) => fsync(this.#fd, done))
  }

  /** Sets its modification time, in milliseconds since the epoch. Parks until that is done. */
  *touch(modifiedMs: number): Operation<void> {
    yield* until<void>((done) => futimes(this.#fd, new Date(), new Date(modifiedMs), done))
  }

  /** Parks until what is in flight is over and the fd is closed. */
  *close(): Operation<void> {
    // Not with an Event: what is in flight must hold the loop.
    if (this.#inFlight) {
      yield* until<void>((done) => {
        this.#onIdle = () => done(null)
      })
    }
    yield* until<void>((done) => closeFd(this.#fd, done))
  }

  /** writev may write less than it was given, on a disk that is all but full. */
  #writeAll(chunks: Buffer[], done: Done<void>): void {
    writev(this.#fd, chunks, this.#position, (error, written) => {
      if (error !== null) {
        done(error)
        return
      }
      if (this.#position !== null) this.#position += written
      const rest = chunksAfter(chunks, written)
      if (rest.length === 0) done(null)
      else this.#writeAll(rest, done)
    })
  }
}

/** What of `chunks` comes after the first `written` bytes. */
export function chunksAfter(chunks: readonly Buffer[], written: number): Buffer[] {
  let skip = written
  return chunks.flatMap((chunk) => {
    const rest = skip < chunk.length ? [chunk.subarray(skip)] : []
    skip = Math.max(0, skip - chunk.length)
    return rest
  })
}

/** File calls that park. All throw Node's own errors, with `code`. */
export const file = {
  /** Opens `path` with the flags of open(2), for `File.write`. After a kill here it is closed when it comes. */
  *open(path: string, flags: number, mode = 0o666): Operation<File> {
    const open = (done: Done<number>): (() => void) => {
      let isWanted = true
      let opened: number | undefined
      openFd(path, flags, mode, (error, fd) => {
        if (error === null) opened = fd
        if (isWanted) done(error, fd)
        else if (error === null) closeFd(fd)
      })
      return () => {
        isWanted = false
        if (opened !== undefined) closeFd(opened)
      }
    }
    return new File(yield* until(open))
  },

  /** The whole content. */
  *readFile(path: string): Operation<Buffer> {
    return yield* until<Buffer>((done) => readWhole(path, done))
  },

  /** Makes or replaces `path`. Not atomic. */
  *writeFile(path: string, data: string | Uint8Array): Operation<void> {
    yield* until<void>((done) => writeWhole(path, data, done))
  },

  /** rename(2): atomic on one file system, and replaces what is at `to`. */
  *rename(from: string, to: string): Operation<void> {
    yield* until<void>((done) => renamePath(from, to, done))
  },

  /** unlink(2). */
  *remove(path: string): Operation<void> {
    yield* until<void>((done) => unlink(path, done))
  },

  /** Makes a folder with those above it; it may be there already. */
  *makeFolder(path: string): Operation<void> {
    yield* until<void>((done) => mkdir(path, { recursive: true }, (error) => done(error)))
  },
}
