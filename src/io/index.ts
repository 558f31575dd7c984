/**
 * `gdl/io`: calls that park the greenlet until the host has done them.
 */
export type { Batch } from './exchange.ts'
export { contentLength, type Field, fieldValue, type ResponseFields } from './fields.ts'
export { type Digest, digestOf } from './digest.ts'
export { failureOf } from './failure.ts'
export { chunksAfter, File, file, lengthOf } from './file.ts'
export {
  type GetOptions,
  http,
  type HttpTimeouts,
  Response,
  tooManyRedirects,
  Transport,
} from './http.ts'
export { type Done, until } from './promise.ts'
export { type ContentRange, contentRange, rangeField, unsatisfiedLength } from './range.ts'
export { IDLE, StreamReader } from './stream.ts'
export {
  hostOf,
  isRedirect,
  redirectTarget,
  type RequestFields,
  requestFields,
  type Target,
  targetOf,
  withoutUserinfo,
} from './redirect.ts'
export { TRANSPORT_DEFAULTS, type TransportOptions } from './settings.ts'
