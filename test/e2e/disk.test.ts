// Disks that are full, or may not be written to: that download fails with status 3, the others go on.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as be from '../support/behaviours.ts'
import { bytes } from '../support/bytes.ts'
import { serve } from '../support/server.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporary-folder.ts'
import { gdl } from './gdl.ts'

const large = bytes(20_000_000, 'large')
const small = bytes(10_000, 'small')

/** A file system of its own, of `size`; gone at the end. Only the superuser of Linux can make one. */
function mounted(size: string) {
  const path = makeTemporaryFolder()
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${size}`, 'gdl-test', path]
    execFileSync('mount', options, { stdio: 'ignore' })
  } catch (error) {
    removeFolder(path)
    throw error
  }
  return {
    path,
    remount: (options: string) => execFileSync('mount', ['-o', `remount,${options}`, path]),
    [Symbol.dispose]: () => {
      execFileSync('umount', [path])
      removeFolder(path)
    },
  }
}

const canMount = ((): boolean => {
  try {
    using _ = mounted('1M')
    return true
  } catch {
    return false
  }
})()

describe.runIf(canMount)('a disk', () => {
  it('that is full fails what has no room; what came is gone on from when there is room', async () => {
    await using server = await serve({
      '/large': be.file(large, { etag: '"v1"' }),
      '/small': be.body(small),
    })
    using disk = mounted('8M')
    const args = ['-x', '1', '-d', disk.path, `${server.origin}/large`, `${server.origin}/small`]
    const full = await gdl(args)
    expect(full.status, full.stderr).toBe(3)
    expect(full.stderr).toContain('large: the disk is full')
    expect(full.lastLine).toMatch(/^1 downloaded, 0 present, 1 failed, /)
    expect(readdirSync(disk.path).sort()).toEqual(['large.gdl.json', 'large.gdl.part', 'small'])
    expect(readFileSync(join(disk.path, 'small')).equals(small)).toBe(true)

    disk.remount('size=40M')
    const roomy = await gdl(args)
    expect(roomy.status, roomy.stderr).toBe(0)
    expect(readFileSync(join(disk.path, 'large')).equals(large)).toBe(true)
    const [, second] = server.requestsFor('/large')
    // Nearly all that had room is there.
    expect(Number(/^bytes=(\d+)-$/.exec(second?.header('range') ?? '')?.[1])).toBeGreaterThan(5e6)
  })

  it('that may only be read fails each, short or long, and makes no folder', async () => {
    await using server = await serve({ '/large': be.file(large), '*': be.body(small) })
    using disk = mounted('8M')
    mkdirSync(join(disk.path, 'old'))
    disk.remount('ro')
    const urls = [`${server.origin}/large`, `${server.origin}/small`]
    for (const folder of ['', 'old', 'new/deep']) {
      const ran = await gdl(['-d', join(disk.path, folder), ...urls])
      expect(ran.status, ran.stderr).toBe(3)
      expect(ran.lastLine).toMatch(/^0 downloaded, 0 present, 2 failed, /)
      expect(ran.stderr.match(/the file system is read-only/g)).toHaveLength(2)
    }
    expect(readdirSync(disk.path)).toEqual(['old'])
  })
})

describe('a file', () => {
  it('where --dir should be is a failure with status 3', async () => {
    await using server = await serve({ '*': be.body(small) })
    for (const folder of ['urls.txt', 'urls.txt/below']) {
      const ran = await gdl(['-d', folder, 'urls.txt'], { list: `${server.origin}/small\n` })
      expect(ran.status, ran.stderr).toBe(3)
      expect(ran.stderr).toContain('a file is where a folder should be')
    }
  })
})
