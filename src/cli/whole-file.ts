/**
 * Files that the command writes at its end: there whole, by a rename, or not at all.
 *
 * A path may be a link, which stays, or a device or a pipe (`/dev/stdout`), which is written to as it is.
 */
import {
  closeSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { FileError, UsageError } from '../errors.ts'

/** Text is written in pieces of about so many characters. */
const PIECE_LENGTH = 65_536

/** A file, and the option that wants it. */
export interface WholeFile {
  readonly option: string
  readonly path: string
  /** Of a new file, less the umask. */
  readonly mode: number
}

/** UsageError when it can't be written. Nothing is left behind, and what is there stays as it is. */
export function checkWholeFile(file: WholeFile): void {
  try {
    const target = targetOf(file.path)
    if (target === 'device') return
    closeSync(openSync(partOf(target), 'w', file.mode))
    rmSync(partOf(target))
  } catch (error) {
    throw new UsageError('GDL_ERR_USAGE', messageOf(file, error), { cause: error })
  }
}

/** Makes it hold `texts`; without any, removes it. FileError. Does not park. */
export function writeWholeFile(file: WholeFile, texts: Iterable<string> | undefined): void {
  const { path, mode } = file
  try {
    const target = targetOf(path)
    if (target === 'device') {
      writeTo(path, mode, texts ?? [])
    } else if (texts === undefined) {
      rmSync(target, { force: true })
    } else {
      writeTo(partOf(target), mode, texts)
      renameSync(partOf(target), target)
    }
  } catch (error) {
    throw new FileError('GDL_ERR_FILE', messageOf(file, error), { cause: error })
  }
}

function messageOf({ option, path }: WholeFile, error: unknown): string {
  return `${option} ${path}: ${(error as { code?: string }).code}`
}

function partOf(target: string): string {
  return `${target}.gdl.part`
}

/** The file itself, where `path` is a link to one; a terminal or a pipe can only be written to. */
function targetOf(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return path
  const target = realpathSync(path)
  const found = lstatSync(target)
  if (found.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
  return found.isFile() ? target : 'device'
}

function writeTo(path: string, mode: number, texts: Iterable<string>): void {
  const fd = openSync(path, 'w', mode)
  try {
    let piece = ''
    for (const text of texts) {
      piece += text
      if (piece.length < PIECE_LENGTH) continue
      writeFileSync(fd, piece)
      piece = ''
    }
    writeFileSync(fd, piece)
  } finally {
    closeSync(fd)
  }
}
