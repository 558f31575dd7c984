// A reporter for Vitest that notes how many tests passed and failed, in the file that GDL_TEST_COUNTS
// names: Vitest's own closing lines change with its versions. A test file that could not be loaded
// and an error outside of any test count as one failure each; skipped tests do not count.
import { writeFileSync } from 'node:fs'

export default class CountReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    let passed = 0
    let failed = unhandledErrors.length
    for (const testModule of testModules) {
      failed += testModule.errors().length
      for (const test of testModule.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        if (state === 'failed') failed += 1
      }
      for (const suite of testModule.children.allSuites()) failed += suite.errors().length
    }
    writeFileSync(process.env.GDL_TEST_COUNTS, `${passed} passed, ${failed} failed\n`)
  }
}
