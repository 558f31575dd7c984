import { describe, expect, it } from 'vitest'
import { printable, words } from '../../src/cli/values.ts'
import { UsageError } from '../../src/errors.ts'

describe('the words of a command', () => {
  it.each([
    ['notify', ['notify']],
    ['  notify  -a b\t', ['notify', '-a', 'b']],
    [`sh -c 'echo "$GDL_PATH"'`, ['sh', '-c', 'echo "$GDL_PATH"']],
    [`say "it's done" ''`, ['say', "it's done", '']],
    [`a'b c'"d"e`, ['ab cde']],
    ['C:\\bin\\x.exe \\n', ['C:\\bin\\x.exe', '\\n']],
    ['a;b|c $(d) *', ['a;b|c', '$(d)', '*']],
  ])('of %s', (text, expected) => {
    expect(words(text)).toEqual(expected)
  })

  it.each(['', '  ', `''`, `sh -c 'x`, `a"b`])('are none in %j', (text) => {
    expect(() => words(text)).toThrow(UsageError)
  })
})

describe('what --print takes', () => {
  it('is fields with commas between them', () => {
    expect(printable('path')).toEqual(['path'])
    expect(printable('path,url')).toEqual(['path', 'url'])
    for (const text of ['', 'size', 'path,', 'path, url']) {
      expect(() => printable(text), text).toThrow(UsageError)
    }
  })
})
