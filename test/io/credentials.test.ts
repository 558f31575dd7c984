import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { authorizer, basic } from '../../src/io/credentials.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const none = { user: undefined, netrc: false, netrcFile: undefined, env: {} }
const here = { origin: 'https://host.example:8443', asked: true }

function fileOf(text: string): string {
  const path = join(temporaryFolder(), 'netrc')
  writeFileSync(path, text)
  return path
}

describe('-u', () => {
  it('is for the origins that were asked for, in UTF-8, with any colons in the password', () => {
    const authorize = authorizer({ ...none, user: 'ü:p:w' })
    expect(authorize?.(here)).toBe(`Basic ${Buffer.from('ü:p:w').toString('base64')}`)
    expect(authorize?.({ ...here, asked: false })).toBeUndefined()
    expect(authorizer({ ...none, user: ':' })?.(here)).toBe(basic('', ''))
  })

  it('needs a password, and does not show what was given instead', () => {
    expect(() => authorizer({ ...none, user: 'hunter2' })).toThrow(UsageError)
    expect(() => authorizer({ ...none, user: 'hunter2' })).not.toThrow(/hunter2/)
  })
})

describe('netrc', () => {
  it('is read by host, also for where a redirect leads, and after -u', () => {
    const path = fileOf('machine host.example login me password secret\n')
    const authorize = authorizer({ ...none, netrcFile: path })
    expect(authorize?.({ ...here, asked: false })).toBe(basic('me', 'secret'))
    expect(authorize?.({ origin: 'https://other.example', asked: true })).toBeUndefined()
    const both = authorizer({ ...none, netrcFile: path, user: 'a:b' })
    expect(both?.(here)).toBe(basic('a', 'b'))
    expect(both?.({ ...here, asked: false })).toBe(basic('me', 'secret'))
  })

  it('is ~/.netrc or $NETRC, and need not be there unless it is named', () => {
    const path = fileOf('default login me password secret')
    chmodSync(path, 0o666)
    expect(authorizer({ ...none, netrc: true, env: { NETRC: path } })?.(here)).toBe(
      basic('me', 'secret'),
    )
    // Whoever redirects could have the default sent anywhere.
    const all = authorizer({ ...none, netrcFile: path })
    expect(all?.({ ...here, asked: false })).toBeUndefined()
    const HOME = temporaryFolder()
    expect(authorizer({ ...none, netrc: true, env: { HOME } })).toBeUndefined()
    expect(() => authorizer({ ...none, netrcFile: join(HOME, 'no') })).toThrow(/ENOENT/)
    expect(() => authorizer({ ...none, netrcFile: HOME })).toThrow(UsageError)
  })
})
