import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { certificatePaths as paths } from '../support/certificates.ts'
import { httpProxy, socksProxy } from '../support/proxy.ts'
import { refusedOrigin, serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { gdl } from './gdl.ts'

const content = bytes(100_000, 'http')
/** It packs to a half, which is more than a megabyte. */
const text = Buffer.from(bytes(1_000_000, 'text').toString('hex'))
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`

function fileOf(text: string): string {
  const path = join(temporaryFolder(), 'file.txt')
  writeFileSync(path, text)
  return path
}

describe('credentials', () => {
  it('go where they belong: -H over the URL over -u over netrc, and not to other origins', async () => {
    await using other = await serve({ '*': be.body(content) })
    await using server = await serve({
      '/away': be.redirect(302, `${other.origin}/goal`),
      '/host': (exchange) =>
        be.redirect(302, `http://localhost:${exchange.server.port}/goal`)(exchange),
      '*': be.body(content),
    })
    const netrc = fileOf('machine localhost login net password hunter2\n')
    const list = [
      `${server.origin}/plain`,
      `${server.origin.replace('//', '//url:hunter2@')}/userinfo`,
      `${server.origin}/header\n  header=Authorization: Bearer hunter2`,
      `${server.origin}/away`,
      `${server.origin}/host`,
    ].join('\n')
    const args = ['-v', '-u', 'opt:hunter2', '--netrc-file', netrc, 'urls.txt']
    const ran = await gdl(args, { list })
    expect(ran.status, ran.stderr).toBe(0)
    const seen = (path: string): (string | undefined)[] =>
      server.requestsFor(path).map((request) => request.header('authorization'))
    expect(seen('/plain')).toEqual([basic('opt:hunter2')])
    expect(seen('/userinfo')).toEqual([basic('url:hunter2')])
    expect(seen('/header')).toEqual(['Bearer hunter2'])
    // A redirect to another host of the netrc file is given what it has for that host.
    expect(seen('/goal')).toEqual([basic('net:hunter2')])
    expect(other.requests.map((request) => request.header('authorization'))).toEqual([undefined])
    expect(ran.stderr).not.toContain('hunter2')
  })

  it('that are missing or wrong are status 6, with what to do', async () => {
    await using server = await serve({ '*': be.guarded('me', 'right', be.body(content)) })
    const wrong = await gdl(['-u', 'me:hunter2', `${server.origin}/a`])
    expect([wrong.status, wrong.files]).toEqual([6, []])
    expect(wrong.stderr).not.toContain('hunter2')
    const right = await gdl(['-u', 'me:right', `${server.origin}/a`])
    expect([right.status, right.files]).toEqual([0, ['a']])
    const halved = await gdl(['-u', 'hunter2', `${server.origin}/a`])
    expect(halved.status).toBe(2)
    expect(halved.stderr).toMatch(/-u takes name:password/)
    expect(halved.stderr).not.toContain('hunter2')
  })
})

describe('cookies', () => {
  it('come from a file and from answers, and go where they may', async () => {
    await using server = await serve({
      '/login': (exchange) => {
        exchange.response.setHeader('Set-Cookie', [
          'session=hunter2; Path=/',
          'lost=1; Domain=x.example',
        ])
        return be.redirect(302, '/file')(exchange)
      },
      '/away': (exchange) =>
        be.redirect(302, `http://localhost:${exchange.server.port}/elsewhere`)(exchange),
      '*': be.body(content),
    })
    const cookies = fileOf(
      `#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\tfile\thunter2\nno cookie hunter2\n`,
    )
    const urls = ['login', 'away'].map((path) => `${server.origin}/${path}`)
    const ran = await gdl(['-v', '-j', '1', '--cookies', cookies, ...urls])
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.stderr).toContain(`${cookies}:2: no cookie`)
    expect(ran.stderr).not.toContain('hunter2')
    const sent = (path: string): string | undefined =>
      server.requestsFor(path)[0]?.header('cookie')?.split('; ').sort().join('; ')
    expect(sent('/login')).toBe('file=hunter2')
    expect(sent('/file')).toBe('file=hunter2; session=hunter2')
    expect(sent('/elsewhere')).toBeUndefined()
  })

  it('of a file of no use are a usage error before anything is sent', async () => {
    await using server = await serve({ '*': be.body(content) })
    for (const path of ['/no/such/file', fileOf('<html>hunter2</html>')]) {
      const ran = await gdl(['--cookies', path, `${server.origin}/a`])
      expect([ran.status, server.requests.length]).toEqual([2, 0])
      expect(ran.stderr).toContain(path)
      expect(ran.stderr).not.toContain('hunter2')
    }
  })
})

