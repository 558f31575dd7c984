import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { parseDuration, parseSize } from '../../src/input/units.ts'

describe('a duration', () => {
  it.each([
    ['30', 30_000],
    ['0.5', 500],
    ['.5', 500],
    ['0', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['2m', 120_000],
    ['1.5h', 5_400_000],
    ['0.07', 70],
    ['0.1ms', 1],
  ])('of %s is %d milliseconds', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs)
  })

  it.each(['', 's', '-1', '1e3', '5M', '1d', '1,5', '0x10', 'Infinity', '9'.repeat(400)])(
    'of %j is refused',
    (text) => {
      expect(() => parseDuration(text)).toThrow(UsageError)
    },
  )
})

describe('a size', () => {
  it.each([
    ['0', 0],
    ['500000', 500_000],
    ['500000B', 500_000],
    ['1K', 1024],
    ['500k', 512_000],
    ['1KiB', 1024],
    ['1Ki', 1024],
    ['2.5MiB', 2_621_440],
    ['8M', 8_388_608],
    ['1G', 1_073_741_824],
    ['1T', 1_099_511_627_776],
    ['500kB', 500_000],
    ['500KB', 500_000],
    ['2MB', 2_000_000],
    ['1 GB', 1_000_000_000],
    ['1TB', 1_000_000_000_000],
    ['0.3K', 307],
  ])('of %s is %d bytes', (text, sizeBytes) => {
    expect(parseSize(text)).toBe(sizeBytes)
  })

  it.each(['', 'K', '-1', '1Mb', '1MIB', '1P', '1e6', '1,5M', '5s', '9999999999T'])(
    'of %j is refused, and the forms are shown',
    (text) => {
      expect(() => parseSize(text)).toThrow(/is not a size: write .*KiB|is not a size: .*500K/)
      expect(() => parseSize(text)).toThrow(UsageError)
    },
  )
})
