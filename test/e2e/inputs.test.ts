// The formats of lists, through the real command; test/input/ has what each format takes.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes, sha256 } from '../support/bytes.ts'
import { refusedOrigin, serve } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { beginGdl, gate, gdl, seen } from './gdl.ts'

const content = bytes(100_000, 'inputs')

describe('a list', () => {
  it('of aria2 has mirrors by TAB, and tells a key that it does not know by its line', async () => {
    await using server = await serve({ '/b': be.body(content) })
    const list = `# mirrors\n${await refusedOrigin()}/a\t${server.origin}/b\n  split=5\n  out=one.iso\n  dir=isos\n`
    const ran = await gdl(['-r', '0', 'urls.txt'], { list })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.stderr).toContain('urls.txt:3: the setting split is not known')
    expect(ran.files).toEqual(['isos/one.iso'])
  })

  it.each([false, true])('of JSON Lines names its bad lines; in gzip: %s', async (isZipped) => {
    await using server = await serve({ '*': be.body(content) })
    const text = `{"url": "${server.origin}/a", "out": "b", "size": 100000}\n{"url": 7}\n`
    const ran = await gdl(['urls.txt'], { list: isZipped ? gzipSync(text) : text })
    expect(ran.status).toBe(2)
    expect(ran.stderr).toMatch(/^urls\.txt:2: .*url is a string/m)
    expect(ran.files).toEqual(['b'])
  })

  it('of Metalink has its mirrors by priority, and is fetched again where a piece is bad', async () => {
    const wrong = Buffer.from(content)
    wrong[30_000]! ^= 1
    let answers = 0
    await using server = await serve({
      '/good': (exchange) => be.file(answers++ === 0 ? wrong : content)(exchange),
      '/last': be.status(404),
    })
    const pieces = [0, 1, 2, 3].map((index) =>
      sha256(content.subarray(index * 25_000, (index + 1) * 25_000)),
    )
    const list = `<?xml version="1.0" encoding="UTF-8"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="x.bin"><size>100000</size>
<hash type="sha-256">${sha256(content)}</hash>
<pieces type="sha-256" length="25000">${pieces.map((hex) => `<hash>${hex}</hash>`).join('')}</pieces>
<url priority="2">${server.origin}/last</url><url priority="1">${server.origin}/good</url>
</file></metalink>`
    const ran = await gdl(['urls.txt'], { list })
    expect(ran.status, ran.stderr).toBe(0)
    expect(ran.content('x.bin').equals(content)).toBe(true)
    expect(server.requestsFor('/good').length).toBeGreaterThan(1)
    expect(server.requestsFor('/last')).toEqual([])
  })

  it('of JSON Lines begins on standard input before that has ended', async () => {
    const entered = gate()
    await using server = await serve({
      '*': async (exchange) => {
        await entered.opened
        await be.body('well')(exchange)
      },
    })
    const started = beginGdl(['-'], { inputStaysOpen: true })
    started.child.stdin!.write(`{"url": "${server.origin}/first"}\n`)
    await seen(() => server.requests.length === 1)
    entered.open()
    started.child.stdin!.end()
    expect((await started.ran).files).toEqual(['first'])
  })
})

it('--checksums in both forms is matched by final name: a mismatch is status 9, and leaves no NAME', async () => {
  await using server = await serve({ '*': be.body(content) })
  const home = temporaryFolder()
  const wrong = '0'.repeat(64)
  const sums = `${sha256(content)}  ./a\nSHA256 (b) = ${wrong}\n${wrong} *sub/c\n`
  writeFileSync(join(home, 'SUMS'), sums)
  const list = `${server.origin}/a\n${server.origin}/b\n${server.origin}/c\n  dir=sub\n`
  const ran = await gdl(['--checksums', 'SUMS', 'urls.txt'], { list, home })
  expect(ran.status).toBe(9)
  expect(ran.files.filter((name) => !name.endsWith('/'))).toEqual(['a'])
})
