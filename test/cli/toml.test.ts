import { describe, expect, it } from 'vitest'
import { parseToml } from '../../src/cli/toml.ts'
import { GdlError } from '../../src/errors.ts'

describe('a TOML file', () => {
  it('is its keys with their values and lines', async () => {
    const text = [
      '# of mine',
      'jobs = 8',
      '',
      'header = [',
      '  "A: 1", # jobs = 9',
      ']',
      'output = """',
      'jobs = 10',
      '"""',
      "'quiet' = true\r",
      'timeout = 0.5',
    ].join('\n')
    expect(await parseToml('f', text)).toEqual([
      { key: 'jobs', value: 8, line: 2 },
      { key: 'header', value: ['A: 1'], line: 4 },
      { key: 'output', value: 'jobs = 10\n', line: 7 },
      { key: 'quiet', value: true, line: 10 },
      { key: 'timeout', value: 0.5, line: 11 },
    ])
    expect(await parseToml('f', '')).toEqual([])
  })

  it.each([
    ['jobs = 1\njobs = 2', 2],
    ['dir = "a"\n\ndir = b', 3],
    ['\njobs 8', 2],
    ['user = "name:hunter2', 1],
    ['dir = """\n', 1],
  ])('that is none, %j, is refused by its line, without a word of it', async (text, line) => {
    const error = await parseToml('f', text).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(GdlError)
    expect((error as GdlError).message).toMatch(new RegExp(`^f:${line}: not TOML: .+$`))
    expect((error as GdlError).message).not.toContain('hunter2')
  })
})
