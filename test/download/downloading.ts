/**
 * The engine as the tests of this folder run it: in their own process, into a new folder, with short
 * pauses, and with each download's end.
 */
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Entry } from '../../src/download/entry.ts'
import type { DownloadEvent } from '../../src/download/events.ts'
import { DEFAULTS, type SessionOptions } from '../../src/download/options.ts'
import { Session } from '../../src/download/session.ts'
import { run } from '../../src/scheduler/index.ts'
import { filesIn } from '../e2e/gdl.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** What came of a run. */
export interface Outcome {
  /** `downloaded`, or the code of the error. */
  readonly ends: readonly string[]
  readonly files: readonly string[]
  readonly folder: string
  readonly events: readonly DownloadEvent[]
  readonly bytes: number
}

/** What is not as usual. */
export type Settings = Partial<SessionOptions>

/** Downloads `entries` into a new folder; their ends are in their order. */
export async function download(
  entries: readonly Entry[],
  settings: Settings = {},
): Promise<Outcome> {
  const folder = settings.dir ?? join(temporaryFolder(), 'out')
  const events: DownloadEvent[] = []
  const ends: string[] = []
  // The deadline is short only where a stall is what is tested: a loop that was busy for longer is taken
  // for a server that says nothing.
  const swift = { dir: folder, retryDelayMs: 1, retryMaxDelayMs: 5, timeoutMs: 5000, retries: 2 }
  const bytes = await run(
    function* () {
      const session = new Session({ ...DEFAULTS, ...swift, ...settings }, (event) => {
        events.push(event)
        if (event.event === 'done') ends[event.id - 1] = event.status
        if (event.event === 'fail') ends[event.id - 1] = event.error.code
      })
      for (const entry of entries) session.add(entry)
      yield* session.join()
      expect(session.state.active.size).toBe(0)
      return session.state.bytes
    },
    { signals: false },
  )
  return { ends, events, folder, bytes, files: filesIn(folder) }
}
