/**
 * Contents of files, made from a seed: the same on every machine and in every run, so that a test
 * needs no fixture files and a failure can be looked at again.
 */
import { createCipheriv, createHash } from 'node:crypto'

/**
 * `size` bytes that look random and are decided by `seed` alone. The key stream of AES-CTR: a GiB
 * takes a second, and no two blocks are alike, so that a piece in the wrong place is seen.
 */
export function bytes(size: number, seed: number | string = 1): Buffer {
  const key = createHash('sha256').update(`gdl ${seed}`).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
}

/** The SHA-256 of `data`, in lower-case hexadecimal. */
export function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex')
}
