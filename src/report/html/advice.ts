/**
 * Failures in words: the reason, and what can be done about it where the error itself has no hint.
 */
import type { Failure } from './data.ts'

const AGAIN = 'It may pass: run the same command again. What is there is left alone.'

/** By status, where the server has answered. */
const BY_STATUS: Readonly<Record<number, string>> = {
  401: 'Give a name and a password: -u, --netrc, or a header with -H.',
  403: 'The server refuses. It may want a login (-u, --netrc), cookies (--cookies) or a header (-H).',
  404: 'The server has no such file: look for a mistake in the URL.',
  410: 'The server had it, and has it no more: look for another source.',
  429: 'The server wanted fewer requests: later again, with --per-host 1.',
  503: 'The server was overloaded: later again, with a smaller --per-host.',
}

/** By code: the reason, and what can be done. */
const BY_CODE: Readonly<Record<string, readonly [reason: string, advice?: string]>> = {
  GDL_ERR_USAGE: ['Options that contradict each other', 'Look into the list and the options.'],
  GDL_ERR_ENTRY: ['No usable entry', 'Mend the line in the list, and run the same command again.'],
  GDL_ERR_LIST: ['A list that broke off', 'Look at the list, and run the same command again.'],
  GDL_ERR_FILE: [
    'The file could not be written',
    'Look at the folder and its permissions, and run the same command again.',
  ],
  GDL_ERR_FILE_EXISTS: ['It is there already', 'Remove it, or see --if-exists.'],
  GDL_ERR_IS_DIRECTORY: [
    'A folder is in the way',
    'Move it away, or give the file another name, with out= or --output.',
  ],
  GDL_ERR_DISK_FULL: [
    'The disk is full',
    'Make room, and run the same command again: it goes on where it stopped.',
  ],
  GDL_ERR_UNSAFE_PATH: ['An unsafe path', 'Give the file another name, with out= or --output.'],
  GDL_ERR_LOCKED: ['Another gdl is at it', 'Wait for its end.'],
  GDL_ERR_DNS: ['No such host', 'Look for a mistake in the URL, and at the network.'],
  GDL_ERR_CONNECT: ['No connection'],
  GDL_ERR_CONNECT_TIMEOUT: ['No connection in time'],
  GDL_ERR_CONNECTION_LOST: ['The connection was lost'],
  GDL_ERR_STALLED: ['Nothing more came'],
  GDL_ERR_MAX_TIME: [
    'Out of time',
    'Give it more with --max-time, and run the command again: it goes on where it stopped.',
  ],
  GDL_ERR_TOO_SLOW: ['Too slow', 'Be content with less (--min-speed), or try again later.'],
  GDL_ERR_TLS: ['No TLS', 'Look at the URL: is it the right port?'],
  GDL_ERR_CERTIFICATE: [
    'A certificate that is not trusted',
    'If you trust the server, name its certificate with --cacert.',
  ],
  GDL_ERR_PROXY_UNAUTHORIZED: ['The proxy wants a password', 'Give it in --proxy.'],
  GDL_ERR_PROTOCOL: ['The answer is not HTTP'],
  GDL_ERR_TOO_MANY_REDIRECTS: [
    'Too many redirects',
    'The server sends in circles; perhaps it wants cookies (--cookies).',
  ],
  GDL_ERR_REDIRECT_REFUSED: [
    'A redirect was refused',
    'If it may go from https to http: --allow-downgrade.',
  ],
  GDL_ERR_LENGTH: ['The wrong length'],
  GDL_ERR_CHECKSUM: ['The wrong checksum', 'Check what was promised, or take another mirror.'],
  GDL_ERR_DIGEST: ["Not what the server's own digest says"],
  GDL_ERR_TOO_LARGE: ['Too large', 'Allow more with --max-size.'],
  GDL_ERR_CHANGED: ['The file changed on the way'],
}

/** Why it failed, in a few words; the same for all that failed alike. */
export function reasonOf({ code, status }: Failure): string {
  return status === undefined ? (BY_CODE[code]?.[0] ?? code) : `The server answered ${status}`
}

/** What can be done, in a sentence or two. */
export function adviceFor({ hint, status, code, retryable }: Failure): string {
  const known = hint ?? (status === undefined ? undefined : BY_STATUS[status]) ?? BY_CODE[code]?.[1]
  if (known !== undefined) return known
  return retryable ? AGAIN : 'Trying again will hardly help: look at the URL and at the server.'
}
