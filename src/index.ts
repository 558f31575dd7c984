/**
 * gdl as a library.
 *
 * `download` does all, as an async iterable; a program of greenlets takes `Session` instead.
 */
import {
  DEFAULTS,
  downloadItems,
  type Entry,
  type Item,
  type RunEvent,
  type SessionOptions,
} from './download/index.ts'
import { GdlError, UsageError } from './errors.ts'
import { entryFromUrl } from './input/index.ts'
import type { TransportOptions } from './io/index.ts'

export * from './download/index.ts'
export * from './errors.ts'

/** What is to be downloaded: a URL, or one with settings of its own. */
export type Wanted = string | URL | Entry

/** How `download` downloads; what is not given is as in `DEFAULTS`. Times are milliseconds. */
export interface DownloadOptions extends Partial<Omit<SessionOptions, 'transport'>> {
  readonly transport?: Partial<TransportOptions>
  /** Stops the downloads when it aborts. */
  readonly signal?: AbortSignal
}

/**
 * Downloads all of `wanted`, many at once, and gives what happens, as it happens: the events of `--json`.
 * Nothing begins before the first `next`, nothing is printed, and nothing of `process` is touched.
 *
 *     for await (const event of download(['https://example.org/a.iso'], { dir: 'images' })) {
 *       if (event.event === 'done') console.log(event.path)
 *     }
 *
 * A download that fails is a `fail` event, with a GdlError; so is what can't be used as a URL. The
 * iterator itself throws a UsageError for options of no use, the reason of `signal` when that aborts, and
 * what `wanted` throws: each when all downloads have been stopped and have cleaned up, as they have
 * after `return` (a `break` in the loop). While 1000 events are not taken, `wanted` is read no further
 * and no download begins. Any number of calls may run at once; each has its own limits and names.
 */
export function download(
  wanted: Iterable<Wanted> | AsyncIterable<Wanted>,
  { signal, ...options }: DownloadOptions = {},
): AsyncIterableIterator<RunEvent> {
  if (options.output === '-') {
    throw new UsageError('GDL_ERR_USAGE', 'a program has no -o -: give `output` a name')
  }
  if (typeof wanted === 'string') {
    throw new UsageError(
      'GDL_ERR_USAGE',
      'what is wanted is an array, or another iterable, of URLs',
    )
  }
  const transport = { ...DEFAULTS.transport, ...given(options.transport ?? {}) }
  return downloadItems(itemsOf(wanted), { ...DEFAULTS, ...given(options), transport }, signal)
}

/** What is not undefined of `options`. */
function given<T extends object>(options: T): Partial<T> {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Partial<T>
}

async function* itemsOf(
  wanted: Iterable<Wanted> | AsyncIterable<Wanted>,
): AsyncGenerator<Item, void, void> {
  let index = 0
  for await (const one of wanted) {
    index++
    try {
      yield { kind: 'entry', entry: entryOf(one) }
    } catch (error) {
      if (!(error instanceof GdlError)) throw error
      yield { kind: 'bad', source: `#${index}`, text: textOf(one), message: error.message }
    }
  }
}

function textOf(wanted: Wanted): string {
  return hasUrls(wanted) ? wanted.urls.join(' ') : String(wanted)
}

/** Whether `wanted` is an entry: a program in plain JavaScript may give anything. */
function hasUrls(wanted: Wanted): wanted is Entry {
  const { urls } = (wanted ?? {}) as Partial<Entry>
  return Array.isArray(urls) && urls.length > 0
}

/** With its URLs normalised. UsageError when one is of no use. */
function entryOf(wanted: Wanted): Entry {
  if (typeof wanted === 'string') return entryFromUrl(wanted)
  if (wanted instanceof URL) return entryFromUrl(wanted.href)
  if (!hasUrls(wanted)) {
    throw new UsageError('GDL_ERR_ENTRY', 'neither a URL nor an entry: { urls: [URL, …] }')
  }
  const [first, ...others] = wanted.urls.map((url) => entryFromUrl(url).urls[0])
  return { ...wanted, urls: [first!, ...others] }
}
