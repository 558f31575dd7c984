/**
 * gdl as a library.
 */
export * from './download/index.ts'
export * from './errors.ts'
