// --content-disposition and --if-exists update: what the server says decides.
import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { gdl } from './gdl.ts'

const named = (name: string): Record<string, string> => ({
  'Content-Disposition': `attachment; filename="${name}"`,
})
const OLD = 'Wed, 21 Oct 2015 07:28:00 GMT'

describe('--content-disposition', () => {
  it('lets the server name the file, safely', async () => {
    await using server = await serve({
      '/a?id=1': be.body('one', named('report.txt')),
      '/b': be.body('two', {
        'Content-Disposition': "attachment; filename*=UTF-8''na%C3%AFve.txt",
      }),
      '/c': be.body('three', named('../../evil.txt')),
      '/d': be.body('four', named('report.txt')),
      '/e': be.body('five'),
    })
    const urls = ['/a?id=1', '/b', '/c', '/d', '/e'].map((path) => server.origin + path)
    const ran = await gdl(['--content-disposition', '-j', '1', ...urls])
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.files).toHaveLength(5)
    expect(ran.files).toEqual(
      expect.arrayContaining(['e', 'naïve.txt', 'report.1.txt', 'report.txt']),
    )
    expect(ran.files.join()).toMatch(/evil\.txt/)
    expect(ran.besides).toEqual([])
    expect(ran.content('report.1.txt').toString()).toBe('four')
  })

  it('leaves a file of that name alone, and does not rename what is called so already', async () => {
    await using server = await serve({
      '/x': be.body('new', named('kept.txt')),
      '/same.txt': be.body('same', named('same.txt')),
    })
    const home = temporaryFolder()
    mkdirSync(join(home, 'out'))
    writeFileSync(join(home, 'out/kept.txt'), 'old')
    const urls = [`${server.origin}/x`, `${server.origin}/same.txt`]
    const ran = await gdl(['--content-disposition', ...urls], { home })
    expect(ran.lastLine).toMatch(/^1 downloaded, 1 present, 0 failed/)
    expect(ran.files).toEqual(['kept.txt', 'same.txt'])
    expect(ran.content('kept.txt').toString()).toBe('old')
  })

  it('goes on from a part file of the name that the server gave before', async () => {
    const content = bytes(2_000_000, 'named by the server')
    const options = { etag: '"v1"', headers: named('real.bin') }
    let drops = true
    const cut = be.file(content, { ...options, dropAfterBytes: 900_000 })
    const whole = be.file(content, options)
    await using server = await serve({ '/x': (exchange) => (drops ? cut : whole)(exchange) })
    const args = ['--content-disposition', '-r', '0', `${server.origin}/x`]
    const first = await gdl(args)
    expect(first.files).toEqual(['real.bin.gdl.json', 'real.bin.gdl.part'])
    drops = false
    const second = await gdl(['-v', ...args], { home: first.home })
    expect(second.files).toEqual(['real.bin'])
    expect(second.content('real.bin').equals(content)).toBe(true)
    expect(second.stderr).toMatch(/^resumed /m)
  })
})

describe('--if-exists update', () => {
  it('asks whether there is something newer, and takes only that', async () => {
    const file = be.file(Buffer.from('version 2'), { etag: '"v2"', lastModified: OLD })
    await using server = await serve({
      '/f': file,
      '/g': be.body('version 2', { 'Last-Modified': OLD }),
    })
    const urls = [`${server.origin}/f`, `${server.origin}/g`]
    const first = await gdl(['--if-exists', 'update', ...urls])
    expect(first.lastLine).toMatch(/^2 downloaded/)
    const again = await gdl(['--if-exists', 'update', '--json', '-q', ...urls], {
      home: first.home,
    })
    expect(again.stdout.match(/"status":"unchanged"/g)).toHaveLength(2)
    expect(server.requestsFor('/f')[1]?.header('if-modified-since')).toBe(OLD)
    const old = new Date('2010-01-01')
    writeFileSync(join(first.home, 'out/f'), 'version 1')
    utimesSync(join(first.home, 'out/f'), old, old)
    const third = await gdl(['--if-exists', 'update', ...urls], { home: first.home })
    expect(third.lastLine).toMatch(/^1 downloaded, 1 present/)
    expect(readFileSync(join(first.home, 'out/f'), 'utf8')).toBe('version 2')
    expect(statSync(join(first.home, 'out/f')).mtime.toUTCString()).toBe(OLD)
  })
})

describe('an ETag without a time', () => {
  it.each([
    ['short', 1000],
    ['long', 600_000],
  ])('of a %s file is remembered beside it, and asked with', async (_, length) => {
    const content = bytes(length, 'etag alone')
    await using server = await serve({ '/f': be.file(content, { etag: '"v1"' }) })
    const args = ['--if-exists', 'update', `${server.origin}/f`]
    const first = await gdl(args)
    expect(first.files).toEqual(['f', 'f.gdl.json'])
    const again = await gdl(args, { home: first.home })
    expect(again.lastLine).toMatch(/^0 downloaded, 1 present, 0 failed/)
    expect(server.requestsFor('/f')[1]?.header('if-none-match')).toBe('"v1"')
    const last = await gdl(args, { home: first.home })
    expect(last.lastLine).toMatch(/^0 downloaded, 1 present, 0 failed/)
  })
})

describe('a limit', () => {
  it('is kept, over all and for each', async () => {
    await using server = await serve({ '*': be.body(bytes(1_500_000, 'limited')) })
    const urls = [1, 2, 3].map((at) => `${server.origin}/${at}`)
    for (const limit of [
      ['--limit', '900000'],
      ['--limit-each', '300000'],
    ]) {
      const ran = await gdl(['--json', '-q', ...limit, ...urls])
      const { seconds } = JSON.parse(ran.stdout.trim().split('\n').at(-1)!) as { seconds: number }
      // What five seconds let pass takes them, to a twentieth; a busy machine may take longer.
      expect(seconds).toBeGreaterThan(4.75)
      expect(seconds).toBeLessThan(8)
    }
  })
})
