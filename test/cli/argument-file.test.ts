import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readArgument } from '../../src/cli/argument-file.ts'
import { header, secret } from '../../src/cli/values.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function fileWith(text: string): string {
  const path = join(temporaryFolder(), 'secret')
  writeFileSync(path, text)
  return path
}

describe('a value that begins with @', () => {
  it('is the first line of a file for a password', () => {
    expect(secret(`@${fileWith('me:pass word\r\nmore\n')}`)).toBe('me:pass word')
    expect(secret(`@${fileWith('\uFEFF\n@me:x')}`)).toBe('@me:x')
    expect(secret('me:@x')).toBe('me:@x')
  })

  it('is a header a line, after those before', () => {
    const file = fileWith('X-A: 1\n\n#odd: 2\nX-B:@3')
    const before = header('X-First: 0', undefined)
    expect(header(`@${file}`, before)).toEqual([
      ['X-First', '0'],
      ['X-A', '1'],
      ['#odd', '2'],
      ['X-B', '@3'],
    ])
  })

  it('is refused with the line in the file, and without its secret', () => {
    const file = fileWith('X-A: 1\nAuthorization hunter2')
    expect(() => header(`@${file}`, undefined)).toThrow(`${file}:2: `)
    expect(() => header(`@${file}`, undefined)).not.toThrow('hunter2')
  })

  it('is refused where there is nothing to read, and says why', () => {
    const folder = temporaryFolder()
    const line = (text: string) => () => readArgument(text, (line) => line)
    expect(line(`@${folder}/none`)).toThrow(`${folder}/none: there is no such file`)
    expect(line(`@${folder}`)).toThrow('it is a folder')
    expect(line('@-')).toThrow('the name of a file belongs behind @')
    expect(line('@')).toThrow('the name of a file belongs behind @')
    expect(() => secret(`@${fileWith('\n')}`)).toThrow('is empty')
  })

  it.skipIf(process.getuid?.() === 0)('is refused where it may not be read', () => {
    const file = fileWith('me:secret')
    chmodSync(file, 0)
    expect(() => secret(`@${file}`)).toThrow(`${file}: no permission to read it`)
  })
})
