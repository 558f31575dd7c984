import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { certificatePaths } from '../support/certificates.ts'
import { type SeenRequest, serve } from '../support/server.ts'
import { gdl } from './gdl.ts'

const content = bytes(1000, 'redirects')
const env = { NODE_EXTRA_CA_CERTS: certificatePaths.certificate }
const KINDS = [301, 302, 303, 307, 308] as const

/** Field names that were given, and what a server saw of them. */
function secretsOf(request: SeenRequest | undefined): Record<string, string | undefined> {
  const names = ['authorization', 'cookie', 'x-api-key', 'x-list']
  return Object.fromEntries(names.map((name) => [name, request?.header(name)]))
}

describe('redirects', () => {
  it('of all kinds are followed, and the name is that of the first URL', async () => {
    await using server = await serve({
      ...Object.fromEntries(KINDS.map((kind) => [`/${kind}`, be.redirect(kind, '/goal?x=1')])),
      '/relative/start': be.redirect(302, '../goal'),
      '/chain': be.redirectChain(20, be.body(content)),
      '/fragment': be.redirect(302, '/goal#part'),
      '/goal': be.body(content),
    })
    const paths = [...KINDS.map(String), 'relative/start', 'chain', 'fragment']
    const ran = await gdl(paths.map((path) => `${server.origin}/${path}`))
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toEqual(['301', '302', '303', '307', '308', 'chain', 'fragment', 'start'])
    for (const name of ran.files) expect(ran.content(name).equals(content)).toBe(true)
    expect(server.requests.every(({ method }) => method === 'GET')).toBe(true)
    expect(server.requests.some(({ url }) => url.includes('#'))).toBe(false)
    // Their bodies are read to the end, so that connections are kept.
    expect(server.connections).toBeLessThanOrEqual(8)
  })

  it('that lead nowhere are failures with status 7, without another try', async () => {
    await using server = await serve({
      '/loop': be.redirectLoop(),
      '/long': be.redirectChain(21, be.body(content)),
      '/without': be.redirect(302),
      '/ftp': be.redirect(302, 'ftp://host.example/file'),
      '/file': be.redirect(302, 'file:///etc/passwd'),
      '/broken': be.redirect(302, 'http://'),
    })
    const paths = ['loop', 'long', 'without', 'ftp', 'file', 'broken']
    const ran = await gdl(paths.map((path) => `${server.origin}/${path}`))
    expect(ran.status, ran.stderr).toBe(7)
    expect(ran.files).toEqual([])
    expect(ran.stderr.match(/redirects more than 20 times/g)).toHaveLength(2)
    expect(ran.stderr).toMatch(/without saying where to/)
    expect(ran.stderr).toMatch(/redirects to a ftp: URL: refused/)
    expect(ran.stderr).toMatch(/redirects to a file: URL: refused/)
    expect(ran.stderr).toMatch(/redirects to what is not a URL/)
    expect(server.requestsFor('/loop')).toHaveLength(21)
    expect(server.requestsFor('/ftp')).toHaveLength(1)
  })

  it('are as many as --max-redirects says, none among them', async () => {
    await using server = await serve({
      '/one': be.redirectChain(1, be.body(content)),
      '/two': be.redirectChain(2, be.body(content)),
    })
    const urls = [`${server.origin}/one`, `${server.origin}/two`]
    const one = await gdl(['--max-redirects', '1', ...urls])
    expect([one.status, one.files]).toEqual([7, ['one']])
    const none = await gdl(['--max-redirects', '0', ...urls])
    expect([none.status, none.files]).toEqual([7, []])
  })

  it('from https to http are refused, unless --allow-downgrade is given', async () => {
    await using plain = await serve({ '/goal': be.body(content) })
    await using secure = await serve(
      {
        '/down': be.redirect(302, `${plain.origin}/goal`),
        '/stay': be.redirect(302, '/goal'),
        '/goal': be.body(content),
      },
      { tls: 'valid' },
    )
    await using up = await serve({ '/up': be.redirect(302, `${secure.origin}/goal`) })
    const urls = [`${secure.origin}/down`, `${secure.origin}/stay`, `${up.origin}/up`]
    const refused = await gdl(urls, { env })
    expect(refused.status, refused.stderr).toBe(7)
    expect(refused.files).toEqual(['stay', 'up'])
    expect(refused.stderr).toMatch(/redirects from https to http, .*: refused/)
    expect(plain.requests).toEqual([])
    const allowed = await gdl(['--allow-downgrade', ...urls], { env })
    expect(allowed.status, allowed.stderr).toBe(0)
    expect(allowed.content('down').equals(content)).toBe(true)
  })

  it('to another origin carry no secret, and to the same one all of them', async () => {
    await using other = await serve({ '/goal': be.body(content), '/back': be.body(content) })
    await using server = await serve({
      '/cross': be.redirect(302, `${other.origin}/goal`),
      '/host': (exchange) =>
        be.redirect(302, `http://localhost:${exchange.server.port}/goal`)(exchange),
      '/userinfo': be.redirect(302, `http://evil:evil@127.0.0.1:${other.port}/goal`),
      '/same': be.redirect(302, '/goal'),
      '/goal': be.body(content),
    })
    await using middle = await serve({ '/there': be.redirect(302, `${other.origin}/back`) })
    await using first = await serve({ '/start': be.redirect(302, `${middle.origin}/there`) })
    const userinfo = (origin: string): string => origin.replace('//', '//me:pass@')
    const list = [
      ...['cross', 'host', 'userinfo', 'same'].map((path) => `${userinfo(server.origin)}/${path}`),
      `${userinfo(first.origin)}/start`,
    ].map((url) => `${url}\n  header=X-List: secret\n`)
    const given = ['-H', 'Cookie: session=secret', '-H', 'X-Api-Key: secret', '-A', 'agent']
    const ran = await gdl([...given, '-e', 'http://referer.example/', 'urls.txt'], {
      list: list.join(''),
    })
    expect(ran.status, ran.stderr).toBe(0)
    const all = {
      authorization: `Basic ${Buffer.from('me:pass').toString('base64')}`,
      cookie: 'session=secret',
      'x-api-key': 'secret',
      'x-list': 'secret',
    }
    const none = Object.fromEntries(Object.keys(all).map((name) => [name, undefined]))
    expect(secretsOf(server.requestsFor('/cross')[0])).toEqual(all)
    expect(other.requestsFor('/goal')).toHaveLength(2)
    for (const request of [...other.requests, ...middle.requests]) {
      expect(secretsOf(request)).toEqual(none)
      // These are for anybody.
      expect(request.header('user-agent')).toBe('agent')
      expect(request.header('referer')).toBe('http://referer.example/')
    }
    // Another name of the same server is another origin; the same name keeps everything.
    const [onHost, same] = ['localhost', '127.0.0.1'].map((name) =>
      server
        .requestsFor('/goal')
        .find((request) => request.header('host')?.startsWith(`${name}:`) === true),
    )
    expect(secretsOf(onHost)).toEqual(none)
    expect(secretsOf(same)).toEqual(all)
  })
})

