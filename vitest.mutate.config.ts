// The scheduler's tests alone, for `npm run mutate`, without a build of gdl. The monitor's program is
// sent to a worker as text, and can't be mutated.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/scheduler/*.test.ts'],
    exclude: ['test/scheduler/monitor.test.ts'],
    // Code that counts which mutants it passes is several times slower.
    testTimeout: 60_000,
  },
})
