/**
 * MurmurHash3_x86_128 (Austin Appleby, 2011, public domain) of a string's UTF-16 code units, low byte
 * first. In the language itself: the way into `crypto` and back takes ten times as long for a URL.
 *
 * Its 128 bits are as good as random for what nobody has made to collide, and no more than that: whoever
 * wants to can make two strings that do. Imports nothing.
 */
const { imul } = Math

const [C1, C2, C3, C4] = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93] as const

/** Writes the hash of `text` into the four lanes of `into`. O(text). */
export function murmur3(text: string, into: Int32Array): void {
  let h1 = 0
  let h2 = 0
  let h3 = 0
  let h4 = 0
  let at = 0
  for (; at + 8 <= text.length; at += 8) {
    h1 = next(h1 ^ mixed1(text, at), 19, h2, 0x561ccd1b)
    h2 = next(h2 ^ mixed2(text, at + 2), 17, h3, 0x0bcaa747)
    h3 = next(h3 ^ mixed3(text, at + 4), 15, h4, 0x96cd1c35)
    h4 = next(h4 ^ mixed4(text, at + 6), 13, h1, 0x32ac3b17)
  }
  // Behind the end there are zeros, which change nothing.
  const bytes = text.length * 2
  h1 ^= mixed1(text, at) ^ bytes
  h2 ^= mixed2(text, at + 2) ^ bytes
  h3 ^= mixed3(text, at + 4) ^ bytes
  h4 ^= mixed4(text, at + 6) ^ bytes
  h1 = (h1 + h2 + h3 + h4) | 0
  const f2 = avalanche(h1 + h2)
  const f3 = avalanche(h1 + h3)
  const f4 = avalanche(h1 + h4)
  const sum = avalanche(h1) + f2 + f3 + f4
  into[0] = sum
  into[1] = sum + f2
  into[2] = sum + f3
  into[3] = sum + f4
}

/** One step of a lane. */
function next(hash: number, turn: number, neighbour: number, constant: number): number {
  return (imul(rotated(hash, turn) + neighbour, 5) + constant) | 0
}

function mixed1(text: string, at: number): number {
  return imul(rotated(imul(word(text, at), C1), 15), C2)
}

function mixed2(text: string, at: number): number {
  return imul(rotated(imul(word(text, at), C2), 16), C3)
}

function mixed3(text: string, at: number): number {
  return imul(rotated(imul(word(text, at), C3), 17), C4)
}

function mixed4(text: string, at: number): number {
  return imul(rotated(imul(word(text, at), C4), 18), C1)
}

/** Two code units; behind the end they are NaN, and become 0. */
function word(text: string, at: number): number {
  return text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** Has each bit change half of the others. */
function avalanche(hash: number): number {
  let bits = imul(hash ^ (hash >>> 16), 0x85ebca6b)
  bits = imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}
