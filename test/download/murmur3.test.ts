import { expect, it } from 'vitest'
import { murmur3 } from '../../src/download/murmur3.ts'

/** As its bytes are written, in hexadecimal. */
function hashOf(text: string): string {
  const lanes = new Int32Array(4)
  murmur3(text, lanes)
  const bytes = Buffer.alloc(16)
  lanes.forEach((lane, index) => bytes.writeInt32LE(lane, index * 4))
  return bytes.toString('hex')
}

// From an implementation over bytes that gives SMHasher's verification value, 0xb3ece62a.
it.each([
  ['', '00000000000000000000000000000000'],
  ['a', '96b13b03e14fefcce14fefcce14fefcc'],
  ['abcdefgh', '5576356ca198f88d0d236da714711442'],
  ['https://a.example/file.iso', '30565cd174348e5bea71d165112b3401'],
  ['näme 𝄞.txt', 'a26ba1f50c00fd62fdbe102bb809e525'],
])('gives MurmurHash3_x86_128 of %j in UTF-16, low byte first', (text, hex) => {
  expect(hashOf(text)).toBe(hex)
})

it('has each bit of a text change about half of the bits, in every lane', () => {
  const text = 'https://a.example/folder/entry-123456.txt'
  const changes = [0, 0, 0, 0]
  let flips = 0
  for (let at = 0; at < text.length; at++) {
    for (let bit = 0; bit < 16; bit++) {
      const other = String.fromCharCode(text.charCodeAt(at) ^ (1 << bit))
      const [left, right] = [new Int32Array(4), new Int32Array(4)]
      murmur3(text, left)
      murmur3(text.slice(0, at) + other + text.slice(at + 1), right)
      left.forEach((lane, index) => (changes[index]! += onesIn(lane ^ right[index]!)))
      flips++
    }
  }
  for (const ones of changes) expect(Math.abs(ones / flips / 32 - 0.5)).toBeLessThan(0.02)
})

function onesIn(word: number): number {
  return (word >>> 0).toString(2).replaceAll('0', '').length
}
