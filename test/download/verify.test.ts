import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Checksum, Entry } from '../../src/download/entry.ts'
import { Verifier } from '../../src/download/verify.ts'
import { IntegrityError } from '../../src/errors.ts'
import type { Response } from '../../src/io/index.ts'
import { errorOf } from '../scheduler/helpers.ts'
import { bytes, sha256 } from '../support/bytes.ts'

const content = bytes(10_000, 'verify')

/** A verifier of `content`, or of what is told, that has seen it in pieces of 999 bytes. */
function fed(
  { length, data = content }: { length?: number; data?: Buffer },
  wanted: Pick<Entry, 'size' | 'checksum'> = {},
): Verifier {
  const response = { url: 'http://user.example:81/a?token=secret', length } as unknown as Response
  const verifier = new Verifier(response, { urls: [response.url], ...wanted })
  for (let at = 0; at < data.length; at += 999) verifier.add([data.subarray(at, at + 999)])
  return verifier
}

describe('a Verifier', () => {
  it('counts what comes', () => {
    const verifier = fed({})
    expect(verifier.bytes).toBe(10_000)
    verifier.add([])
    verifier.add([Buffer.alloc(0), Buffer.alloc(7), Buffer.alloc(5)])
    expect(verifier.bytes).toBe(10_012)
  })

  it('takes any body where nothing was promised', () => {
    fed({}).check()
    fed({ data: Buffer.alloc(0) }).check()
  })

  it('holds the server to its Content-Length; it may do better next time', () => {
    fed({ length: 10_000 }).check()
    fed({ length: 0, data: Buffer.alloc(0) }).check()
    for (const length of [9_999, 10_001, 0]) {
      const error = errorOf(() => fed({ length }).check())
      expect(error).toBeInstanceOf(IntegrityError)
      expect(error).toMatchObject({ code: 'GDL_ERR_LENGTH', retryable: true })
      expect((error as Error).message).toBe(
        `user.example:81: 10000 bytes came of ${length} that were announced`,
      )
    }
  })

  it('holds the body to the size of the list; another try does not help', () => {
    fed({}, { size: 10_000 }).check()
    fed({ data: Buffer.alloc(0) }, { size: 0 }).check()
    for (const size of [9_999, 10_001, 0]) {
      const error = errorOf(() => fed({ length: 10_000 }, { size }).check())
      expect(error).toMatchObject({ code: 'GDL_ERR_LENGTH', retryable: false })
    }
  })

  it.each([
    ['md5', '781e5e245d69b566979b86e28d23f2c7', '0123456789'],
    ['sha1', '87acec17cd9dcd20a716cc2cf67417b71c8a7016', '0123456789'],
    ['sha256', '84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882', '0123456789'],
    [
      'sha512',
      'bb96c2fc40d2d54617d6f276febe571f623a8dadf0b734855299b0e107fda32c' +
        'f6b69f2da32b36445d73690b93cbd0f7bfc20e0f7f28553d2a4428f23b716e90',
      '0123456789',
    ],
  ] as const)('knows the %s of a body', (algorithm, hex, text) => {
    const data = Buffer.from(text)
    fed({ data }, { checksum: { algorithm, hex } }).check()
    const wrong: Checksum = { algorithm, hex: hex.replace(/^./, (c) => (c === '0' ? '1' : '0')) }
    const error = errorOf(() => fed({ data }, { checksum: wrong }).check())
    expect(error).toBeInstanceOf(IntegrityError)
    expect(error).toMatchObject({ code: 'GDL_ERR_CHECKSUM', retryable: false })
    expect((error as Error).message).toMatch(`the ${algorithm} is ${hex}, not ${wrong.hex}`)
  })

  it('finds any single bit that is wrong, however the body is cut', () => {
    const checksum: Checksum = { algorithm: 'sha256', hex: sha256(content) }
    const response = { url: 'http://h/', length: undefined } as unknown as Response
    const cuts = fc.array(fc.nat(content.length), { maxLength: 5 })
    const flip = fc.option(fc.nat(content.length * 8 - 1))
    fc.assert(
      fc.property(cuts, flip, (given, bit) => {
        const data = Buffer.from(content)
        if (bit !== null) data[bit >> 3]! ^= 1 << (bit & 7)
        const verifier = new Verifier(response, { urls: ['http://h/'], checksum })
        const ends = [...given.sort((a, b) => a - b), data.length]
        verifier.add(ends.map((end, at) => data.subarray(ends[at - 1] ?? 0, end)))
        if (bit === null) verifier.check()
        else expect(() => verifier.check()).toThrow(IntegrityError)
      }),
    )
  })

  it('tells of the length before the size, and of the size before the checksum', () => {
    const checksum: Checksum = { algorithm: 'sha256', hex: sha256('other') }
    expect(errorOf(() => fed({ length: 1 }, { size: 2, checksum }).check())).toMatchObject({
      code: 'GDL_ERR_LENGTH',
      retryable: true,
    })
    expect(errorOf(() => fed({}, { size: 2, checksum }).check())).toMatchObject({
      code: 'GDL_ERR_LENGTH',
      retryable: false,
    })
    expect(errorOf(() => fed({}, { size: 10_000, checksum }).check())).toMatchObject({
      code: 'GDL_ERR_CHECKSUM',
    })
  })
})
