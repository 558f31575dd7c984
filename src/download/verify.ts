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

  /** What it is checked by. */
  get algorithms(): readonly string[] {
    return [...this.#hashes.keys()]
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

  /** When all bytes have been hashed: whether they are what was promised. Once, as `check`. */
  get isRight(): boolean {
    return this.#wrong() === undefined
  }

  /** When all bytes have been hashed: IntegrityError if they are not what was promised. `from` names the file. */
  check(from: string): void {
    const wrong = this.#wrong()
    if (wrong === undefined) return
    const { algorithm, hex, isServers, found } = wrong
    if (isServers) {
      const message = `${from}: the ${algorithm} is not the one that the server sent with it`
      throw new IntegrityError('GDL_ERR_DIGEST', message, { retryable: true })
    }
    const message = `${from}: the ${algorithm} is ${found}, not ${hex}`
    throw new IntegrityError('GDL_ERR_CHECKSUM', message)
  }

  /** What is not as promised, if anything is. */
  #wrong(): (Checksum & { isServers: boolean; found: string | undefined }) | undefined {
    if (this.#hashes.size === 0) return undefined
    const { checksum, digest } = this.#promised
    const actual = new Map([...this.#hashes].map(([name, hash]) => [name, hash.digest('hex')]))
    for (const wanted of [checksum, digest]) {
      if (wanted === undefined) continue
      const found = actual.get(wanted.algorithm)
      if (found !== wanted.hex) return { ...wanted, isServers: wanted === digest, found }
    }
    return undefined
  }
}
