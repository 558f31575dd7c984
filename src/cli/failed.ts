/**
 * `--failed`: what did not end well, as a list that gdl reads.
 *
 * Written once, at the end, by a rename, so that the file may be the very list that the run was made
 * of: `until gdl --failed todo.txt todo.txt; do sleep 60; done`. For the same reason it is removed when
 * nothing failed: it always says what is left to do after the last run.
 */
import {
  closeSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import type { DownloadEvent, Item } from '../download/index.ts'
import { FileError } from '../errors.ts'
import { entryText, unusableText } from '../input/index.ts'

/** Text is written in pieces of about so many characters. */
const PIECE_LENGTH = 65_536

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
    try {
      const target = targetOf(path)
      const isEmpty = this.#left.size === 0 && this.#rest.length === 0
      if (target === 'device') {
        writeTo(path, this.#text())
      } else if (isEmpty) {
        rmSync(target, { force: true })
      } else {
        writeTo(`${target}.gdl.part`, this.#text())
        renameSync(`${target}.gdl.part`, target)
      }
    } catch (error) {
      const { code } = error as { code?: string }
      throw new FileError('GDL_ERR_FILE', `--failed ${path}: ${code}`, { cause: error })
    }
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

/** The file itself, where `path` is a link to one; a terminal or a pipe can only be written to. */
function targetOf(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return path
  const target = realpathSync(path)
  return lstatSync(target).isFile() ? target : 'device'
}

function writeTo(path: string, texts: Iterable<string>): void {
  const fd = openSync(path, 'w', 0o600)
  try {
    let piece = ''
    for (const text of texts) {
      piece += text
      if (piece.length < PIECE_LENGTH) continue
      writeFileSync(fd, piece)
      piece = ''
    }
    writeFileSync(fd, piece)
  } finally {
    closeSync(fd)
  }
}
