/**
 * The sources of a run, read one after the other; and what was not come to, where a run is broken off.
 */
import { statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { Item } from '../download/index.ts'
import { GdlError } from '../errors.ts'
import { readSource } from '../input/index.ts'
import { type Operation, rethrowExit } from '../scheduler/index.ts'

/** Reads `sources` once. */
export class Reading {
  readonly #sources: readonly string[]
  readonly #stdin: () => Readable
  /** The source that is being read, and how many of its items were given. */
  #at = 0
  #given = 0

  constructor(sources: readonly string[], stdin: () => Readable) {
    this.#sources = sources
    this.#stdin = stdin
  }

  /**
   * Gives all items to `take`. Parks. A list that breaks off is a failure of its own: what it gave until
   * then goes on, and the next is read. Before more is read, `room` may park.
   */
  *read(take: (item: Item) => void, room: () => Operation<unknown>): Operation<void> {
    for (; this.#at < this.#sources.length; this.#at++) {
      const source = this.#sources[this.#at]!
      this.#given = 0
      try {
        const given = (item: Item): void => {
          this.#given++
          take(item)
        }
        yield* readSource(source, this.#stdin, given, room)
      } catch (error) {
        rethrowExit(error)
        if (!(error instanceof GdlError)) throw error
        take({ kind: 'bad', text: source, ...placed(source, error.message) })
      }
    }
  }

  /** After a kill in `read`: gives what that had not given. Parks. Files alone, as others can't be read again. */
  *readRest(take: (item: Item) => void): Operation<void> {
    let known = this.#given
    for (const source of this.#sources.slice(this.#at)) {
      if (!canBeReadAgain(source)) continue
      try {
        const unknown = (item: Item): void => {
          if (known > 0) known--
          else take(item)
        }
        yield* readSource(source, this.#stdin, unknown)
      } catch (error) {
        // The run did not come to it, and need not tell.
        rethrowExit(error)
      }
      known = 0
    }
  }
}

/** The line where a list broke off, in place of its name alone, where its error begins with that. */
function placed(source: string, told: string): { source: string; message: string } {
  const [, place, message] = /^(.+?:\d+): (.*)$/s.exec(told) ?? []
  return place === undefined ? { source, message: told } : { source: place, message: message! }
}

function canBeReadAgain(source: string): boolean {
  // There is no file of a URL's name, and it can.
  return source !== '-' && (statSync(source, { throwIfNoEntry: false })?.isFile() ?? true)
}
