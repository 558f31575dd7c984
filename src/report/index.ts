/**
 * The door of the reporters: who tells the user what happened.
 */
export { formatSpeed } from './format.ts'
export type { HtmlRecorder } from './html.ts'
export { jsonLine } from './json-lines.ts'
export { LineSplitter } from './others.ts'
export { PRINTABLE, type Printable, printed } from './print.ts'
export { createReporter, type ProgressMode } from './reporter.ts'
export { summaryLine } from './summary.ts'
export type { TraceWriter } from './trace.ts'
