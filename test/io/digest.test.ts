import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../src/io/digest.ts'

const hash = (algorithm: string, encoding: 'base64' | 'hex'): string =>
  createHash(algorithm).update('content').digest(encoding)

const sha256 = hash('sha256', 'base64')
const found = { algorithm: 'sha256', hex: hash('sha256', 'hex') }

describe('a digest', () => {
  it.each([
    ['repr-digest', `sha-256=:${sha256}:`],
    ['content-digest', `sha-256=:${sha256}:`],
    ['digest', `sha-256=${sha256}`],
    ['digest', `SHA-256=${sha256}`],
    ['digest', `unixsum=30637, SHA-256=${sha256}`],
    ['repr-digest', ` unknown=:AAAA: , sha-256=:${sha256}: `],
  ])('is read from %s: %s', (name, value) => {
    expect(digestOf({ [name]: value }, false)).toEqual(found)
  })

  it('is read from Content-MD5 and from SHA', () => {
    const md5 = { algorithm: 'md5', hex: hash('md5', 'hex') }
    expect(digestOf({ 'content-md5': hash('md5', 'base64') }, false)).toEqual(md5)
    const sha1 = { algorithm: 'sha1', hex: hash('sha1', 'hex') }
    expect(digestOf({ digest: `sha=${hash('sha1', 'base64')}` }, false)).toEqual(sha1)
  })

  it('is the strongest, wherever it stands', () => {
    const fields = {
      'content-md5': hash('md5', 'base64'),
      digest: [`md5=${hash('md5', 'base64')}`, `sha=${hash('sha1', 'base64')}`],
      'repr-digest': `sha-256=:${sha256}:, sha-512=:${hash('sha512', 'base64')}:`,
    }
    expect(digestOf(fields, false)?.algorithm).toBe('sha512')
  })

  it('of a part is not taken for one of the whole', () => {
    const fields = { 'content-md5': hash('md5', 'base64'), 'content-digest': `sha-256=:${sha256}:` }
    expect(digestOf(fields, true)).toBeUndefined()
    expect(digestOf({ ...fields, 'repr-digest': `sha-256=:${sha256}:` }, true)).toEqual(found)
  })

  it.each([
    ['repr-digest', `sha-256=${sha256}`],
    ['repr-digest', 'sha-256=:AAAA:'],
    ['repr-digest', 'sha-256=::'],
    ['repr-digest', 'sha-256=:'],
    ['digest', `sha-256=:${sha256}:`],
    ['digest', 'sha-256=!!!!'],
    ['digest', 'sha-256'],
    ['digest', ''],
    ['content-md5', 'AAAA'],
  ])('that is malformed is none: %s: %s', (name, value) => {
    expect(digestOf({ [name]: value }, false)).toBeUndefined()
  })

  it('crashes nothing, whatever the fields are', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^(?:md5|sha|sha-256|sha-512)=:?[A-Za-z0-9+/=]{0,90}:?(?:, ?|$)/),
    )
    const value = fc.oneof(text, fc.array(text, { maxLength: 3 }))
    const names = fc.constantFrom('repr-digest', 'content-digest', 'digest', 'content-md5')
    fc.assert(
      fc.property(fc.dictionary(names, value), fc.boolean(), (fields, isPart) => {
        const digest = digestOf(fields, isPart)
        if (digest !== undefined) expect(digest.hex).toMatch(/^[0-9a-f]{32,128}$/)
      }),
      { numRuns: 10_000 },
    )
  })
})
