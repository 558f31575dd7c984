/**
 * `--failed`: what did not end well, as a list that gdl reads.
 *
 * Written once, at the end, by a rename, so that the file may be the very list that the run was made
 * of: `until gdl --failed todo.txt todo.txt; do sleep 60; done`. For the same reason it is removed when
 * nothing failed: it always says what is left to do after the last run.
 */
import type { DownloadEvent, Item } from '../download/index.ts'
import { entryText, unusableText } from '../input/index.ts'
import { writeWholeFile } from './whole-file.ts'

/** Remembers what has not ended well. */
export class FailedList {
  /** In the order of the lists. */
  readonly #left = new Map<number, Item>()
  readonly #rest: Item[] = []

  /** Learns from an event of the engine. */
  event(event: DownloadEvent): void {
    if (event.event === 'added') this.#left.set(event.id, event.item)
    else if (event.event === 'done') this.#left.delete(event.id)
  }

  /** An item that the run did not come to. */
  add(item: Item): void {
    this.#rest.push(item)
  }

  /**
   * Makes `path` hold what is left, or removes it when that is nothing. Header values are in it, so it
   * is the owner's alone. FileError. Does not park.
   */
  write(path: string): void {
    const isEmpty = this.#left.size === 0 && this.#rest.length === 0
    const file = { option: '--failed', path, mode: 0o600 }
    writeWholeFile(file, isEmpty ? undefined : this.#text())
  }

  *#text(): Generator<string> {
    for (const items of [this.#left.values(), this.#rest]) {
      for (const item of items) {
        if (item.kind === 'entry') yield entryText(item.entry)
        else if (item.kind === 'bad') yield unusableText(item)
      }
    }
  }
}
