/**
 * What is said of a file that cannot be read as a list.
 */
import { UsageError } from '../errors.ts'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file (a URL begins with http:// or https://)',
  EISDIR: 'it is a folder, not a list',
  EACCES: 'no permission to read it',
  Z_BUF_ERROR: 'the gzip data breaks off: fetch it again (what it held until there is used)',
  Z_DATA_ERROR: 'the gzip data is damaged (what it held until there is used)',
}

/** `error` as a UsageError (GDL_ERR_LIST) that names `name`; a UsageError names it already. */
export function unreadable(name: string, error: unknown): UsageError {
  if (error instanceof UsageError) return error
  const { code } = error as { code?: string }
  const reason = REASONS[code ?? ''] ?? String(error)
  return new UsageError('GDL_ERR_LIST', `${name}: ${reason}`, { cause: error })
}
