/**
 * The two parts of undici that are used, loaded when the first connection is made.
 *
 * `import 'undici'` costs 80 to 130 ms, most of it for fetch, caches and mocks; its Client and connector
 * alone cost half, and a run that sends nothing (`--help`, a list whose files are all there) pays none.
 * undici has no `exports` map, so its files are reached by their paths.
 */
import { createRequire } from 'node:module'
import type { buildConnector, Client } from 'undici'

/** The Client class, and what makes its default `connect`. */
export interface Undici {
  readonly Client: typeof Client
  readonly buildConnector: typeof buildConnector
}

let loaded: Undici | undefined

/** undici's parts. The first call loads them. */
export function undici(): Undici {
  if (loaded === undefined) {
    const require = createRequire(import.meta.url)
    loaded = {
      Client: require('undici/lib/dispatcher/client.js') as typeof Client,
      buildConnector: require('undici/lib/core/connect.js') as typeof buildConnector,
    }
  }
  return loaded
}
