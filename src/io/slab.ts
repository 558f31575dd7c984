/**
 * Slabs: reused buffers for what sockets read.
 *
 * Node allocates 64 KiB for each read; reading into buffers of our own that are used again moves a
 * gigabyte over loopback in 0.4 to 0.6 of the time. The price is that somebody must say when the bytes
 * are no longer needed: a slab counts its pins, and goes back to the pool with the last of them. Whoever
 * keeps bytes for good (`text()`) simply never unpins, and leaves the slab to the garbage collector.
 */

/** With twice as much, sixteen files at once took 25 MiB more; with half, a gigabyte a fifth more time. */
export const SLAB_BYTES: number = 128 * 1024
/**
 * More free slabs than this are not kept: 64 MiB. With a quarter of it, sixteen files at once took 4 % more time
 * and 29 MiB more: slabs were made and thrown away faster than the garbage collector came.
 */
const MOST_FREE = 512

const free: Slab[] = []

/** A buffer that is shared by those who read from it. */
export class Slab {
  readonly buffer: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES)
  #pins = 1

  /** Takes a free slab, or makes one; it has one pin. */
  static take(): Slab {
    const slab = free.pop()
    if (slab === undefined) return new Slab()
    slab.#pins = 1
    return slab
  }

  /** Whether anybody else has it pinned, but for the caller. */
  get isShared(): boolean {
    return this.#pins > 1
  }

  pin(): void {
    this.#pins++
  }

  /** Lets go of one pin; the last makes the slab free to be overwritten. */
  unpin(): void {
    if (--this.#pins === 0 && free.length < MOST_FREE) free.push(this)
  }
}
