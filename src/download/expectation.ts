/**
 * What the answers to one download are held against: by the list, the command line and the file that is
 * there already. Pure.
 */
import { IntegrityError } from '../errors.ts'
import {
  digestOf,
  type Field,
  fieldValue,
  hostOf,
  type Response,
  withoutUserinfo,
} from '../io/index.ts'
import { parseHttpDate } from './backoff.ts'
import type { Origin } from './body.ts'
import type { Assignment } from './download.ts'
import type { SessionOptions } from './options.ts'
import type { Promised } from './verify.ts'

/** What is expected of one file. */
export class Expectation {
  readonly #assignment: Assignment
  readonly #options: SessionOptions

  constructor(assignment: Assignment, options: SessionOptions) {
    this.#assignment = assignment
    this.#options = options
  }

  /** IntegrityError when a file of `bytes` bytes, so far or in all, is not what was asked for. */
  checkLength(bytes: number | undefined, isWhole: boolean): void {
    const { maxSizeBytes } = this.#options
    const { size } = this.#assignment.entry
    if (bytes === undefined) return
    if (isWhole && size !== undefined && bytes !== size) {
      const message = `${this.#host}: it has ${bytes} bytes, the list says ${size}`
      throw new IntegrityError('GDL_ERR_LENGTH', message)
    }
    if (maxSizeBytes !== undefined && bytes > maxSizeBytes) {
      const message = `${this.#host}: it is larger than the ${maxSizeBytes} bytes of --max-size`
      throw new IntegrityError('GDL_ERR_TOO_LARGE', message)
    }
  }

  /** What the whole body of `response` is promised to have. */
  promisedBy(response: Response): Promised {
    const digest = response.decoded ? undefined : digestOf(response.headers, false)
    return { checksum: this.#assignment.checksum, digest }
  }

  /** The fields that ask for what is newer than the file that is there (RFC 9110, 13.1.2 and 13.1.3). */
  conditions(): readonly Field[] {
    const { present } = this.#assignment
    if (present === undefined) return []
    if (present.etag !== undefined) return [['If-None-Match', present.etag]]
    return [['If-Modified-Since', new Date(present.modifiedMs).toUTCString()]]
  }

  /** Whether the server has nothing newer: by its status, or by its fields where it knows no conditions. */
  isUnchanged(response: Response): boolean {
    const { present } = this.#assignment
    if (present === undefined) return false
    if (response.status === 304) return true
    const value = fieldValue(response.headers, 'last-modified')
    const modifiedMs = value === undefined ? undefined : parseHttpDate(value, Date.now())
    if (response.status !== 200 || modifiedMs === undefined) return false
    return modifiedMs <= present.modifiedMs && response.length === present.bytes
  }

  /** Whether only its ETag will tell a newer version: a file's own time says nothing of it then. */
  isRemembered({ representation: { etag, lastModified } }: Origin): boolean {
    const isUpdate = this.#options.ifExists === 'update'
    return isUpdate && etag !== undefined && lastModified === undefined
  }

  /** The time that the file is to have, by the server's Last-Modified (RFC 9110, 8.8.2). */
  modifiedMs(lastModified: string | undefined): number | undefined {
    if (lastModified === undefined || !this.#options.timestamps) return undefined
    return parseHttpDate(lastModified, Date.now())
  }

  /** For messages. */
  get #host(): string {
    return hostOf(withoutUserinfo(this.#assignment.entry.urls[0]))
  }
}
