import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GdlError } from '../../src/errors.ts'
import {
  type Field,
  hostOf,
  isRedirect,
  redirectTarget,
  requestFields,
  type Target,
  targetOf,
} from '../../src/io/index.ts'

const NONE = requestFields([], [])

/** The value that is sent under a name. */
function sent(fields: readonly Field[], name: string): string | undefined {
  const found = fields.filter(([field]) => field.toLowerCase() === name.toLowerCase())
  expect(found.length).toBeLessThanOrEqual(1)
  return found[0]?.[1]
}

function codeOf(action: () => unknown): string {
  try {
    action()
    return 'none'
  } catch (error) {
    return (error as GdlError).code
  }
}

describe('the fields of a request', () => {
  it('ask for the file as it is', () => {
    expect(sent(NONE.own, 'accept-encoding')).toBe('identity')
    expect(sent(NONE.foreign, 'accept-encoding')).toBe('identity')
  })

  it('that were given for one origin are for that one alone', () => {
    const fields = requestFields([['Authorization', 'secret']], [['User-Agent', 'me']])
    expect(sent(fields.own, 'authorization')).toBe('secret')
    expect(sent(fields.foreign, 'authorization')).toBeUndefined()
    expect([sent(fields.own, 'user-agent'), sent(fields.foreign, 'user-agent')]).toEqual([
      'me',
      'me',
    ])
  })

  it('replace ours of the same name, in any case; an empty value has none sent', () => {
    const fields = requestFields(
      [
        ['user-AGENT', 'you'],
        ['ACCEPT', ''],
      ],
      [['User-Agent', 'me']],
    )
    expect(sent(fields.own, 'user-agent')).toBe('you')
    expect(sent(fields.foreign, 'user-agent')).toBe('me')
    expect(sent(fields.own, 'accept')).toBeUndefined()
    expect(sent(fields.foreign, 'accept')).toBe('*/*')
  })

  it('that were given several times under one name are all sent', () => {
    const { own } = requestFields(
      [
        ['X-A', '1'],
        ['x-a', '2'],
      ],
      [],
    )
    expect(own.filter(([name]) => /^x-a$/i.test(name))).toEqual([
      ['X-A', '1'],
      ['x-a', '2'],
    ])
  })
})

describe('a target', () => {
  it('has the parts of its URL', () => {
    const target = targetOf('http://host.example:8080/a/b?c=d', NONE)
    expect(target).toMatchObject({ origin: 'http://host.example:8080', path: '/a/b?c=d' })
    expect(hostOf(target.href)).toBe('host.example:8080')
    expect(targetOf('https://[::1]:1/', NONE)).toMatchObject({
      origin: 'https://[::1]:1',
      path: '/',
    })
  })

  it('agrees with WHATWG URL on its parts, whatever the URL', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ withQueryParameters: true, validSchemes: ['http', 'https'] }),
        (text) => {
          const { href, origin, host } = new URL(text)
          expect(targetOf(href, NONE)).toMatchObject({
            href,
            origin,
            path: href.slice(origin.length),
          })
          expect(hostOf(href)).toBe(host)
        },
      ),
    )
  })

  it('has userinfo as an Authorization field, and not in the URL', () => {
    const { href, fields } = targetOf('http://me%40x:p%3Ass@host.example/a@b', NONE)
    expect(href).toBe('http://host.example/a@b')
    const basic = `Basic ${Buffer.from('me@x:p:ss').toString('base64')}`
    expect(sent(fields.own, 'authorization')).toBe(basic)
    expect(sent(fields.foreign, 'authorization')).toBeUndefined()
    expect(targetOf('http://host.example/a@b', NONE).fields).toBe(NONE)
  })

  it('has the Authorization field that was given rather than userinfo', () => {
    const given = requestFields([['authorization', 'Bearer x']], [])
    const { href, fields } = targetOf('http://me:pass@host.example/', given)
    expect(href).toBe('http://host.example/')
    expect(sent(fields.own, 'authorization')).toBe('Bearer x')
  })

  it('never has userinfo in its URL', () => {
    const users = fc.record({ user: fc.string({ minLength: 1 }), password: fc.string() })
    fc.assert(
      fc.property(users, fc.webPath(), ({ user, password }, path) => {
        const url = new URL(`http://host.example${path}`)
        url.username = user
        url.password = password
        const target = targetOf(url.href, NONE)
        expect(target.origin).toBe('http://host.example')
        expect(target.href).toBe(`http://host.example${url.pathname}${url.search}`)
        expect(sent(target.fields.own, 'authorization')).toMatch(/^Basic /)
      }),
    )
  })
})

