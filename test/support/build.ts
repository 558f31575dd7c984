/**
 * Vitest's global set-up: builds dist/ once, before any test runs the command. Quick when nothing has
 * changed. `GDL_TEST_NO_BUILD=1` leaves dist/ as it is.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export function setup(): void {
  if (process.env['GDL_TEST_NO_BUILD'] === '1') return
  const script = fileURLToPath(new URL('../../scripts/build.js', import.meta.url))
  const result = spawnSync(process.execPath, [script], { stdio: 'inherit' })
  if (result.status !== 0) {
    throw new Error('The build failed. GDL_TEST_NO_BUILD=1 runs the tests on the old dist/.')
  }
}
