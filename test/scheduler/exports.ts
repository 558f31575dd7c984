/** Both doors of the scheduler, for the tests' helpers. */
export * from '../../src/scheduler/index.ts'
export * from '../../src/scheduler/testing.ts'
