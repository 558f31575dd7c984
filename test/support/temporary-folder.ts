/**
 * A folder that lives as long as the test that asked for it.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/**
 * Makes an empty folder and gives its real path; it is removed when the running test has finished.
 * Outside of a test (in `beforeAll`) use `makeTemporaryFolder` and remove it yourself.
 */
export function temporaryFolder(): string {
  const folder = makeTemporaryFolder()
  onTestFinished(() => removeFolder(folder))
  return folder
}

/** Makes an empty folder that its caller removes, with `removeFolder`. */
export function makeTemporaryFolder(): string {
  return realpathSync(mkdtempSync(path.join(tmpdir(), 'gdl-test-')))
}

/** Removes `folder` and what is in it; tries again while a dying process still writes there. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}
