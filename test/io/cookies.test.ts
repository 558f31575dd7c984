import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { CookieJar } from '../../src/io/cookie-jar.ts'
import { type FileCookie, readCookieFile } from '../../src/io/cookies.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const line = (...fields: string[]): string => fields.join('\t')

function read(...lines: string[]): ReturnType<typeof readCookieFile> & { path: string } {
  const path = join(temporaryFolder(), 'cookies.txt')
  writeFileSync(path, lines.join('\r\n'))
  return { path, ...readCookieFile(path) }
}

const soon = String(Math.floor(Date.now() / 1000) + 3600)

describe('a cookie file', () => {
  it('has a cookie a line, comments and blank lines', () => {
    const { cookies, complaints } = read(
      '\ufeff# Netscape HTTP Cookie File',
      '',
      line('.Host.example', 'TRUE', '/', 'FALSE', '0', 'a', '1'),
      line('#HttpOnly_www.host.example', 'FALSE', '/p', 'TRUE', soon, 'b', ''),
      line('host.example', 'true', '/', 'false', '1.5', 'c', 'x=y z"'),
    )
    expect(complaints).toEqual([])
    const [a, b, c] = cookies as [FileCookie, FileCookie, FileCookie]
    expect(a).toEqual({
      domain: 'host.example',
      hostOnly: false,
      path: '/',
      secure: false,
      httpOnly: false,
      expiresEpochSeconds: undefined,
      name: 'a',
      value: '1',
    })
    expect([b.hostOnly, b.httpOnly, b.secure, b.expiresEpochSeconds]).toEqual([
      true,
      true,
      true,
      Number(soon),
    ])
    expect([c.value, c.expiresEpochSeconds]).toEqual(['x=y z"', 1.5])
  })

  it('has its bad lines named, without their values', () => {
    const good = line('host', 'TRUE', '/', 'FALSE', '0', 'a', '1')
    const { path, complaints, cookies } = read(
      good,
      'hunter2',
      line('host', 'MAYBE', '/', 'FALSE', '0', 'a', 'hunter2'),
      line('host', 'TRUE', 'path', 'FALSE', '0', 'a', 'hunter2'),
      line('host', 'TRUE', '/', 'FALSE', 'soon', 'a', 'hunter2'),
      line('host', 'TRUE', '/', 'FALSE', '0', 'a', 'x;hunter2'),
      line('host', 'TRUE', '/', 'FALSE', '0', 'a', '1', 'hunter2'),
      line('', 'TRUE', '/', 'FALSE', '0', 'a', 'hunter2'),
    )
    expect(cookies).toHaveLength(1)
    expect(complaints.map((text) => text.split(': ')[0])).toEqual(
      [2, 3, 4, 5, 6, 7, 8].map((number) => `${path}:${number}`),
    )
    expect(complaints.join()).not.toContain('hunter2')
  })

  it('that holds nothing else, or is not there, is of no use; an empty one is', () => {
    expect(() => read('<html>', 'hunter2')).toThrow(/cookies\.txt:1: /)
    expect(() => readCookieFile('/no/such/file')).toThrow(UsageError)
    expect(read('# nothing').cookies).toEqual([])
  })
})

describe('a cookie jar', () => {
  const jarOf = (...lines: string[]): CookieJar => new CookieJar(read(...lines).cookies)

  it('sends a cookie where its domain, path, security and age let it go', () => {
    const jar = jarOf(
      line('.host.example', 'TRUE', '/', 'FALSE', '0', 'wide', '1'),
      line('host.example', 'FALSE', '/', 'FALSE', '0', 'narrow', '1'),
      line('host.example', 'TRUE', '/deep', 'FALSE', soon, 'deep', '1'),
      line('host.example', 'TRUE', '/', 'TRUE', soon, 'secure', '1'),
      line('host.example', 'TRUE', '/', 'FALSE', '1', 'old', '1'),
      line('127.0.0.1', 'FALSE', '/', 'FALSE', '0', 'address', '1'),
      line('localhost', 'FALSE', '/', 'FALSE', '0', 'local', '1'),
      line('127.0.0.1', 'FALSE', '/', 'TRUE', '0', 'tls', '1'),
      line('.com', 'TRUE', '/', 'FALSE', '0', 'public', '1'),
    )
    const names = (url: string): string =>
      jar
        .headerFor(url)
        .split('; ')
        .map((pair) => pair.split('=')[0] ?? '')
        .sort()
        .join(' ')
    expect(names('http://host.example/')).toBe('narrow wide')
    expect(names('http://host.example:8080/deep/a?b')).toBe('deep narrow wide')
    expect(names('https://host.example/deeper')).toBe('narrow secure wide')
    expect(names('http://www.host.example/')).toBe('wide')
    expect(names('http://nothost.example/')).toBe('')
    expect(names('http://127.0.0.1:1/')).toBe('address')
    expect(names('https://127.0.0.1:1/')).toBe('address tls')
    expect(names('http://localhost/')).toBe('local')
    expect(names('http://any.com/')).toBe('')
  })

  it('takes what answers set, and lets nobody set what is not theirs', () => {
    const jar = jarOf()
    jar.take('http://host.example/a/b', ['a=1; Path=/', 'b=2; HttpOnly; Path=/a', 'c=3'])
    jar.take('http://host.example/', 'd=4; Max-Age=0')
    jar.take('http://host.example/', 'e=5; Secure')
    jar.take('http://evil.example/', ['x=1; Domain=host.example', 'y=1; Domain=example', ';;;', ''])
    jar.take('http://host.example/', undefined)
    expect(jar.headerFor('http://host.example/')).toBe('a=1')
    expect(jar.headerFor('http://host.example/a/z')).toBe('b=2; c=3; a=1')
    expect(jar.headerFor('http://evil.example/')).toBe('')
    jar.take('http://host.example/', 'a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/')
    expect(jar.headerFor('http://host.example/')).toBe('')
  })
})
