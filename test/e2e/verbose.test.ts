// `--verbose`: the story of a download, and that nothing in it has power over a terminal.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import * as broken from '../support/broken-answers.ts'
import { bytes } from '../support/bytes.ts'
import { certificatePaths } from '../support/certificates.ts'
import { httpProxy } from '../support/proxy.ts'
import { refusedOrigin, serve } from '../support/server.ts'
import { gdl } from './gdl.ts'

const content = bytes(3_000_000, 'verbose')
const small = bytes(5000, 'small')

/** The lines of the story, without ids and with times made one. */
function storyIn(stderr: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => /^ {12}#\d/.test(line))
    .map((line) => line.trim().replace(/^#\d+ /, ''))
    .map((line) => line.replaceAll(/\d\.\d{3} s/g, 'N s').replaceAll(/:\d{4,5}\b/g, ':PORT'))
}

describe('--verbose', () => {
  it('tells of addresses, connection, TLS, redirect, status, fields, digest and times', async () => {
    const digest = createHash('sha256').update(small).digest('base64')
    await using server = await serve(
      {
        '/from': be.redirect(302, '/small'),
        '/small': be.body(small, {
          'Repr-Digest': `sha-256=:${digest}:`,
          'Set-Cookie': 'a=hunter2',
          'X-Nonsense': 'not told',
        }),
      },
      { tls: 'valid' },
    )
    const url = `${server.origin.replace('127.0.0.1', 'localhost')}/from`
    // One address, whatever else the host's own list has for it.
    const own = ['--resolve', `localhost:${new URL(url).port}:127.0.0.1`, '-H', 'X-Key: hunter2']
    const args = ['-v', '--cacert', certificatePaths.certificate, ...own, url]
    const { stderr, status } = await gdl(args)
    expect(status, stderr).toBe(0)
    expect(stderr).not.toContain('hunter2')
    expect(storyIn(stderr)).toEqual([
      '(1) resolved localhost: 127.0.0.1',
      '(1) connected to 127.0.0.1:PORT',
      '(1) TLS: TLSv1.3, TLS_AES_256_GCM_SHA384, http/1.1',
      '(1) certificate of localhost, by localhost, until Jan  1 00:00:00 2120 GMT',
      '(1) > GET https://localhost:PORT/from',
      '(1) > Accept-Encoding: identity',
      expect.stringMatching(/^\(1\) > User-Agent: gdl\/\d/),
      '(1) > also sent: X-Key',
      '(1) < 302 Found',
      '(1) < location: /small',
      '(1) < content-length: 10',
      '302 to https://localhost:PORT/small',
      '(1) time: lookup N s, connect N s, TLS N s, first byte N s, total N s; 10 bytes',
      '(2) goes over a connection to localhost:PORT that was kept',
      '(2) > GET https://localhost:PORT/small',
      '(2) > Accept-Encoding: identity',
      expect.stringMatching(/^\(2\) > User-Agent: gdl/),
      '(2) > also sent: X-Key',
      '(2) < 200 OK',
      '(2) < content-length: 5000',
      `(2) < repr-digest: sha-256=:${digest}:`,
      'verified: sha256',
      '(2) time: first byte N s, total N s; 5000 bytes',
    ])
  })

  it('tells of what a try goes on from, and of what guards it', async () => {
    await using server = await serve({
      '/flaky': be.file(content, { etag: '"v1"', dropAfterBytes: 1_000_000, drops: 1 }),
    })
    const { stderr, status } = await gdl(['-v', `${server.origin}/flaky`])
    expect(status, stderr).toBe(0)
    const story = storyIn(stderr)
    expect(story).toContain('can go on after a stop, by its ETag "v1"')
    const again = story.findIndex((line) => line.startsWith('goes on: '))
    const had = /^goes on: (\d+) of 3000000 bytes are there$/.exec(story[again]!)![1]!
    expect(story.slice(again)).toContain(`(2) > Range: bytes=${had}-`)
    expect(story.slice(again)).toContain('(2) > If-Range: "v1"')
    expect(story.slice(again)).toContain('(2) < 206 Partial Content')
    expect(story.slice(again)).toContain(`(2) < content-range: bytes ${had}-2999999/3000000`)
    // A reset behind the last bytes that were read may come as their end.
    expect(stderr).toMatch(/^retry +#1 try 1 failed, next in .*: (?:the connection|the body) .*$/m)
  })

  it('tells of further connections, each by its number', async () => {
    const large = bytes(4_000_000, 'large')
    const pace = { pieceBytes: 50_000, everyMs: 10 }
    await using server = await serve({ '/large': be.file(large, { etag: '"l"', pace }) })
    const args = ['-v', '-x', '3', '--min-split', '1M', `${server.origin}/large`]
    const { stderr, status } = await gdl(args)
    expect(status, stderr).toBe(0)
    const story = storyIn(stderr)
    expect(
      story.filter((line) => /^connection [23], to .*: from byte \d+$/.test(line)),
    ).toHaveLength(2)
    for (const number of [2, 3]) {
      expect(story).toContain(`(${number}) < 206 Partial Content`)
    }
  })

  it('tells of a proxy, over which TLS goes to the server', async () => {
    await using proxy = await httpProxy()
    await using server = await serve({ '*': be.body(small) }, { tls: 'valid' })
    const through = ['--proxy', `http://me:hunter2@127.0.0.1:${proxy.port}`]
    const args = ['-v', '--cacert', certificatePaths.certificate, ...through, `${server.origin}/a`]
    const { stderr, status } = await gdl(args)
    expect(status, stderr).toBe(0)
    expect(stderr).toContain(`(1) connected to 127.0.0.1:${proxy.port}\n`)
    expect(stderr).toContain('(1) TLS: TLSv1.3')
    expect(stderr).not.toContain('hunter2')
  })

  it('tells of each address that was tried', async () => {
    await using server = await serve({ '*': be.body(small) })
    const { port } = new URL(server.origin)
    const args = ['-v', '--resolve', `two.example:${port}:[::1],127.0.0.1`]
    const { stderr, status } = await gdl([...args, `http://two.example:${port}/a`])
    expect(status, stderr).toBe(0)
    const [resolved, failed, connected] = storyIn(stderr)
    expect(resolved).toBe('(1) resolved two.example: ::1, 127.0.0.1')
    // Refused, or unreachable where there is no IPv6.
    expect(failed).toMatch(/^\(1\) no connection to \[::1\]:PORT: E[A-Z]+$/)
    expect(connected).toBe('(1) connected to 127.0.0.1:PORT')
  })

  it('tells of a connection that is refused, and of an untrusted certificate that is taken', async () => {
    const refused = await gdl(['-v', '-r', '0', `${await refusedOrigin()}/a`])
    expect(refused.status).toBe(4)
    expect(storyIn(refused.stderr)).toContain('(1) time: total N s; 0 bytes')
    await using server = await serve({ '*': be.body(small) }, { tls: 'expired' })
    const insecure = await gdl(['-v', '--insecure', `${server.origin}/a`])
    expect(insecure.status).toBe(0)
    expect(insecure.stderr).toMatch(/certificate not trusted, and taken all the same: \w+/)
  })

  it.each(['plain', 'bars'])('never shows raw what a server writes (%s)', async (progress) => {
    // ESC and BEL are no part of HTTP, and the parser refuses them; C1 and bidi controls are let pass.
    const evil = '\x9b2J\x9d0;owned\x9c\u202e'
    const head = [
      `HTTP/1.1 200 Fine ${evil} reason`,
      'Content-Length: 5',
      `ETag: "a${evil}b"`,
      `Content-Type: text/x${evil}`,
      '',
      'hello',
    ].join('\r\n')
    await using server = await serve({
      '/good': broken.raw(Buffer.from(head, 'utf8')),
      '/bad': broken.raw(
        Buffer.from(head.replace('200', '404').replaceAll('\u202e', ''), 'latin1'),
      ),
      '/away': broken.raw(
        `HTTP/1.1 302 Go${evil}\r\nLocation: /x${evil}\r\nContent-Length: 0\r\n\r\n`,
      ),
      '*': be.status(404),
    })
    const urls = ['good', 'bad', 'away'].map((path) => `${server.origin}/${path}`)
    const { stderr } = await gdl(['-v', '--progress', progress, ...urls])
    // Our own: what bars need, and colours.
    const foreign = stderr.replaceAll(/\x1b\[(?:\d*[AKJM]|\?\d+[hl]|[\d;]*m)/g, '')
    expect(foreign).not.toMatch(/[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]/)
    expect(stderr).toMatch(/< 200 Fine .*reason/)
    expect(stderr).toMatch(/< 404 Fine .*reason/)
    expect(stderr).toMatch(/< content-type: text\/x/)
  })

  it('is silent with --quiet', async () => {
    await using server = await serve({ '*': be.body(small) })
    const { stderr } = await gdl(['-v', '-q', `${server.origin}/a`])
    expect(stderr).toBe('')
  })
})
