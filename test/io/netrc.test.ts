import { expect, it } from 'vitest'
import { parseNetrc } from '../../src/io/netrc.ts'

const CASES: readonly (readonly [title: string, text: string, login: string, password: string])[] =
  [
    ['on a line', 'machine host login me password p', 'me', 'p'],
    ['over lines', 'machine\thost\r\n\tlogin me\r\n\tpassword p\r\n', 'me', 'p'],
    ['the other way round', 'machine host password p login me', 'me', 'p'],
    ['in any case of the host', 'machine HOST login me password p', 'me', 'p'],
    ['with an account', 'machine host login me account login password p', 'me', 'p'],
    [
      'quoted',
      String.raw`machine "host" login "my \"self\"" password "a\tb\\ c"`,
      'my "self"',
      'a\tb\\ c',
    ],
    ['with a hash', 'machine host login me password #p', 'me', '#p'],
    [
      'after comments',
      '# machine host login x password x\nmachine host login me password p',
      'me',
      'p',
    ],
    [
      'the first of two',
      'machine host login me password p\nmachine host login x password x',
      'me',
      'p',
    ],
    ['by default', 'machine other login x password x\ndefault login me password p', 'me', 'p'],
    ['not by default', 'default login x password x\nmachine host login me password p', 'me', 'p'],
    [
      'after a macro',
      'macdef init\nmachine host login x password x\n\nmachine host login me password p',
      'me',
      'p',
    ],
    ['a word that is a keyword', 'machine host login machine password login', 'machine', 'login'],
  ]

it.each(CASES)('a login is found %s', (_title, text, login, password) => {
  expect(parseNetrc(text)('host', true)).toEqual({ login, password })
})

it.each([
  '',
  'machine host',
  'machine host login me',
  'machine host password p',
  'machine',
  'machine host login',
  'machine otherhost login me password p',
  'macdef x\nmachine host login me password p',
])('there is none in %j', (text) => {
  expect(parseNetrc(text)('host', true)).toBeUndefined()
})
