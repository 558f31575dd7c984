import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { body, chunkedBody } from '../support/behaviours.ts'
import * as broken from '../support/broken-answers.ts'
import { bytes } from '../support/bytes.ts'
import { hostilePaths } from '../support/hostile-names.ts'
import { serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { gdl, gdlInShell } from './gdl.ts'

describe('the name of a file', () => {
  it('is the last segment of the URL, decoded, or index.html', async () => {
    await using server = await serve((path) => body(path))
    const paths = ['/', '/folder/', '/na%C3%AFve%20one.txt', '/q.txt?v=2', '/a.tar.gz']
    const ran = await gdl(paths.map((path) => `${server.origin}${path}`))
    expect(ran.status, ran.stderr).toBe(0)
    const expected = ['a.tar.gz', 'index.1.html', 'index.html', 'naïve one.txt', 'q.txt']
    expect(ran.files).toEqual(expected)
    expect(ran.content('index.1.html').toString()).toBe('/folder/')
  })

  it('stays in the folder, whatever a hostile URL says', async () => {
    await using server = await serve(() => body('harmless'))
    const urls = hostilePaths.map(([path]) => `${server.origin}${path}`)
    const ran = await gdl(['urls.txt'], { list: urls.join('\n') })
    expect(ran.status, ran.stderr).toBe(0)
    // Some are the same URL to WHATWG's parser, which undoes `%2e%2e`.
    expect(ran.files).toHaveLength(new Set(urls.map((url) => new URL(url).href)).size)
    expect(ran.besides).toEqual([])
    for (const name of ran.files) {
      expect(name).not.toMatch(/[/\\:\p{Cc}\u202e]/u)
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(230)
      expect(ran.content(name).toString()).toBe('harmless')
    }
    // The terminal is not told what a name might have it do.
    expect(ran.stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/)
  })

  it('stays in the folder, whatever a hostile list or template says', async () => {
    await using server = await serve((path) => body(path))
    const settings = [
      'out=../escaped',
      'out=/tmp/gdl-escaped',
      'out=..\\..\\escaped',
      'dir=../..',
      'dir=/tmp/gdl-escaped',
      'out=a/../../b',
      'out=..',
      'dir=C:\\escaped',
    ]
    const list = settings.map((line, at) => `${server.origin}/${at}\n  ${line}\n`).join('')
    const ran = await gdl(['-o', '../../{name}', 'urls.txt'], { list })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toHaveLength(settings.length)
    expect(ran.besides).toEqual([])
    expect(existsSync('/tmp/gdl-escaped')).toBe(false)
  })

  it('gets a number where an earlier one of the list has it, whichever ends first', async () => {
    const slow = { pieceBytes: 4, everyMs: 30 }
    await using server = await serve({
      '/1/a.tar.gz': body('the first', {}, slow),
      '/2/a.tar.gz': body('the second', {}, slow),
      '/3/a.tar.gz': body('the third'),
      '/4/.profile': body('the fourth', {}, slow),
      '/5/.profile': body('the fifth'),
    })
    const paths = ['/1/a.tar.gz', '/2/a.tar.gz', '/3/a.tar.gz', '/4/.profile', '/5/.profile']
    const ran = await gdl(paths.map((path) => `${server.origin}${path}`))
    expect(ran.status, ran.stderr).toBe(0)
    const names = ['a.tar.gz', 'a.tar.1.gz', 'a.tar.2.gz', '.profile', '.profile.1']
    expect(ran.files).toEqual([...names].sort())
    const contents = names.map((name) => ran.content(name).toString())
    expect(contents).toEqual(['the first', 'the second', 'the third', 'the fourth', 'the fifth'])
  })

  it('is made from a template', async () => {
    await using server = await serve((path) => body(path))
    const urls = [`${server.origin}/sub/dir/photo.jpg`, `${server.origin}/sub/other`]
    const template = '{host}/{path}/{index}-{stem}_{{{ext}}}'
    const ran = await gdl(['-o', template, ...urls])
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toEqual(['127.0.0.1/sub/2-other_{}', '127.0.0.1/sub/dir/1-photo_{jpg}'])
  })

  it('may lie in folders that are made, below a folder that is made', async () => {
    await using server = await serve((path) => body(path))
    const home = temporaryFolder()
    const list = `${server.origin}/a\n  dir=sub\n${server.origin}/b\n  dir=sub\n  out=deep/er/c\n`
    const ran = await gdl(['-d', 'new/folder', 'urls.txt'], { home, list })
    expect(ran.status, ran.stderr).toBe(0)
    expect(readFileSync(join(home, 'new/folder/sub/a'), 'utf8')).toBe('/a')
    expect(readFileSync(join(home, 'new/folder/sub/deep/er/c'), 'utf8')).toBe('/b')
    expect(ran.files).toEqual([])
  })

  it('never leads through a symbolic link out of the folder', async () => {
    const long = bytes(300_000, 'through a link')
    await using server = await serve({ '*': body('bytes'), '/long': chunkedBody(long) })
    const home = temporaryFolder()
    mkdirSync(join(home, 'elsewhere'))
    mkdirSync(join(home, 'out/inside'), { recursive: true })
    writeFileSync(join(home, 'elsewhere/precious'), 'precious')
    symlinkSync('../elsewhere', join(home, 'out/leaves'))
    symlinkSync('inside', join(home, 'out/stays'))
    symlinkSync('nowhere', join(home, 'out/dangles'))
    symlinkSync('../elsewhere/precious', join(home, 'out/linked'))
    symlinkSync('../elsewhere/precious', join(home, 'out/part.gdl.part'))
    const list = [
      `${server.origin}/short\n  dir=leaves`,
      `${server.origin}/long\n  dir=leaves/below`,
      `${server.origin}/dangles\n  dir=dangles`,
      `${server.origin}/precious\n  dir=leaves`,
      `${server.origin}/part`,
      `${server.origin}/linked`,
      `${server.origin}/stays\n  dir=stays`,
      '',
    ].join('\n')
    const ran = await gdl(['--if-exists', 'overwrite', 'urls.txt'], { home, list })
    expect(ran.status, ran.stderr).toBe(3)
    expect(ran.lastLine).toMatch(/^2 downloaded, 0 present, 5 failed/)
    expect(ran.stderr).toMatch(/leaves is a link that leads elsewhere/)
    // What was a link is now a file of its own, and what it led to is as it was.
    expect(ran.content('linked').toString()).toBe('bytes')
    expect(ran.content('inside/stays').toString()).toBe('bytes')
    expect(readFileSync(join(home, 'elsewhere/precious'), 'utf8')).toBe('precious')
    const left = ['dangles', 'inside/stays', 'leaves', 'linked', 'part.gdl.part', 'stays']
    expect(ran.files).toEqual(left)
    // Nor is a file out there taken for one that is present.
    writeFileSync(join(home, 'urls.txt'), `${server.origin}/precious\n  dir=leaves\n`)
    const skipping = await gdl(['urls.txt'], { home })
    expect(skipping.status, skipping.stderr).toBe(3)
    expect(skipping.lastLine).toMatch(/^0 downloaded, 0 present, 1 failed/)
  })

  it('is of the time of Last-Modified, on both ways to the disk, unless --no-timestamps', async () => {
    const modified = 'Sun, 06 Nov 1994 08:49:37 GMT'
    const dated = (content: Buffer): ReturnType<typeof body> =>
      body(content, { 'Last-Modified': modified })
    await using server = await serve({
      '/short': dated(bytes(9)),
      '/long': dated(bytes(300_000)),
      '/nonsense': body('x', { 'Last-Modified': 'yesterday' }),
    })
    const urls = ['short', 'long', 'nonsense'].map((path) => `${server.origin}/${path}`)
    const year = (ran: { home: string }, name: string): number =>
      statSync(join(ran.home, 'out', name)).mtime.getFullYear()
    const kept = await gdl(urls)
    expect(kept.status, kept.stderr).toBe(0)
    expect(statSync(join(kept.home, 'out/short')).mtimeMs).toBe(Date.parse(modified))
    expect(statSync(join(kept.home, 'out/long')).mtimeMs).toBe(Date.parse(modified))
    expect(year(kept, 'nonsense')).toBeGreaterThan(2000)
    const fresh = await gdl(['--no-timestamps', ...urls])
    expect(['short', 'long'].filter((name) => year(fresh, name) === 1994)).toEqual([])
  })

  it('is no executable file', async () => {
    await using server = await serve({
      '*': body('#!/bin/sh\n'),
      '/long.sh': chunkedBody(bytes(9)),
    })
    const ran = await gdl([`${server.origin}/run.sh`, `${server.origin}/long.sh`])
    for (const name of ['run.sh', 'long.sh']) {
      expect(statSync(join(ran.home, 'out', name)).mode & 0o111).toBe(0)
    }
  })
})

describe('-o -', () => {
  it('writes the bytes of one download to standard output, and nothing to a file', async () => {
    const content = bytes(1_500_000, 'stdout')
    await using server = await serve({ '/a': body(content), '/b': chunkedBody(content) })
    for (const path of ['/a', '/b']) {
      const ran = await gdl(['-o', '-', `${server.origin}${path}`])
      expect(ran.status, ran.stderr).toBe(0)
      expect(ran.stdoutBytes.equals(content)).toBe(true)
      expect(ran.lastLine).toMatch(/^1 downloaded, 0 present, 0 failed, 1\.43 MiB in /)
      expect([ran.files, ran.besides]).toEqual([[], []])
    }
  })

  it('is tried again as long as nothing has been written', async () => {
    await using server = await serve({
      '/f': be.inTurn(broken.shortBody(bytes(1000), 0), broken.resetAtOnce(), body('at last')),
      '/g': be.inTurn(broken.shortBody(bytes(1000), 10), body('too late')),
    })
    const ran = await gdl(['-o', '-', `${server.origin}/f`])
    expect([ran.status, ran.stdout]).toEqual([0, 'at last'])
    const begun = await gdl(['-o', '-', `${server.origin}/g`])
    expect(begun.status).toBe(9)
    expect(begun.stdoutBytes.equals(bytes(1000).subarray(0, 10))).toBe(true)
    expect(server.requestsFor('/g')).toHaveLength(1)
  })

  it('is held to --min-speed', async () => {
    const pace = { pieceBytes: 1000, everyMs: 50 }
    await using server = await serve({ '/f': body(bytes(1_000_000), {}, pace) })
    const speed = ['--min-speed', '1M', '--min-speed-time', '500ms']
    const ran = await gdl(['-o', '-', ...speed, `${server.origin}/f`])
    expect(ran.status, ran.stderr).toBe(4)
    expect(ran.stderr).toContain('slower than --min-speed for 0.5 s')
  })

  it('takes one download: a second is a failure with status 2', async () => {
    await using server = await serve((path) => body(path))
    const ran = await gdl(['-o', '-', `${server.origin}/a`, `${server.origin}/b`])
    expect(ran.status).toBe(2)
    expect(ran.stdout).toBe('/a')
    expect(ran.stderr).toMatch(/only one download can go to standard output/)
  })
})

describe('a file that is there already', () => {
  const setUp = (): string => {
    const home = temporaryFolder()
    mkdirSync(join(home, 'out'))
    writeFileSync(join(home, 'out/there'), 'old')
    return home
  }

  it('is left alone, and no request is sent', async () => {
    await using server = await serve((path) => body(path))
    const urls = [`${server.origin}/there`, `${server.origin}/new`]
    for (const args of [[], ['--if-exists', 'skip']]) {
      const ran = await gdl([...args, ...urls], { home: setUp() })
      expect(ran.status, ran.stderr).toBe(0)
      expect(ran.content('there').toString()).toBe('old')
      expect(ran.files).toEqual(['new', 'there'])
      expect(ran.lastLine).toMatch(/^1 downloaded, 1 present, 0 failed, 4 B in /)
    }
    expect(server.requestsFor('/there')).toEqual([])
  })

  it('is replaced by overwrite, and stays what it was when the download fails', async () => {
    await using server = await serve({ '/there': body('new') })
    const ran = await gdl(['--if-exists', 'overwrite', `${server.origin}/there`], { home: setUp() })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.content('there').toString()).toBe('new')

    await using broken = await serve({})
    const again = await gdl(['--if-exists', 'overwrite', `${broken.origin}/there`], {
      home: setUp(),
    })
    expect(again.status).toBe(8)
    expect(again.content('there').toString()).toBe('old')
    expect(again.files).toEqual(['there'])
  })

  it('stays beside the new one by rename', async () => {
    await using server = await serve({ '*': body('new') })
    const home = setUp()
    writeFileSync(join(home, 'out/there.1'), 'old too')
    const ran = await gdl(['--if-exists', 'rename', `${server.origin}/there`], { home })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toEqual(['there', 'there.1', 'there.2'])
    expect(ran.content('there.2').toString()).toBe('new')
    expect(ran.content('there').toString()).toBe('old')
  })

  it('is a failure by fail, with status 3 and without a request', async () => {
    await using server = await serve({ '*': body('new') })
    const urls = [`${server.origin}/there`, `${server.origin}/new`]
    const ran = await gdl(['--if-exists', 'fail', ...urls], { home: setUp() })
    expect(ran.status).toBe(3)
    expect(ran.stderr).toMatch(/there already/)
    expect(server.requests.map(({ url }) => url)).toEqual(['/new'])
    expect(ran.content('there').toString()).toBe('old')
    expect(ran.lastLine).toMatch(/^1 downloaded, 0 present, 1 failed/)
  })

  it('is a failure with status 3 when it is a folder, whatever is asked', async () => {
    await using server = await serve({ '*': body('new') })
    for (const what of ['skip', 'overwrite', 'fail']) {
      const home = temporaryFolder()
      mkdirSync(join(home, 'out/there'), { recursive: true })
      const urls = [`${server.origin}/there`, `${server.origin}/new`]
      const ran = await gdl(['--if-exists', what, ...urls], { home })
      expect(ran.status).toBe(3)
      expect(ran.stderr).toMatch(/folder of that name is in the way/)
      expect(ran.files).toEqual(['new', 'there/'])
    }
    expect(server.requestsFor('/there')).toEqual([])
  })

  it('is a failure with status 3 when it is a file where a folder should be', async () => {
    await using server = await serve({ '*': body('new') })
    const list = `${server.origin}/x\n  dir=there\n${server.origin}/y\n`
    const ran = await gdl(['urls.txt'], { home: setUp(), list })
    expect(ran.status).toBe(3)
    expect(ran.files).toEqual(['there', 'y'])
    expect(ran.content('there').toString()).toBe('old')
  })
})

