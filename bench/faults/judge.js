// The verdicts: what became of a file, in the few words that stand in the table. Bytes, exit status and
// what the server saw decide; what a tool prints does not.
import { existsSync, readFileSync } from 'node:fs'

/** Every byte is right, and the status is 0. */
export const RIGHT = 'right'
/** … but what had come was thrown away. */
const AGAIN = 'right, from the start again'
/** Another status than 0, and no file under the name. */
export const SAYS_SO = 'fails, says so'

/**
 * Judges one file: `status` is the tool's, `content` what the file should be, `server` the one that sent
 * it; more than `mayBytes` sent, and it was fetched twice.
 */
export function verdictOn(path, { status, content, server, mayBytes = Infinity }) {
  if (status === 'late') return 'hangs'
  const bytes = existsSync(path) ? readFileSync(path) : undefined
  const isRight = bytes?.equals(content) === true
  if (isRight && status !== 0) return `right, but status ${status}`
  if (isRight) return server.bodyBytes > mayBytes ? AGAIN : RIGHT
  if (status !== 0) return bytes === undefined ? SAYS_SO : `${SAYS_SO}; leaves a wrong file`
  return bytes === undefined ? '**no file, status 0**' : '**wrong bytes, status 0**'
}
