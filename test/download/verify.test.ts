import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Checksum } from '../../src/download/entry.ts'
import { type Promised, Verifier } from '../../src/download/verify.ts'
import { IntegrityError } from '../../src/errors.ts'
import { type Operation, run } from '../../src/scheduler/index.ts'
import { errorOf } from '../scheduler/helpers.ts'
import { bytes, sha256 } from '../support/bytes.ts'

const content = bytes(10_000, 'verify')
const right: Checksum = { algorithm: 'sha256', hex: sha256(content) }
const wrong: Checksum = { algorithm: 'sha256', hex: sha256('other') }

const NOTHING: Promised = { checksum: undefined, digest: undefined }

/** Of a file that is read back, and how much of it was. */
function fileOf(data: Buffer): {
  read: (position: number, buffer: Uint8Array) => Operation<number>
  bytesRead: number
} {
  const file = {
    bytesRead: 0,
    // Less than was asked for, as a file system may give.
    // oxlint-disable-next-line require-yield
    *read(position: number, buffer: Uint8Array): Operation<number> {
      const got = data.copy(buffer, 0, position, Math.min(data.length, position + 777))
      file.bytesRead += got
      return got
    },
  }
  return file
}

function go<T>(main: () => Operation<T>): Promise<T> {
  return run(main, { signals: false })
}

describe('a Verifier', () => {
  it('takes any body where nothing was promised, and reads nothing back', async () => {
    const verifier = new Verifier(NOTHING)
    verifier.add(0, [content])
    const file = fileOf(content)
    await go(() => verifier.readBack(content.length, file.read))
    expect(file.bytesRead).toBe(0)
    verifier.check('host')
  })

  it.each([
    ['md5', '781e5e245d69b566979b86e28d23f2c7'],
    ['sha1', '87acec17cd9dcd20a716cc2cf67417b71c8a7016'],
    ['sha256', '84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882'],
    [
      'sha512',
      'bb96c2fc40d2d54617d6f276febe571f623a8dadf0b734855299b0e107fda32c' +
        'f6b69f2da32b36445d73690b93cbd0f7bfc20e0f7f28553d2a4428f23b716e90',
    ],
  ] as const)('knows the %s of a body', (algorithm, hex) => {
    const seen = (checksum: Checksum): Verifier => {
      const verifier = new Verifier({ checksum, digest: undefined })
      verifier.add(0, [Buffer.from('01234'), Buffer.alloc(0), Buffer.from('56789')])
      return verifier
    }
    seen({ algorithm, hex }).check('host')
    const other: Checksum = { algorithm, hex: hex.replace(/^./, (c) => (c === '0' ? '1' : '0')) }
    const error = errorOf(() => seen(other).check('host'))
    expect(error).toBeInstanceOf(IntegrityError)
    expect(error).toMatchObject({ code: 'GDL_ERR_CHECKSUM', retryable: false })
    expect((error as Error).message).toBe(`host: the ${algorithm} is ${hex}, not ${other.hex}`)
  })

  it('tells of the list’s checksum before the server’s digest, which may be right next time', () => {
    const check = (promised: Promised): unknown => {
      const verifier = new Verifier(promised)
      verifier.add(0, [content])
      return errorOf(() => verifier.check('host'))
    }
    const md5: Checksum = { algorithm: 'md5', hex: '0'.repeat(32) }
    expect(check({ checksum: wrong, digest: { ...wrong } })).toMatchObject({
      code: 'GDL_ERR_CHECKSUM',
    })
    expect(check({ checksum: right, digest: md5 })).toMatchObject({
      code: 'GDL_ERR_DIGEST',
      retryable: true,
      message: 'host: the md5 is not the one that the server sent with it',
    })
    expect(check({ checksum: undefined, digest: wrong })).toMatchObject({ code: 'GDL_ERR_DIGEST' })
  })

  it('hashes each byte once, in whatever order it comes, and finds any bit that is wrong', async () => {
    const part = fc.tuple(fc.nat(content.length), fc.nat(content.length))
    const flip = fc.option(fc.nat(content.length * 8 - 1))
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), flip, async (parts, bit) => {
        const data = Buffer.from(content)
        if (bit !== null) data[bit >> 3]! ^= 1 << (bit & 7)
        const verifier = new Verifier({ checksum: right, digest: undefined })
        for (const [a, b] of parts) {
          const [start, end] = a < b ? [a, b] : [b, a]
          const cut = start + Math.floor((end - start) / 3)
          verifier.add(start, [data.subarray(start, cut), data.subarray(cut, end)])
        }
        await go(() => verifier.readBack(data.length, fileOf(data).read))
        expect(verifier.isRight).toBe(bit === null)
      }),
    )
  })

  it('reads back only what did not come in order', async () => {
    const verifier = new Verifier({ checksum: right, digest: undefined })
    verifier.add(0, [content.subarray(0, 4000)])
    verifier.add(6000, [content.subarray(6000)])
    const file = fileOf(content)
    await go(() => verifier.readBack(content.length, file.read))
    expect(file.bytesRead).toBe(6000)
    expect(verifier.isRight).toBe(true)
  })

  it('is not right when the file ends before its length', async () => {
    const verifier = new Verifier({ checksum: right, digest: undefined })
    await go(() => verifier.readBack(content.length, fileOf(content.subarray(0, 9_999)).read))
    expect(verifier.isRight).toBe(false)
  })
})
