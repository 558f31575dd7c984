/**
 * The door of the reporters: who tells the user what happened.
 */
export { createReporter, type ProgressMode } from './reporter.ts'
export { summaryLine } from './summary.ts'
