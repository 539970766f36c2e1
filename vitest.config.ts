import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{src,sandbox,bench,demo,test,scripts}/**/*.test.ts'],
    // A DuckDB or a PostgreSQL starts in some of these; a busy machine takes long, and no test depends on how long.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    // Most of the time of the long ones is waiting.
    maxWorkers: Math.max(4, availableParallelism()),
    setupFiles: ['./test/random-seed.ts'],
  },
})
