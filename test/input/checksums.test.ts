import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Checksum } from '../../src/download/entry.ts'
import { readChecksums } from '../../src/input/checksums.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function read(...lines: string[]): Record<string, Checksum> {
  const path = join(temporaryFolder(), 'SUMS')
  writeFileSync(path, lines.join('\n'))
  return Object.fromEntries(readChecksums(path))
}

const HEX = { md5: 32, sha1: 40, sha256: 64, sha384: 96, sha512: 128 } as const
const hexOf = (algorithm: Checksum['algorithm']): string => 'ab'.repeat(HEX[algorithm] / 2)

describe('a list of checksums', () => {
  it.each(Object.keys(HEX) as Checksum['algorithm'][])(
    'may be of %s, in either form',
    (algorithm) => {
      const hex = hexOf(algorithm)
      const checksum = { algorithm, hex }
      const tag = algorithm.toUpperCase()
      expect(
        read(
          '# a comment',
          `${hex}  text.iso`,
          `${hex} *binary.iso\r`,
          `${hex.toUpperCase()} \t ./of  folder/*name `,
          '',
          `${tag} (bsd (1).iso) = ${hex}`,
          `${tag}(openssl.iso)= ${hex}`,
        ),
      ).toEqual({
        'text.iso': checksum,
        'binary.iso': checksum,
        'of  folder/*name ': checksum,
        'bsd (1).iso': checksum,
        'openssl.iso': checksum,
      })
    },
  )

  it('has names with a backslash or a line break in escapes', () => {
    const hex = hexOf('sha256')
    expect(
      Object.keys(read(`\\${hex}  a\\\\b\\nc\\rd`, `\\SHA256 (x\\ny) = ${hex}`, `${hex}  z\\n`)),
    ).toEqual(['a\\b\nc\rd', 'x\ny', 'z\\n'])
  })

  it('knows what openssl 3 calls SHA-2', () => {
    expect(read(`SHA2-512(x)= ${hexOf('sha512')}`)).toEqual({
      x: { algorithm: 'sha512', hex: hexOf('sha512') },
    })
  })

  it('may be clear-signed', () => {
    expect(
      Object.keys(
        read(
          '-----BEGIN PGP SIGNED MESSAGE-----',
          'Hash: SHA256',
          '',
          '# x.iso: 1 bytes',
          `SHA256 (x.iso) = ${hexOf('sha256')}`,
          '-----BEGIN PGP SIGNATURE-----',
          '',
          'iQIzBAEBCAAdFiEE',
          '-----END PGP SIGNATURE-----',
        ),
      ),
    ).toEqual(['x.iso'])
  })

  it('gives the strongest of several for one name', () => {
    const lines = [`${hexOf('md5')}  x`, `${hexOf('sha512')}  x`, `${hexOf('sha1')}  ./x`]
    expect(read(...lines)).toEqual({ x: { algorithm: 'sha512', hex: hexOf('sha512') } })
  })

  it.each([
    ['not one', ':2: not a checksum and a name'],
    [`${'a'.repeat(63)}  x`, ':2: not a checksum and a name'],
    [`${'g'.repeat(64)}  x`, ':2: not a checksum and a name'],
    [hexOf('sha256'), ':2: not a checksum and a name'],
    [`MD5 (x) = ${hexOf('sha256')}`, ':2: not a checksum and a name'],
    [`CRC32 (x) = ${'a'.repeat(8)}`, ':2: not a checksum and a name'],
    [`${'00'.repeat(32)}  fine`, ':2: another checksum of the same file stands above'],
  ])('is refused at a line like %j', (line, message) => {
    expect(() => read(`${hexOf('sha256')}  fine`, line)).toThrow(
      expect.objectContaining({
        code: 'GDL_ERR_LIST',
        message: expect.stringContaining(`SUMS${message}`),
      }),
    )
  })

  it('is refused where it is missing, a folder or empty', () => {
    const folder = temporaryFolder()
    expect(() => readChecksums(join(folder, 'none'))).toThrow(/none: there is no such file/)
    expect(() => readChecksums(folder)).toThrow(/it is a folder/)
    expect(() => read('# nothing')).toThrow(/it has no checksums/)
  })

  it.runIf(spawnSync('sha256sum', ['--version']).status === 0)('may be of sha256sum', () => {
    const folder = temporaryFolder()
    const names = ['plain', 'two\nlines', 'back\\slash', ' a ']
    for (const name of names) writeFileSync(join(folder, name), name)
    for (const args of [[], ['--tag'], ['--binary']]) {
      const made = spawnSync('sha256sum', [...args, ...names], { cwd: folder, encoding: 'utf8' })
      writeFileSync(join(folder, 'SUMS'), made.stdout)
      expect([...readChecksums(join(folder, 'SUMS')).keys()]).toEqual(names)
    }
  })
})
