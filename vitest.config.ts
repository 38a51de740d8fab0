import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    globalSetup: ['test/support/global-setup.ts'],
    // tests start programs and wait for them more than they compute
    maxWorkers: '100%',
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
});
