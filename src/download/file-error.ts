/**
 * What the file system refuses, in words that say what to do about it.
 */
import { FileError, GdlError } from '../errors.ts'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a file is where a folder should be',
  EEXIST: 'a file is where a folder should be',
  EISDIR: 'a folder of that name is in the way',
  ENOTEMPTY: 'a folder of that name is in the way',
  ENOENT: 'its folder is gone',
  ENAMETOOLONG: 'the name is too long for the file system',
  ELOOP: 'a link of the name of its part file is in the way',
  EMFILE: 'too many open files',
  EFBIG: 'the file is too large for the file system',
}

/** Node's `error` about `path` as a FileError; one that is ours already stays as it is. */
export function fileError(error: unknown, path: string): GdlError {
  // Ours, or a deadline's that passed in the middle of a write.
  if (error instanceof GdlError) return error
  const code = codeOf(error)
  if (isFullDisk(error)) {
    return new FileError('GDL_ERR_DISK_FULL', `${path}: the disk is full`, { cause: error })
  }
  const reason = REASONS[code] ?? code
  const kind = code === 'EISDIR' || code === 'ENOTEMPTY' ? 'GDL_ERR_IS_DIRECTORY' : 'GDL_ERR_FILE'
  return new FileError(kind, `${path}: ${reason}`, { cause: error })
}

/** Whether `error` says that there is no room, or none for this user. */
export function isFullDisk(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** Node's code of an error, or what it says. */
export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : String(error)
}