describe('proxies', () => {
  it('come from --proxy and the variables, with their exceptions', async () => {
    await using plain = await serve({ '*': be.body(content) })
    await using secure = await serve({ '*': be.body(content) }, { tls: 'valid' })
    await using web = await httpProxy({ password: 'me:hunter2' })
    await using socks = await socksProxy()
    const env = {
      http_proxy: `me:hunter2@127.0.0.1:${web.port}`,
      ALL_PROXY: `socks5h://127.0.0.1:${socks.port}`,
      HTTP_PROXY: 'http://127.0.0.1:1',
    }
    const urls = [`${plain.origin}/plain`, `${secure.origin}/secure`]
    const ran = await gdl(['-v', '--cacert', paths.certificate, ...urls], { env })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.content('plain').equals(content) && ran.content('secure').equals(content)).toBe(true)
    expect(web.asked).toEqual([`GET ${plain.origin}/plain ${basic('me:hunter2')}`])
    expect(socks.asked).toEqual([`SOCKS 127.0.0.1:${secure.port}`])
    expect(ran.stderr).not.toContain('hunter2')

    const direct = await gdl(['--insecure', ...urls], { env: { ...env, no_proxy: '127.0.0.0/8' } })
    expect(direct.status, direct.stderr).toBe(0)
    const option = await gdl(['--proxy', `socks5://127.0.0.1:${socks.port}`, urls[0]!], { env })
    expect(option.status, option.stderr).toBe(0)
    expect([web.asked.length, socks.asked.length]).toEqual([1, 2])
  })

  it('that refuse are status 6, that are not there 4, and that are none 2', async () => {
    await using server = await serve({ '*': be.body(content) }, { tls: 'valid' })
    await using web = await httpProxy({ password: 'me:right' })
    const proxy = `127.0.0.1:${web.port}`
    for (const url of [`${server.origin}/a`, 'http://host.example/']) {
      const refused = await gdl(['--proxy', `me:hunter2@${proxy}`, url])
      expect(refused.status, refused.stderr).toBe(6)
      expect(refused.stderr).not.toContain('hunter2')
    }
    const gone = (await refusedOrigin()).replace('http://', 'http://me:hunter2@')
    const ran = await gdl(['-r', '1', '--proxy', gone, `${server.origin}/a`])
    expect(ran.status).toBe(4)
    expect(ran.stderr).toContain(`proxy ${gone.replace('me:hunter2@', '')}`)
    expect(ran.stderr).not.toContain('hunter2')
    const none = await gdl(['--proxy', 'ftp://hunter2@host', `${server.origin}/a`])
    expect(none.status).toBe(2)
    expect(none.stderr).not.toContain('hunter2')
    expect(server.requests).toEqual([])
  })
})

describe('TLS, addresses and HTTP/2', () => {
  it('are as the options say', async () => {
    const options = { tls: 'valid', http2: true } as const
    await using server = await serve({ '*': be.body(content) }, options)
    const url = `${server.origin}/a`
    const refused = await gdl([url])
    expect(refused.status).toBe(5)
    expect(refused.stderr).toMatch(/127\.0\.0\.1:\d+: its certificate is not good/)
    for (const args of [
      ['--insecure'],
      ['--cacert', paths.certificate],
      ['--insecure', '--http2'],
    ]) {
      const ran = await gdl([...args, url])
      expect(ran.status, ran.stderr).toBe(0)
      expect(ran.content('a').equals(content)).toBe(true)
    }
    const named = `https://localhost:${server.port}/a`
    const resolve = ['--resolve', `localhost:${server.port}:127.0.0.1`, '-4']
    expect((await gdl([...resolve, '--cacert', paths.certificate, named])).status).toBe(0)
    expect(server.requests.map(({ httpVersion }) => httpVersion)).toEqual([
      '1.1',
      '1.1',
      '2.0',
      '1.1',
    ])
  })

  it('that can’t be had are usage errors before anything is sent', async () => {
    await using server = await serve({ '*': be.body(content) })
    const commands = [
      ['--cacert', '/no/such/file'],
      ['--cert', paths.certificate],
      ['--key', paths.key],
      ['--resolve', 'nonsense'],
      ['-4', '-6'],
    ]
    for (const args of commands) {
      const ran = await gdl([...args, `${server.origin}/a`])
      expect([ran.status, ran.lines.length], ran.stderr).toEqual([2, 1])
    }
    expect(server.requests).toEqual([])
  })
})

describe('--compressed', () => {
  it('writes what was packed, and refuses what is damaged', async () => {
    await using server = await serve({
      '/gzip': be.body(gzipSync(content), { 'Content-Encoding': 'gzip' }),
      '/br': be.body(brotliCompressSync(content), { 'Content-Encoding': 'br' }),
      '/plain': be.body(content),
      '/short': be.failing(
        1,
        be.body(gzipSync(content).subarray(0, 5000), { 'Content-Encoding': 'gzip' }),
        be.body(gzipSync(content), { 'Content-Encoding': 'gzip' }),
      ),
    })
    const urls = ['gzip', 'br', 'plain', 'short'].map((path) => `${server.origin}/${path}`)
    const ran = await gdl(['--compressed', ...urls])
    expect(ran.status, ran.stderr).toBe(0)
    for (const name of ran.files) expect(ran.content(name).equals(content), name).toBe(true)
    expect(ran.files).toHaveLength(4)

    await using bad = await serve({
      '/bomb': be.body(gzipSync(Buffer.alloc(80 << 20)), { 'Content-Encoding': 'gzip' }),
      '/none': be.body(content, { 'Content-Encoding': 'gzip' }),
    })
    const refused = await gdl(['--compressed', `${bad.origin}/bomb`, `${bad.origin}/none`])
    expect([refused.status, refused.files]).toEqual([9, []])
    const kept = await gdl([`${server.origin}/gzip`])
    expect(kept.content('gzip').equals(gzipSync(content))).toBe(true)
  })

  it('never asks for the rest of what it has decoded: ranges are of the coded bytes', async () => {
    const packed = gzipSync(text)
    const options = { etag: '"v1"', dropAfterBytes: packed.length / 2, drops: 1 }
    const coded = be.file(packed, { ...options, headers: { 'Content-Encoding': 'gzip' } })
    await using server = await serve({ '/f': coded })
    const ran = await gdl(['--compressed', `${server.origin}/f`])
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.content('f').equals(text)).toBe(true)
    expect(server.requests.map((request) => request.header('range'))).toEqual([
      undefined,
      undefined,
    ])
  })
})
