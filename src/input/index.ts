/**
 * The door of the lists: how downloads are asked for, in files, on standard input and as arguments.
 */

export type { Header } from './settings.ts'
export { checkHeader, parseChecksum, parseHeader } from './settings.ts'
export { TextParser } from './text.ts'
export { parseDuration, parseSize } from './units.ts'
export type { ParsedUrl } from './url.ts'
export { entryFromUrl, parseUrl, showUrl } from './url.ts'
export { checkSource, readSource } from './source.ts'
