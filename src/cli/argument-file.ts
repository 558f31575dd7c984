/**
 * `@file`: an option's value that is read from a file, so that no secret stands among a process's
 * arguments, which every user of a machine may list.
 *
 * The path may be a pipe (`@<(pass show host)`). `@-` is refused: standard input may be the list.
 */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { UsageError } from '../errors.ts'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
}

/**
 * What `parse` makes of `text`; of an `@path`, of each line of that file that isn't blank. Throws
 * parse's UsageError, with the file and line in front, or one that says why the file can't be read.
 */
export function readArgument<T>(text: string, parse: (line: string) => T): T[] {
  if (!text.startsWith('@')) return [parse(text)]
  const path = text.slice(1)
  if (path === '' || path === '-') {
    throw new UsageError('GDL_ERR_USAGE', 'the name of a file belongs behind @')
  }
  const lines = readText(fromHome(path)).split(/\r?\n/)
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    try {
      return [parse(line)]
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      throw new UsageError(error.code, `${path}:${index + 1}: ${error.message}`)
    }
  })
}

/** The text of a file in UTF-8, without its byte order mark. Throws a UsageError that says why not. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new UsageError('GDL_ERR_USAGE', `${path}: ${REASONS[code] ?? message}`, { cause: error })
  }
}

/** `path` with the home folder for a leading `~/`, as shells do it where they see a path. */
export function fromHome(path: string): string {
  return path.replace(/^~(?=\/)/, () => homedir())
}
