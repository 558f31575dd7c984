/**
 * Standard output as the place where a download's bytes go.
 */
import { FileError, GdlError } from '../errors.ts'
import { type Batch, File } from '../io/index.ts'
import { type Operation, rethrowExit } from '../scheduler/index.ts'

const STDOUT_FD = 1

/** Standard output, which can't be taken back: once bytes have gone there, a try is the last. */
export class StandardOutput {
  readonly #file = new File(STDOUT_FD, 'stream');

  /** Writes a batch and releases it. Parks. FileError. */
  *write(batch: Batch): Operation<void> {
    try {
      yield* this.#file.write(batch.chunks, () => batch.release())
    } catch (error) {
      rethrowExit(error)
      throw outputError(error)
    }
  }
}

/** What an error of writing to standard output is in our words; one of ours stays. */
export function outputError(cause: unknown): GdlError {
  if (cause instanceof GdlError) return cause
  const { code } = cause as { code?: unknown }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new FileError('GDL_ERR_DISK_FULL', 'standard output: the disk is full', { cause })
  }
  if (code === 'EPIPE') {
    return new FileError('GDL_ERR_PIPE', 'standard output: nobody reads it any more', { cause })
  }
  return new FileError('GDL_ERR_FILE', `standard output: ${String(code)}`, { cause })
}
