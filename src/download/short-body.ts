/**
 * A short body that has arrived: checked, and written at once, without a journal. Most lists are of such.
 */
import { fieldValue, hostOf, lengthOf, type Response } from '../io/index.ts'
import type { Expectation } from './expectation.ts'
import type { Folders } from './folders.ts'
import { writeWhole } from './part-file.ts'
import { Verifier } from './verify.ts'

interface Surroundings {
  readonly expectation: Expectation
  readonly folders: Folders
  readonly isSynced: boolean
  /** Called between the checks and the first write. */
  readonly verified: (algorithms: readonly string[]) => void
}

/**
 * Makes what waits in `response` the file `path`, and gives its length. Undefined, and nothing is done, when
 * there is a part file already, which only a `Body` may decide about. Does not park. IntegrityError, FileError;
 * no file is left then.
 */
export function writeShortBody(
  response: Response,
  path: string,
  { expectation, folders, isSynced, verified }: Surroundings,
): number | undefined {
  const chunks = response.waiting
  const bytes = lengthOf(chunks)
  expectation.checkLength(bytes, true)
  const verifier = new Verifier(expectation.promisedBy(response))
  verifier.add(0, chunks)
  verifier.check(hostOf(response.url))
  verified(verifier.algorithms)
  folders.makeFor(path)
  const modifiedMs = expectation.modifiedMs(fieldValue(response.headers, 'last-modified'))
  return writeWhole(path, chunks, { modifiedMs, isSynced }) ? bytes : undefined
}
