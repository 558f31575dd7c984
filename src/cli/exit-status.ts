/**
 * What a script is told: wget's statuses, extended. A code without a status does not compile.
 */
import type { ErrorCode } from '../errors.ts'

/** By code, in the order of the statuses. */
export const STATUSES: Readonly<Record<ErrorCode, number>> = {
  GDL_ERR_INTERNAL: 1,
  GDL_ERR_HOOK: 1,
  GDL_ERR_USAGE: 2,
  GDL_ERR_ENTRY: 2,
  GDL_ERR_LIST: 2,
  GDL_ERR_FILE: 3,
  GDL_ERR_FILE_EXISTS: 3,
  GDL_ERR_IS_DIRECTORY: 3,
  GDL_ERR_DISK_FULL: 3,
  GDL_ERR_UNSAFE_PATH: 3,
  GDL_ERR_LOCKED: 3,
  GDL_ERR_DNS: 4,
  GDL_ERR_CONNECT: 4,
  GDL_ERR_CONNECT_TIMEOUT: 4,
  GDL_ERR_CONNECTION_LOST: 4,
  GDL_ERR_STALLED: 4,
  GDL_ERR_MAX_TIME: 4,
  GDL_ERR_TOO_SLOW: 4,
  GDL_ERR_TLS: 5,
  GDL_ERR_CERTIFICATE: 5,
  GDL_ERR_UNAUTHORIZED: 6,
  GDL_ERR_PROXY_UNAUTHORIZED: 6,
  GDL_ERR_PROTOCOL: 7,
  GDL_ERR_TOO_MANY_REDIRECTS: 7,
  GDL_ERR_REDIRECT_REFUSED: 7,
  GDL_ERR_STATUS: 8,
  GDL_ERR_LENGTH: 9,
  GDL_ERR_CODING: 9,
  GDL_ERR_CHECKSUM: 9,
  GDL_ERR_DIGEST: 9,
  GDL_ERR_TOO_LARGE: 9,
  GDL_ERR_CHANGED: 9,
  // What a shell tells of a program that SIGPIPE ended.
  GDL_ERR_PIPE: 141,
}

/** The status of a process that a signal ended, by shells' convention. */
export const SIGNAL_STATUS = { SIGINT: 130, SIGTERM: 143 } as const

/** The status of a run in which these errors happened: the lowest, or 0 for none. */
export function exitStatusOf(codes: Iterable<ErrorCode>): number {
  const statuses = Array.from(codes, (code) => STATUSES[code])
  return statuses.length === 0 ? 0 : Math.min(...statuses)
}
