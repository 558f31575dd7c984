/**
 * The door of the lists: how downloads are asked for, in files, on standard input and as arguments.
 */
export { readChecksums } from './checksums.ts'
export { entryText, unusableText } from './failed.ts'
export { type Header, parseChecksum, parseHeader } from './settings.ts'
export { checkSource, readSource } from './source.ts'
export { parseDuration, parseSize } from './units.ts'
export { entryFromUrl } from './url.ts'
