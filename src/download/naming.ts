/**
 * What a download's file is called: by the list or the URL, until the server's answer gives another name
 * (`--content-disposition`, RFC 6266).
 */
import { basename, dirname, join } from 'node:path'
import { dispositionName, type Response } from '../io/index.ts'
import type { Assignment, Surroundings } from './download.ts'
import { safeName } from './name.ts'
import type { LiveTransfer } from './transfer.ts'

/** The name of one download's file. */
export class Naming {
  readonly #around: Surroundings
  readonly #transfer: LiveTransfer
  #path: string | undefined
  #isFinal: boolean

  constructor({ path, entry }: Assignment, around: Surroundings, transfer: LiveTransfer) {
    this.#around = around
    this.#transfer = transfer
    this.#path = path
    const { contentDisposition, output } = around.options
    this.#isFinal = !contentDisposition || output !== undefined || entry.out !== undefined
  }

  /** Where the file goes. Undefined: to standard output, or nowhere, as one of the server's name is there. */
  get path(): string | undefined {
    return this.#path
  }

  /** Takes the name that the server gives, the first time: whether it is another one. Does not park. */
  take({ headers }: Response): boolean {
    const before = this.#path
    if (this.#isFinal || before === undefined) return false
    this.#isFinal = true
    const name = dispositionName(headers)
    if (name === undefined || safeName(name) === basename(before)) return false
    this.#path = this.#around.pathNamed(name, before)
    this.#transfer.path = this.#path ?? join(dirname(before), safeName(name))
    return true
  }
}
