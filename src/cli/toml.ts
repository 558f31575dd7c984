/**
 * TOML (1.0) as settings need it: each key at the top with its value and its line.
 *
 * The parser, smol-toml, is loaded when there is a file to read. It tells lines of mistakes alone, so a
 * text that is whole is given to it once more, in pieces: a line, and more lines until they are TOML. A
 * piece of TOML that ends with a line is a statement, for nothing unfinished is TOML. A scan for `key =`
 * was rejected: it finds keys inside of texts with several lines.
 */
import { UsageError } from '../errors.ts'

/** One statement of a file. */
export interface Statement {
  readonly key: string
  readonly value: unknown
  /** From 1. */
  readonly line: number
}

/** The statements of `text`. UsageError with the line in `file` when it is no TOML. */
export async function parseToml(file: string, text: string): Promise<Statement[]> {
  const { parse, TomlError } = await import('smol-toml')
  const parsed = (part: string): Record<string, unknown> | InstanceType<typeof TomlError> => {
    try {
      return parse(part)
    } catch (error) {
      if (error instanceof TomlError) return error
      throw error
    }
  }
  const whole = parsed(text)
  if (whole instanceof TomlError) {
    // The rest of the message quotes the line, in which a password may stand.
    const [reason = ''] = whole.message.replace('Invalid TOML document: ', '').split('\n')
    throw new UsageError('GDL_ERR_USAGE', `${file}:${whole.line}: not TOML: ${reason}`)
  }
  const statements: Statement[] = []
  let piece: string[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    piece.push(line)
    const table = parsed(piece.join('\n'))
    if (table instanceof TomlError) continue
    for (const [key, value] of Object.entries(table)) {
      statements.push({ key, value, line: index + 2 - piece.length })
    }
    piece = []
  }
  return statements
}
