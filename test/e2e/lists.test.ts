import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { body, file, silence } from '../support/behaviours.ts'
import { bytes, sha256 } from '../support/bytes.ts'
import { serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { beginGdl, gate, gdl, seen, SUMMARY } from './gdl.ts'

describe('a list of downloads', () => {
  it('may have comments, blank lines, CRLF, a byte order mark and no line feed at its end', async () => {
    await using server = await serve((path) => body(`content of ${path}`))
    const list = [
      `\ufeff${server.origin}/first`,
      '# a comment',
      '',
      `${server.origin}/second`,
      '#http://127.0.0.1:1/never',
      `${server.origin}/third`,
    ].join('\r\n')
    const ran = await gdl(['urls.txt'], { list })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toEqual(['first', 'second', 'third'])
    expect(ran.content('third').toString()).toBe('content of /third')
    expect(ran.lastLine).toMatch(SUMMARY)
    expect(ran.lastLine).toMatch(/^3 downloaded, 0 present, 0 failed, 52 B in /)
    expect(ran.stdout).toBe('')
  })

  it('has the settings of an entry in indented lines below it', async () => {
    const content = bytes(1000, 'settings')
    await using server = await serve({ '*': file(content) })
    const list = `${server.origin}/a
  out=named.bin
  dir=one/two
  checksum=sha-256=${sha256(content)}
  header=X-One: 1
  header=X-Two: 2
  referer=http://referer.example/
  user-agent=agent/7
  size=1000
  split=5
${server.origin}/plain
`
    const ran = await gdl(['-H', 'X-Both: yes', 'urls.txt'], { list })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toEqual(['one/two/named.bin', 'plain'])
    expect(ran.content('one/two/named.bin').equals(content)).toBe(true)
    expect(ran.stderr).toContain('gdl: warning: urls.txt:10: the setting split is not known')
    const [named] = server.requestsFor('/a')
    const fields = ['x-one', 'x-two', 'x-both', 'referer', 'user-agent', 'accept-encoding']
    expect(fields.map((name) => named?.header(name))).toEqual([
      '1',
      '2',
      'yes',
      'http://referer.example/',
      'agent/7',
      'identity',
    ])
    const [plain] = server.requestsFor('/plain')
    expect(plain?.header('x-one')).toBeUndefined()
    expect(plain?.header('x-both')).toBe('yes')
    expect(plain?.header('user-agent')).toMatch(/^gdl\/\d/)
  })

  it('names the lines that are bad, while the others go on, and the status is 2', async () => {
    await using server = await serve({ '*': body('good') })
    const list = [
      ...Array.from({ length: 14 }, () => ''),
      `${server.origin}/good`,
      'not a url',
      'ftp://host.example/file',
      `${server.origin}/also-good`,
      `${server.origin}/checked`,
      '  checksum=sha-256=abc',
      'http://',
      '',
    ].join('\n')
    const ran = await gdl(['urls.txt'], { list })
    expect(ran.status).toBe(2)
    expect(ran.files).toEqual(['also-good', 'good'])
    expect(ran.lines.filter((line) => line.startsWith('urls.txt:'))).toEqual([
      expect.stringMatching(/^urls\.txt:16: .*not a url/),
      expect.stringMatching(/^urls\.txt:17: .*ftp is not supported/),
      expect.stringMatching(/^urls\.txt:20: failed .*\/checked: checksum=.*64 hexadecimal digits/),
      expect.stringMatching(/^urls\.txt:21: /),
    ])
    expect(ran.lastLine).toMatch(/^2 downloaded, 0 present, 4 failed, /)
  })

  it('goes on after a line that is too long, and ends where it is none, each named by its line', async () => {
    await using server = await serve({ '*': body('good') })
    const long = `http://a.example/${'a'.repeat(70_000)}`
    const list = `${server.origin}/1\n${long}\n${server.origin}/3\n  out=${long}\n${server.origin}/5\n`
    const home = temporaryFolder()
    const ran = await gdl(['--failed', 'failed.txt', 'urls.txt'], { list, home })
    expect(ran.status).toBe(2)
    expect(ran.files).toEqual(['1', '5'])
    expect(ran.lines.filter((line) => line.startsWith('urls.txt'))).toEqual([
      expect.stringMatching(/^urls\.txt:2: failed http:\/\/a\.example\/a+.*longer than 64 KiB$/),
      expect.stringMatching(/^urls\.txt:4: failed .*\/3: out=.*longer than 64 KiB$/),
    ])
    expect(readFileSync(join(home, 'failed.txt'), 'utf8')).toMatch(/^# .*\n# .*\n$/)
    const array = await gdl(['urls.txt'], {
      list: `# made by a program\n[{"url":"http://a.example/"}]`,
    })
    expect(array.lines[0]).toBe('urls.txt:2: failed urls.txt: an array is not JSON Lines')
  })

  it('is joined with other lists, URLs and standard input, in their order', async () => {
    await using server = await serve((path) => body(path))
    const home = temporaryFolder()
    writeFileSync(join(home, 'a.txt'), `${server.origin}/1/name.txt\n`)
    writeFileSync(join(home, 'b.txt'), `${server.origin}/4/name.txt\n`)
    const ran = await gdl(['a.txt', `${server.origin}/2/name.txt`, '-', 'b.txt'], {
      home,
      input: `${server.origin}/3/name.txt\n`,
    })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toEqual(['name.1.txt', 'name.2.txt', 'name.3.txt', 'name.txt'])
    const contents = ['name.txt', 'name.1.txt', 'name.2.txt', 'name.3.txt'].map(ran.content)
    expect(contents.map(String)).toEqual(['/1/', '/2/', '/3/', '/4/'].map((at) => `${at}name.txt`))
  })

  it('begins on standard input before that has ended', async () => {
    const entered = gate()
    await using server = await serve({
      '*': async (exchange) => {
        await entered.opened
        await body('well')(exchange)
      },
    })
    const started = beginGdl(['-'], { inputStaysOpen: true })
    started.child.stdin!.write(`${server.origin}/first\n`)
    await seen(() => server.requestsFor('/first').length === 1)
    entered.open()
    await started.until((stderr) => stderr.includes('out/first'))
    // In two pieces, the second without a line feed.
    started.child.stdin!.write(`${server.origin}/sec`)
    started.child.stdin!.end('ond')
    const ran = await started.ran
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toEqual(['first', 'second'])
  })

  it('has the same URL downloaded once', async () => {
    await using server = await serve({ '*': body('once') })
    const url = `${server.origin}/same`
    const ran = await gdl(['urls.txt', url], { list: `${url}\n${url}#fragment\n${url}\n  out=b\n` })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toEqual(['b', 'same'])
    expect(server.requests).toHaveLength(2)
    expect(ran.lastLine).toMatch(/^2 downloaded, 0 present, 0 failed/)
  })

  it('that is empty is a note and no failure', async () => {
    const ran = await gdl(['urls.txt'], { list: '# nothing\n\n' })
    expect(ran.status).toBe(0)
    expect(ran.lines).toHaveLength(2)
    expect(ran.stderr).toMatch(/empty/)
    expect(ran.lastLine).toMatch(/^0 downloaded, 0 present, 0 failed, 0 B in /)
    expect(ran.files).toEqual([])
  })

  it('may be long: 500 small files', async () => {
    await using server = await serve((path) => body(bytes(1000, path)))
    const paths = Array.from({ length: 500 }, (_, index) => `/${index}.bin`)
    const list = paths.map((path) => `${server.origin}${path}\n`).join('')
    const ran = await gdl(['urls.txt'], { list })
    expect(ran.status, ran.stderr.slice(-500)).toBe(0)
    expect(ran.files).toHaveLength(500)
    expect(ran.lastLine).toMatch(/^500 downloaded, 0 present, 0 failed, 488 KiB in /)
    for (const path of paths) expect(ran.content(path).equals(bytes(1000, path))).toBe(true)
    // Connections are kept: as many as go to one origin at once, and no more.
    expect(server.connections).toBeLessThanOrEqual(64)
  })
})

describe('what is wrong with the command line', () => {
  it.each([
    ['a list that is missing', ['missing.txt'], /missing\.txt: there is no such file/],
    ['a folder for a list', ['folder'], /folder: it is a folder, not a list/],
    ['an unknown option', ['--unknown'], /unknown option '--unknown'/],
    ['a bad number', ['--jobs', '0'], /number from 1, or auto/],
    ['a bad duration', ['--timeout', '5 parsecs'], /is not a duration/],
    ['a choice that is none', ['--if-exists', 'burn'], /is not one of skip/],
    ['a template with an unknown word', ['-o', '{colour}'], /unknown \{colour\}/],
    ['a header without a colon', ['-H', 'Nonsense'], /written as Name: value/],
    ['a header with a line break', ['-H', 'X-A: 1\r\nX-B: 2'], /a header cannot hold/],
    ['a user agent with a line break', ['-A', 'a\nb'], /a header cannot hold/],
    ['a referer with a line break', ['-e', 'http://a/\r\nX-B: 2'], /a header cannot hold/],
    ['a URL with another scheme', ['ftp://host.example/x'], /scheme ftp is not supported/],
    ['a URL that is none', ['http://'], /not a URL/],
  ])('%s is told, with status 2, before anything is sent', async (_, args, message) => {
    await using server = await serve({ '*': silence() })
    const home = temporaryFolder()
    mkdirSync(join(home, 'folder'))
    // The good source comes first, and is not begun all the same.
    const ran = await gdl([`${server.origin}/good`, ...args], { home })
    expect(ran.status).toBe(2)
    expect(ran.stderr).toMatch(message)
    expect(ran.stdout).toBe('')
    expect(server.connections).toBe(0)
    expect(ran.files).toEqual([])
    expect(ran.besides).toEqual(['folder'])
  })

  it('is also that there is no source', async () => {
    const ran = await gdl([])
    expect(ran.status).toBe(2)
    expect(ran.stderr).toMatch(/no source: name a list/)
  })
})
