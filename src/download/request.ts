/**
 * Asking for a file, or a part of it: the request, and the redirects that it is answered with.
 */
import { redact } from '../errors.ts'
import {
  type Field,
  fieldValue,
  isRedirect,
  redirectTarget,
  type Response,
  type Story,
  type Target,
  tooManyRedirects,
  type Transport,
} from '../io/index.ts'
import type { Operation } from '../scheduler/index.ts'
import type { SessionOptions } from './options.ts'

/** How a request is sent. */
export interface Asking {
  readonly transport: Transport
  readonly options: SessionOptions
  /** Fields for this request, at whichever origin it is answered. */
  readonly fields: readonly Field[]
  /** How much of the body is read ahead, at most. */
  readonly readAheadBytes: number | undefined
  /** Parks until a request may be sent to an origin. */
  readonly enter: (origin: string) => Operation<void>
  /** Is told each redirect. */
  readonly note: (message: string) => void
  /** Is told each request that has a connection to go over. */
  readonly sent: () => void
  /** Makes the story of one more request; undefined when nobody wants it. */
  readonly story: (() => Story) | undefined
}

/** An answer that is no redirect, and where it came from. */
export interface Answer {
  readonly response: Response
  readonly target: Target
}

/**
 * Asks `target`, and follows redirects. Parks. Throws a GdlError, and what `enter` throws. The caller
 * closes the response.
 */
export function* ask(target: Target, asking: Asking): Operation<Answer> {
  const { transport, options, fields, readAheadBytes, enter, note, sent, story } = asking
  const { connectTimeoutMs, timeoutMs } = options
  let current = target
  for (let followed = 0; ; followed++) {
    yield* enter(current.origin)
    const how = { connectTimeoutMs, timeoutMs, readAheadBytes, story: story?.() }
    const response = yield* transport.request(withFields(current, fields), how, sent)
    if (!isRedirect(response.status)) return { response, target: current }
    try {
      if (followed === options.maxRedirects) {
        throw tooManyRedirects(target.href, options.maxRedirects)
      }
      const location = fieldValue(response.headers, 'location')
      current = redirectTarget(current, location, options.allowDowngrade)
      note(`${response.status} to ${redact(current.href)}`)
      yield* response.discard()
    } finally {
      response.close()
    }
  }
}

function withFields(target: Target, fields: readonly Field[]): Target {
  if (fields.length === 0) return target
  const { own, foreign } = target.fields
  return { ...target, fields: { own: [...own, ...fields], foreign } }
}
