/**
 * HTTP as a greenlet sees it: `const response = yield* http.get(url)`, then `yield* response.read()`.
 */
import type { Operation } from '../scheduler/index.ts'
import { fieldValue } from './fields.ts'
import {
  isRedirect,
  redirectTarget,
  requestFields,
  targetOf,
  tooManyRedirects,
} from './redirect.ts'
import type { Response } from './response.ts'
import { type HttpTimeouts, Transport } from './transport.ts'

/** What `get` may be told. */
export interface GetOptions extends HttpTimeouts {
  readonly headers?: Readonly<Record<string, string>>
  /** Default 20. */
  readonly maxRedirects?: number
}

let shared: Transport | undefined

/** Requests on the connections that the whole process shares. */
export const http = {
  /**
   * GETs `url`, follows redirects, and parks until the answer's head has come; any status is an answer.
   * Given headers go to the first origin alone. Throws a GdlError; a TypeError for what is no http(s) URL.
   */
  *get(url: string, options: GetOptions = {}): Operation<Response> {
    const { headers = {}, maxRedirects = 20 } = options
    shared ??= new Transport()
    const normalised = new URL(url)
    if (!/^https?:$/.test(normalised.protocol)) {
      throw new TypeError(`${normalised.protocol} is neither http: nor https:`)
    }
    normalised.hash = ''
    let target = targetOf(normalised.href, requestFields(Object.entries(headers), []))
    for (let followed = 0; ; followed++) {
      const response = yield* shared.request(target, options)
      if (!isRedirect(response.status)) return response
      yield* response.discard()
      if (followed === maxRedirects) throw tooManyRedirects(url, maxRedirects)
      target = redirectTarget(target, fieldValue(response.headers, 'location'))
    }
  },
}
