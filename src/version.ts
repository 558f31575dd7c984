/**
 * The version, read once from the package's own package.json: there is no second place to keep.
 */
import { readFileSync } from 'node:fs'

/** As in package.json, such as `1.2.3`. */
export const VERSION: string = readVersion()

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return version
}
