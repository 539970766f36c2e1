import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{src,sandbox,bench,demo,test,scripts}/**/*.test.ts'],
    // A DuckDB or a PostgreSQL starts in some of these; two cores share them.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
})
