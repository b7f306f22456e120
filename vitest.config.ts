import { defineConfig } from 'vitest/config'

const database = { globalSetup: ['tests/support/template.ts'], testTimeout: 60_000, hookTimeout: 180_000, maxWorkers: 2 }

export default defineConfig({
  test: {
    projects: [
      // Searches and drawn cases take seconds of one core, and longer beside other work.
      { test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          exclude: ['tests/integration/concurrency/**', 'tests/integration/failure/**'],
          ...database,
        },
      },
      { test: { name: 'attack', include: ['tests/attack/**/*.test.ts'], ...database } },
      {
        test: {
          name: 'races',
          include: ['tests/integration/concurrency/**/*.test.ts'],
          ...database,
          testTimeout: 900_000,
          fileParallelism: false,
        },
      },
      // On servers of their own, which they kill.
      {
        test: {
          name: 'failure',
          include: ['tests/integration/failure/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
