/**
 * Lists as the tests of this folder read them: through the same door as the command, in chunks.
 */
import { Readable } from 'node:stream'
import type { Entry, Item } from '../../src/download/entry.ts'
import { readSource } from '../../src/input/index.ts'
import { run } from '../../src/scheduler/index.ts'

/** All that a list on standard input gives; the error that ended it, if one did, is thrown. */
export async function readList(
  list: string | Uint8Array,
  chunkBytes = Number.POSITIVE_INFINITY,
): Promise<Item[]> {
  const { items, error } = await tryList(list, chunkBytes)
  if (error !== undefined) throw error
  return items
}

/** All that it gave, and the error that ended it. */
export async function tryList(
  list: string | Uint8Array,
  chunkBytes = Number.POSITIVE_INFINITY,
): Promise<{ items: Item[]; error: Error | undefined }> {
  const items: Item[] = []
  const stream = Readable.from(chunks(Buffer.from(list), chunkBytes), { objectMode: false })
  const ended = run(() =>
    readSource(
      '-',
      () => stream,
      (item) => items.push(item),
    ),
  )
  const error = await ended.then(
    () => undefined,
    (reason: Error) => reason,
  )
  return { items, error }
}

/** The entries, without where they were written; whatever is no entry is an error. */
export function entriesOf(items: readonly Item[]): Omit<Entry, 'source'>[] {
  return items.map((item) => {
    if (item.kind !== 'entry') throw new Error(JSON.stringify(item))
    const { source: _, ...entry } = item.entry
    return entry
  })
}

function* chunks(bytes: Buffer, size: number): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) {
    yield bytes.subarray(start, start + size)
  }
}
