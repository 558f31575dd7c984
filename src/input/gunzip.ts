/**
 * gzip around a list, which is told by its first byte: no list begins with 0x1f.
 *
 * It is unpacked as it is read, and read only as fast as lines are taken, so that a bomb takes time and
 * not memory. Several members in a row, as `cat a.gz b.gz` makes, are one list. A file that ends early
 * is an error (Z_BUF_ERROR) behind what it still held.
 */
import { once } from 'node:events'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { until } from '../io/index.ts'
import type { Operation } from '../scheduler/index.ts'

const GZIP = 0x1f

/**
 * `stream`, or what it unpacks to; undefined when it is empty. Parks until the first byte. Destroying
 * what is given destroys `stream`. Throws the stream's error.
 */
export function* gunzipped(stream: Readable): Operation<Readable | undefined> {
  yield* until(once(stream, 'readable'))
  const first = stream.read() as Buffer | null
  if (first === null) return undefined
  stream.unshift(first)
  if (first[0] !== GZIP) return stream
  const unpacked = createGunzip()
  // Errors of both come out of the last one.
  pipeline(stream, unpacked, () => {})
  return unpacked
}
