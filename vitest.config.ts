import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two workers: every test file that opens an engine session uses one or two threads of its own.
    maxWorkers: 2,
    pool: 'forks',
    globalSetup: './test/temporary-root.ts',
    reporters: ['default', './test/count-reporter.ts'],
  },
});
