/**
 * Reading a source: a list in a file, a list on standard input as it arrives, or a URL itself.
 */
import { accessSync, constants, createReadStream, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { Item } from '../download/entry.ts'
import { IDLE, StreamReader } from '../io/index.ts'
import { type Operation, rethrowExit } from '../scheduler/index.ts'
import { gunzipped } from './gunzip.ts'
import { List } from './list.ts'
import { unreadable } from './unreadable.ts'
import { entryFromUrl } from './url.ts'

/** An entry on standard input begins, without settings that might follow, when the input pauses for so long. */
const IDLE_MS = 100

/** Whether a source is a URL, and not the path of a list. */
function isUrl(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source)
}

/**
 * Looks whether `source` can be read, before anything is sent. UsageError (GDL_ERR_LIST) when it is a
 * path of nothing, of a folder, or of what may not be read; GDL_ERR_USAGE for a URL of no use.
 */
export function checkSource(source: string): void {
  if (source === '-') return
  if (isUrl(source)) {
    entryFromUrl(source)
    return
  }
  try {
    accessSync(source, constants.R_OK)
    if (statSync(source).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
  } catch (error) {
    throw unreadable(source, error)
  }
}

/**
 * Gives the items of `source` to `take`, in order, as they are read. Parks. UsageError when it can't
 * be read (GDL_ERR_LIST) or is a URL that can't be used; what had been read before then was given.
 * `stdin` is called for `-` alone: to open it takes Node some milliseconds. Before more is read, `room`
 * may park.
 */
export function* readSource(
  source: string,
  stdin: () => Readable,
  take: (item: Item) => void,
  room: () => Operation<unknown> = noWait,
): Operation<void> {
  if (isUrl(source)) take({ kind: 'entry', entry: entryFromUrl(source) })
  else if (source === '-') yield* readList('standard input', stdin(), take, room, IDLE_MS)
  else yield* readList(source, createReadStream(source, { highWaterMark: 64 * 1024 }), take, room)
}

function* noWait(): Operation<void> {}

function* readList(
  name: string,
  stream: Readable,
  take: (item: Item) => void,
  room: () => Operation<unknown>,
  idleMs?: number,
): Operation<void> {
  let reader: StreamReader | undefined
  try {
    const bytes = yield* gunzipped(stream)
    if (bytes === undefined) return
    reader = new StreamReader(bytes)
    const list = new List(name, take)
    for (;;) {
      const chunk = yield* reader.read(idleMs)
      if (chunk === undefined) break
      if (chunk === IDLE) list.idle()
      else yield* list.feed(chunk)
      yield* room()
    }
    list.end()
  } catch (error) {
    rethrowExit(error)
    throw unreadable(name, error)
  } finally {
    reader?.close()
    stream.destroy()
  }
}
