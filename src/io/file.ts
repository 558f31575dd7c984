/**
 * Files as a greenlet sees them: each call parks until Node's thread pool has done it.
 *
 * A read or write that has been handed to the pool can't be taken back, and its fd must not be closed
 * before it is over: the number could be another file's by then. So a File counts what is in flight,
 * and `close` waits for it.
 */
import {
  close as closeFd,
  fdatasync,
  fsync,
  ftruncate,
  futimes,
  mkdir,
  open as openFd,
  type OpenMode,
  read as readFd,
  readFile as readWhole,
  rename as renamePath,
  unlink,
  writeFile as writeWhole,
  writev,
} from 'node:fs'
import type { Operation } from '../scheduler/index.ts'
import { type Done, until } from './promise.ts'

/** Between two tries to write to a full pipe. */
const PIPE_POLL_MS = 10

/** An open file, or a stream, which has no positions and is read or written from its beginning to its end. */
export class File {
  readonly #fd: number
  /** Where the next `read` or `write` is; null in a stream. */
  #position: number | null
  #inFlight = 0
  /** Tells `close`, which waits for it, that nothing is in flight any more. */
  #onIdle: (() => void) | undefined

  /** Of an open descriptor, which it owns from now on. */
  constructor(fd: number, kind: 'file' | 'stream' = 'file') {
    this.#fd = fd
    this.#position = kind === 'file' ? 0 : null
  }

  /** Writes all of `chunks` where the last `read` or `write` ended; otherwise as `writeAt`. */
  *write(chunks: readonly Buffer[], onWritten?: () => void): Operation<void> {
    const position = this.#position
    if (position !== null) this.#position = position + lengthOf(chunks)
    yield* this.writeAt(position, chunks, onWritten)
  }

  /**
   * Parks until the next bytes are read, and gives at most `maxBytes` of them; undefined at the end.
   * After a kill here the next `read` begins at the same place, but in a stream. Throws Node's error.
   */
  *read(maxBytes: number): Operation<Buffer | undefined> {
    const buffer = Buffer.allocUnsafe(maxBytes)
    const length = yield* this.readAt(this.#position, buffer)
    if (this.#position !== null) this.#position += length
    return length === 0 ? undefined : buffer.subarray(0, length)
  }

  /**
   * Writes all of `chunks` from byte `position` on, and parks until they are written; several may be
   * under way. `onWritten` is called when their memory is free again, also if the greenlet is killed
   * before. Throws Node's error.
   */
  *writeAt(
    position: number | null,
    chunks: readonly Buffer[],
    onWritten?: () => void,
  ): Operation<void> {
    yield* this.#host<void>((done) => {
      this.#writeAll(position, chunks, (error) => {
        onWritten?.()
        done(error)
      })
    })
  }

  /** Fills `buffer` from byte `position` on, and parks until that is done; gives how many bytes there were. */
  *readAt(position: number | null, buffer: Uint8Array): Operation<number> {
    return yield* this.#host<number>((done) => {
      readFd(this.#fd, buffer, 0, buffer.length, position, (error, read) => done(error, read))
    })
  }

  /** Parks until what was written is on the disk: with its times (fsync), or without (fdatasync). */
  *sync(kind: 'all' | 'data' = 'all'): Operation<void> {
    yield* this.#host<void>((done) => (kind === 'all' ? fsync : fdatasync)(this.#fd, done))
  }

  /** Cuts it to `length` bytes. Parks until that is done. */
  *truncate(length: number): Operation<void> {
    yield* this.#host<void>((done) => ftruncate(this.#fd, length, done))
  }

  /** Sets its modification time, in milliseconds since the epoch. Parks until that is done. */
  *touch(modifiedMs: number): Operation<void> {
    yield* this.#host<void>((done) => futimes(this.#fd, new Date(), new Date(modifiedMs), done))
  }

  /** Parks until what is in flight is over and the fd is closed. */
  *close(): Operation<void> {
    // Not with an Event: what is in flight must hold the loop.
    if (this.#inFlight > 0) {
      yield* until<void>((done) => {
        this.#onIdle = () => done(null)
      }, 'disk')
    }
    yield* until<void>((done) => closeFd(this.#fd, done), 'disk')
  }

  /** A call that has the fd until it is done. */
  *#host<T>(call: (done: Done<T>) => void): Operation<T> {
    this.#inFlight++
    return yield* until<T>((done) => {
      call((error: unknown, value?: T) => {
        if (--this.#inFlight === 0) this.#onIdle?.()
        done(error, value)
      })
    }, 'disk')
  }

  /** writev may write less than it was given, on a disk that is all but full. */
  #writeAll(position: number | null, chunks: readonly Buffer[], done: Done<void>): void {
    writev(this.#fd, chunks, position, (error, written) => {
      if (error?.code === 'EAGAIN') {
        // A full pipe that somebody (Node itself, when standard error is the same one) set to not block.
        setTimeout(() => this.#writeAll(position, chunks, done), PIPE_POLL_MS)
        return
      }
      if (error !== null) {
        done(error)
        return
      }
      const rest = chunksAfter(chunks, written)
      if (rest.length === 0) done(null)
      else this.#writeAll(position === null ? null : position + written, rest, done)
    })
  }
}

/** How many bytes `chunks` have. */
export function lengthOf(chunks: readonly Buffer[]): number {
  let bytes = 0
  for (const chunk of chunks) bytes += chunk.length
  return bytes
}

/** What of `chunks` comes after the first `written` bytes. */
export function chunksAfter(chunks: readonly Buffer[], written: number): Buffer[] {
  if (written >= lengthOf(chunks)) return []
  let skip = written
  return chunks.flatMap((chunk) => {
    const rest = skip < chunk.length ? [chunk.subarray(skip)] : []
    skip = Math.max(0, skip - chunk.length)
    return rest
  })
}

/** File calls that park. All throw Node's own errors, with `code`. */
export const file = {
  /** Opens `path` with the flags of open(2), or Node's words for them ('r', 'w'). After a kill here it is closed when it comes. */
  *open(path: string, flags: OpenMode = 'r', mode = 0o666): Operation<File> {
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
    return new File(yield* until(open, 'disk'))
  },

  /** The whole content. */
  *readFile(path: string): Operation<Buffer> {
    return yield* until<Buffer>((done) => readWhole(path, done), 'disk')
  },

  /** Makes or replaces `path`. Not atomic. */
  *writeFile(path: string, data: string | Uint8Array): Operation<void> {
    yield* until<void>((done) => writeWhole(path, data, done), 'disk')
  },

  /** rename(2): atomic on one file system, and replaces what is at `to`. */
  *rename(from: string, to: string): Operation<void> {
    yield* until<void>((done) => renamePath(from, to, done), 'disk')
  },

  /** unlink(2). */
  *remove(path: string): Operation<void> {
    yield* until<void>((done) => unlink(path, done), 'disk')
  },

  /** Makes a folder with those above it; it may be there already. */
  *makeFolder(path: string): Operation<void> {
    yield* until<void>((done) => mkdir(path, { recursive: true }, (error) => done(error)), 'disk')
  },
}
