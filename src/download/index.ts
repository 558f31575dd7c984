/**
 * The engine: sessions of downloads.
 */
export { Backlog } from './backlog.ts'
export { Chronicle } from './chronicle.ts'
export { conduct } from './conduct.ts'
export type { Checksum, Entry, Item } from './entry.ts'
export type {
  DoneStatus,
  DownloadEvent,
  LiveScreen,
  Reporter,
  RunEvent,
  RunState,
  StageListener,
  Transfer,
  TransferState,
} from './events.ts'
export { expandTemplate } from './name.ts'
export { DEFAULTS, type IfExists, type SessionOptions } from './options.ts'
export { Session } from './session.ts'
export { outputError } from './standard-output.ts'
export { downloadItems } from './stream.ts'