describe('secrets', () => {
  it('are never printed: not in success, nor in failure, nor with --verbose', async () => {
    await using server = await serve({
      '/guarded': be.guarded('user', 'hunter2', be.body(content)),
      '/redirect': be.redirect(302, '/404?token=hunter2'),
      '/refuses': be.guarded('user', 'other', be.body(content)),
      '/busy': be.status(503),
      '/ftp': be.redirect(302, 'ftp://user:hunter2@host.example/'),
    })
    const base = server.origin.replace('//', '//user:hunter2@')
    const list = [
      ...['guarded', 'redirect', 'refuses', 'busy', 'ftp'].map((path) => `${base}/${path}`),
      `${base}/404?api_key=hunter2&x=1`,
      `${base}/404?X-Amz-Signature=hunter2`,
      `${base}/custom\n  header=X-Custom: hunter2`,
      `${base}/bad\n  checksum=nonsense`,
      'http://user:hunter2@',
      'user:hunter2@host.example/file',
      '  header=X-Lost: hunter2',
      '  http-passwd=hunter2',
      '',
    ].join('\n')
    for (const loudness of ['-v', '-q']) {
      const args = ['-r', '1', loudness, '-H', 'Authorization-Token: hunter2', 'urls.txt']
      const ran = await gdl(args, { list })
      expect(ran.status).toBe(2)
      expect(ran.files).toEqual(['guarded'])
      expect(ran.stderr).not.toContain('hunter2')
      expect(ran.stderr).not.toContain('user:')
      expect(ran.stderr).not.toContain(Buffer.from('user:hunter2').toString('base64'))
    }
    expect(server.requestsFor('/404?api_key=hunter2&x=1')).toHaveLength(2)
  })

  it('are not printed either when they make the command line unusable', async () => {
    const commands = [
      ['-H', 'hunter2'],
      ['-H', 'X-Key: hunter2\n'],
      ['http://user:hunter2@'],
      ['ftp://user:hunter2@host.example/'],
    ]
    for (const args of commands) {
      const ran = await gdl(args)
      expect([ran.status, ran.stdout]).toEqual([2, ''])
      expect(ran.stderr).not.toContain('hunter2')
    }
  })
})
