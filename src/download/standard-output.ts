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
      throw error instanceof GdlError ? error : outputError(error)
    }
  }
}

function outputError(cause: unknown): FileError {
  const { code } = cause as { code?: unknown }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new FileError('GDL_ERR_DISK_FULL', 'standard output: the disk is full', { cause })
  }
  const reason = code === 'EPIPE' ? 'it was closed' : String(code)
  return new FileError('GDL_ERR_FILE', `standard output: ${reason}`, { cause })
}
