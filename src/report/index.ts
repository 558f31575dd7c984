/**
 * The door of the reports: who tells the user, and the forms in which sizes, times and strangers'
 * texts are shown. Neither bars nor string-width are loaded by it; `createReporter` does, when needed.
 */
export { formatBytes, formatDuration, formatSpeed } from './format.ts'
export type { ProgressMode, ReporterChoice, ReportStream } from './reporter.ts'
export { createReporter } from './reporter.ts'
export { sanitize } from './sanitize.ts'
export { summaryLine } from './summary.ts'
