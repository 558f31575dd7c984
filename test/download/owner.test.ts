import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { isAlive, thisOwner } from '../../src/download/owner.ts'
import { nodeBinary } from '../support/run-gdl.ts'

const hasProc = process.platform === 'linux'

describe('an owner', () => {
  it('is alive while its process is, however old its record', () => {
    expect(isAlive(thisOwner(), 0)).toBe(true)
    expect(isAlive(thisOwner(), 1e12)).toBe(true)
  })

  it('is gone with its process', async () => {
    const child = spawn(nodeBinary, ['-e', ''])
    const owner = { ...thisOwner(), pid: child.pid! }
    await once(child, 'exit')
    expect(isAlive(owner, 0)).toBe(false)
  })

  it.runIf(hasProc)(
    'is told from a later process that got its number, and from one of another boot',
    () => {
      const { start } = thisOwner()
      expect(start).toMatch(/^[0-9a-f-]{36} \d+$/)
      expect(isAlive({ ...thisOwner(), start: `${start}0` }, 0)).toBe(false)
      expect(isAlive({ ...thisOwner(), start: `another-boot ${start.split(' ')[1]}` }, 0)).toBe(
        false,
      )
    },
  )

  it('on another host is gone when it has not written its record for two minutes', () => {
    const elsewhere = { ...thisOwner(), host: 'another-host' }
    expect([isAlive(elsewhere, 119_000), isAlive(elsewhere, 121_000)]).toEqual([true, false])
  })
})
