/**
 * Whether the bytes that came are the ones that were promised: by the server's Content-Length, and by
 * the entry's size and checksum.
 */
import { createHash, type Hash } from 'node:crypto'
import { IntegrityError } from '../errors.ts'
import { hostOf, type Response } from '../io/index.ts'
import type { Entry } from './entry.ts'

/** Looks at one body as it comes. */
export class Verifier {
  bytes = 0
  readonly #response: Response
  readonly #entry: Entry
  readonly #hash: Hash | undefined

  constructor(response: Response, entry: Entry) {
    this.#response = response
    this.#entry = entry
    this.#hash = entry.checksum === undefined ? undefined : createHash(entry.checksum.algorithm)
  }

  /** Takes the next bytes of the body. */
  add(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) {
      this.bytes += chunk.length
      this.#hash?.update(chunk)
    }
  }

  /** At the end of the body: IntegrityError if it is not what was promised. */
  check(): void {
    const { checksum, size } = this.#entry
    const { length, url } = this.#response
    if (length !== undefined && this.bytes !== length) {
      throw new IntegrityError(
        'GDL_ERR_LENGTH',
        `${hostOf(url)}: ${this.bytes} bytes came of ${length} that were announced`,
        { retryable: true },
      )
    }
    if (size !== undefined && this.bytes !== size) {
      throw new IntegrityError(
        'GDL_ERR_LENGTH',
        `${hostOf(url)}: ${this.bytes} bytes came, the list says ${size}`,
      )
    }
    const actual = this.#hash?.digest('hex')
    if (checksum !== undefined && actual !== checksum.hex) {
      throw new IntegrityError(
        'GDL_ERR_CHECKSUM',
        `${hostOf(url)}: the ${checksum.algorithm} is ${actual}, not ${checksum.hex}`,
      )
    }
  }
}