describe('a redirect', () => {
  const fields = requestFields([['X-Api-Key', 'secret']], [['User-Agent', 'me']])
  const from = targetOf('https://me:pass@host.example/folder/file?x=1', fields)
  const to = (location: string | undefined, allowDowngrade?: boolean): Target =>
    redirectTarget(from, location, allowDowngrade)

  it('is one of five statuses', () => {
    const statuses = Array.from({ length: 600 }, (_, status) => status).filter(isRedirect)
    expect(statuses).toEqual([301, 302, 303, 307, 308])
  })

  it.each([
    ['other', 'https://host.example/folder/other'],
    ['/other', 'https://host.example/other'],
    ['../../x', 'https://host.example/x'],
    ['?y=2', 'https://host.example/folder/file?y=2'],
    ['//other.example/x', 'https://other.example/x'],
    ['HTTPS://Other.Example:443/x#part', 'https://other.example/x'],
    ['#part', 'https://host.example/folder/file?x=1'],
  ])('to %s leads to %s', (location, href) => {
    expect(to(location).href).toBe(href)
  })

  it('keeps everything for the same origin, and what is anybody’s for another', () => {
    expect(to('/other').fields).toBe(from.fields)
    const others = [
      'https://other.example/',
      'https://host.example:8443/',
      'https://www.host.example/',
      'https://host.example.evil.example/',
      'https://host.example@evil.example/',
    ]
    for (const other of others) {
      const { own, foreign } = to(other).fields
      expect(sent(own, 'x-api-key'), other).toBeUndefined()
      if (!other.includes('@')) expect(sent(own, 'authorization'), other).toBeUndefined()
      expect(sent(own, 'user-agent')).toBe('me')
      expect(sent(foreign, 'x-api-key')).toBeUndefined()
    }
  })

  it('that comes back to the first origin brings nothing back', () => {
    const away = to('https://other.example/')
    const back = redirectTarget(away, 'https://host.example/')
    expect(sent(back.fields.own, 'x-api-key')).toBeUndefined()
    expect(sent(back.fields.own, 'authorization')).toBeUndefined()
  })

  it('drops the userinfo that a server writes', () => {
    for (const host of ['host.example', 'other.example']) {
      const target = to(`https://evil:evil@${host}/`)
      expect(target.href).toBe(`https://${host}/`)
      expect(sent(target.fields.own, 'authorization')).toBe(
        host === 'host.example' ? sent(from.fields.own, 'authorization') : undefined,
      )
    }
  })

  it('to nowhere, to another scheme and to http is refused', () => {
    expect(codeOf(() => to(undefined))).toBe('GDL_ERR_PROTOCOL')
    expect(codeOf(() => to(''))).toBe('GDL_ERR_PROTOCOL')
    expect(codeOf(() => to('http://'))).toBe('GDL_ERR_PROTOCOL')
    for (const location of [
      'ftp://host.example/',
      'file:///etc/passwd',
      'data:,x',
      'javascript:1',
    ]) {
      expect(
        codeOf(() => to(location)),
        location,
      ).toBe('GDL_ERR_REDIRECT_REFUSED')
    }
    expect(codeOf(() => to('http://host.example/'))).toBe('GDL_ERR_REDIRECT_REFUSED')
    expect(to('http://host.example/', true).href).toBe('http://host.example/')
  })

  it('never takes a bound field to another origin, whatever the Location', () => {
    const locations = fc.oneof(fc.string(), fc.webUrl(), fc.webPath())
    fc.assert(
      fc.property(locations, (location) => {
        let target: Target
        try {
          target = to(location)
        } catch (error) {
          expect(error).toBeInstanceOf(GdlError)
          return
        }
        const isSame = target.origin === from.origin
        expect(sent(target.fields.own, 'x-api-key') !== undefined).toBe(isSame)
        expect(target.href).not.toMatch(/#|^https?:\/\/[^/]*@/)
      }),
    )
  })

  it('shows no secret in what it says', () => {
    const secret = targetOf('https://me:hunter2@host.example/?token=hunter2', fields)
    for (const location of [
      undefined,
      'http://',
      'ftp://a:hunter2@b/',
      'http://a:hunter2@b/?sig=hunter2',
    ]) {
      try {
        redirectTarget(secret, location)
        expect.unreachable()
      } catch (error) {
        expect((error as Error).message).not.toContain('hunter2')
      }
    }
  })
})
