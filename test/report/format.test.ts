import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatDuration,
  formatSpeed,
  formatTimeLeft,
} from '../../src/report/format.ts'

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [-1, '0 B'],
    [NaN, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [1536, '1.50 KiB'],
    [10_239, '10.0 KiB'],
    [102_400, '100 KiB'],
    [1_048_575, '1.00 MiB'],
    [24_536_678, '23.4 MiB'],
    [5 * 1024 ** 3, '5.00 GiB'],
    [1.5 * 1024 ** 5, '1.50 PiB'],
  ])('writes %d as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it('never takes more than 8 characters, and never loses more than half a percent', () => {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1023 * 1024 ** 5, noNaN: true }), (bytes) => {
        const text = formatBytes(bytes)
        expect(text.length).toBeLessThanOrEqual(8)
        const [value, unit] = text.split(' ')
        const back = Number(value) * 1024 ** units.indexOf(unit!)
        expect(Math.abs(back - bytes)).toBeLessThanOrEqual(Math.max(0.5, bytes * 0.0051))
      }),
    )
  })
})

describe('formatSpeed', () => {
  it('writes bytes a second', () => {
    expect(formatSpeed(2_097_152.4)).toBe('2.00 MiB/s')
  })
})

describe('formatDuration', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [0.2, '1 ms'],
    [42, '42 ms'],
    [420, '0.42 s'],
    [999, '1.0 s'],
    [4000, '4 s'],
    [4230, '4.2 s'],
    [9999, '10 s'],
    [12_400, '12 s'],
    [59_600, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [3_599_900, '1 h 00 min'],
    [3_720_000, '1 h 02 min'],
    [183_600_000, '2 d 03 h'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it('never takes more than 11 characters', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 9999 * 86_400_000, noNaN: true }), (ms) => {
        expect(formatDuration(ms).length).toBeLessThanOrEqual(11)
        expect(formatDuration(ms)).not.toMatch(/\b60 (s|min)|\b24 h/)
      }),
    )
  })
})

describe('formatTimeLeft', () => {
  it('says zero only at the end', () => {
    expect(formatTimeLeft(1)).toBe('1 s')
    expect(formatTimeLeft(3001)).toBe('4 s')
    expect(formatTimeLeft(0)).toBe('0 s')
  })
})
