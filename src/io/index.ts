/**
 * `gdl/io`: calls that park the greenlet until the host has done them.
 */
export type { Batch } from './exchange.ts'
export { dispositionName } from './disposition.ts'
export { contentLength, type Field, fieldValue, type ResponseFields } from './fields.ts'
export { type Digest, digestOf } from './digest.ts'
export { failureOf } from './failure.ts'
export { chunksAfter, File, file, lengthOf } from './file.ts'
export { type GetOptions, http } from './http.ts'
export type { Dual } from './monkey/dual.ts'
export { monkey } from './monkey/index.ts'
export { type Done, until } from './promise.ts'
export { type ContentRange, contentRange, rangeField, unsatisfiedLength } from './range.ts'
export { signal } from './signal.ts'
export { type ConnectTo, type ListenOn, socket } from './socket.ts'
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
  tooManyRedirects,
} from './redirect.ts'
export { Response } from './response.ts'
export { TRANSPORT_DEFAULTS, type TransportOptions } from './settings.ts'
export { type HttpTimeouts, Transport } from './transport.ts'
export { Story } from './story.ts'
export type { TcpListener } from './tcp-listener.ts'
export type { TcpSocket } from './tcp-socket.ts'
