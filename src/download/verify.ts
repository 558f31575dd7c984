/**
 * Whether the bytes that came are the ones that were promised: by the entry's checksum, and by the
 * digest that the server sent.
 *
 * Bytes that come in order are hashed as they come; those that come before their turn, over a further
 * connection or in an earlier run, are read back from the file at the end.
 */
import { createHash, type Hash } from 'node:crypto'
import { IntegrityError } from '../errors.ts'
import type { Operation } from '../scheduler/index.ts'
import type { Checksum } from './entry.ts'

const READ_BYTES = 1024 * 1024

/** What the whole file was promised to have. */
export interface Promised {
  /** By the list or the command line. */
  readonly checksum: Checksum | undefined
  /** By the server. */
  readonly digest: Checksum | undefined
}

/** Looks at one file as it comes. */
export class Verifier {
  readonly #promised: Promised
  readonly #hashes = new Map<string, Hash>()
  /** How many bytes, from the first on, have been hashed. */
  #hashed = 0

  constructor(promised: Promised) {
    this.#promised = promised
    for (const wanted of [promised.checksum, promised.digest]) {
      if (wanted === undefined || this.#hashes.has(wanted.algorithm)) continue
      this.#hashes.set(wanted.algorithm, createHash(wanted.algorithm))
    }
  }

  /** Takes bytes of the file, from byte `position` on. */
  add(position: number, chunks: readonly Uint8Array[]): void {
    if (this.#hashes.size === 0) return
    let start = position
    for (const chunk of chunks) {
      const end = start + chunk.length
      if (start <= this.#hashed && this.#hashed < end) {
        const fresh = chunk.subarray(this.#hashed - start)
        for (const hash of this.#hashes.values()) hash.update(fresh)
        this.#hashed = end
      }
      start = end
    }
  }

  /** Reads what has not been hashed of `length` bytes back with `read`. Parks. */
  *readBack(
    length: number,
    read: (position: number, buffer: Uint8Array) => Operation<number>,
  ): Operation<void> {
    if (this.#hashes.size === 0 || this.#hashed >= length) return
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, length - this.#hashed))
    while (this.#hashed < length) {
      const got = yield* read(this.#hashed, buffer)
      if (got === 0) return
      this.add(this.#hashed, [buffer.subarray(0, Math.min(got, length - this.#hashed))])
    }
  }

  /** When all bytes have been hashed: IntegrityError if they are not what was promised. `from` names the file. */
  check(from: string): void {
    const { checksum, digest } = this.#promised
    const actual = new Map([...this.#hashes].map(([name, hash]) => [name, hash.digest('hex')]))
    if (checksum !== undefined && actual.get(checksum.algorithm) !== checksum.hex) {
      const found = actual.get(checksum.algorithm)
      throw new IntegrityError(
        'GDL_ERR_CHECKSUM',
        `${from}: the ${checksum.algorithm} is ${found}, not ${checksum.hex}`,
      )
    }
    if (digest !== undefined && actual.get(digest.algorithm) !== digest.hex) {
      throw new IntegrityError(
        'GDL_ERR_DIGEST',
        `${from}: the ${digest.algorithm} is not the one that the server sent with it`,
        { retryable: true },
      )
    }
  }
}