describe('a disk that takes no more', () => {
  // A limit on the length of files stands in for a full disk, which only root can make: a write in
  // the middle of a file fails all the same. An ignored signal stays ignored through exec.
  it.runIf(process.platform !== 'win32')('fails with status 3, and the others go on', async () => {
    await using server = await serve({
      '/long': body(bytes(3_000_000, 'long')),
      '/unknown': chunkedBody(bytes(3_000_000, 'unknown')),
      '/middle': body(bytes(250_000)),
      '/short': body('short'),
    })
    const names = ['long', 'unknown', 'middle', 'short']
    const urls = names.map((name) => `${server.origin}/${name}`)
    // In blocks of 512 bytes (of 1024 in bash): 100 or 200 KiB.
    const ran = await gdlInShell(`trap '' XFSZ; ulimit -f 200; exec "$@"`, urls)
    expect(ran.status, ran.stderr).toBe(3)
    expect(ran.files).toEqual(['short'])
    expect(ran.lastLine).toMatch(/^1 downloaded, 0 present, 3 failed/)
    expect(ran.stderr).toMatch(/out\/long: the file is too large/)
  })

  it.runIf(existsSync('/dev/full'))('fails with status 3 as standard output, too', async () => {
    await using server = await serve({ '*': body(bytes(500_000)) })
    const args = ['-o', '-', `${server.origin}/x`]
    const ran = await gdlInShell('exec "$@" > /dev/full', args)
    expect(ran.status, ran.stderr).toBe(3)
    expect(ran.stderr).toMatch(/standard output: .*full/)
    expect(ran.lastLine).toMatch(/^0 downloaded, 0 present, 1 failed/)
    expect(server.requests).toHaveLength(1)
  })

  it('is quiet when the reader of standard output has gone away', async () => {
    await using server = await serve({ '*': body(bytes(5_000_000)) })
    const ran = await gdlInShell('"$@" | head -c 1000 >&2', ['-o', '-', '-q', `${server.origin}/x`])
    // The 1000 bytes, and no word besides.
    expect(ran.stderrBytes.equals(bytes(5_000_000).subarray(0, 1000))).toBe(true)
    expect(ran.signal).toBe(null)
  })
})
