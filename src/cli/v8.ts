/**
 * Two settings of V8, for the process of the command; a program that uses gdl as a library decides for
 * itself.
 */
import { setFlagsFromString } from 'node:v8'

/**
 * Leaves undici's parser, which is WebAssembly, with V8's quick compiler. The optimising one works 0.2 s
 * on it in the background, and a process that ends sooner waits for that: one small file took 0.41 s
 * instead of 0.25, a gigabyte 1.9 s instead of 1.7, and 20 MB more. To be called before the first request.
 */
export function compileParserQuickly(): void {
  setFlagsFromString('--liftoff-only')
}

/**
 * Has garbage collected earlier. V8 lets the old generation grow to four times what was alive, and a
 * long list has much that is alive for long, some 1.2 kB for each download that waits: with 100,000 URLs
 * the process came to 443 MB, with growth held to 30 % to 280, for some collections of 10 ms.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=30')
}
