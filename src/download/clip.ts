/**
 * Chunks of a body that hold more than is wanted.
 */

/** The first `bytes` bytes of `chunks`, without copying. */
export function clip(chunks: readonly Buffer[], bytes: number): readonly Buffer[] {
  let rest = bytes
  const clipped: Buffer[] = []
  for (const chunk of chunks) {
    if (rest <= 0) break
    clipped.push(chunk.length <= rest ? chunk : chunk.subarray(0, rest))
    rest -= chunk.length
  }
  return clipped
}
