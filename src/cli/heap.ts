/**
 * A heap that stays small.
 *
 * V8 lets the old generation grow to four times what was alive, and a long list has much that is alive
 * for long: each download that waits is some 1.4 kB. With 100,000 URLs the process came to 443 MB; with
 * growth held to 30 % it is under 300, for a handful of collections of 10 ms each.
 */
import { setFlagsFromString } from 'node:v8'

/** For the process of the command; a program that uses gdl as a library decides for itself. */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=30')
}
