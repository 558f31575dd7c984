// Bytes that are alike nowhere, so that every shift and every mixture shows.
import { createCipheriv } from 'node:crypto'

/** `length` bytes from `seed` (0 to 255): always the same. */
export function noise(seed, length) {
  const stream = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
  return stream.update(Buffer.alloc(length))
}
