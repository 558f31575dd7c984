/**
 * The engine: sessions of downloads.
 */
export type { Checksum, Entry, Item } from './entry.ts'
export type {
  DoneStatus,
  DownloadEvent,
  Reporter,
  RunState,
  Transfer,
  TransferState,
} from './events.ts'
export { expandTemplate } from './name.ts'
export { DEFAULTS, type IfExists, type SessionOptions } from './options.ts'
export { Session } from './session.ts'
