import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    globalSetup: ['test/support/global-setup.ts'],
    // tests start programs and wait for them more than they compute
    maxWorkers: '100%',
    // beside another file's programs a mount may take longer than a test gives it
    retry: process.env['CI'] === 'true' ? 1 : 0,
    testTimeout: 180_000,
    hookTimeout: 240_000,
    // `npm run coverage`; what runs in processes of its own is not counted
    coverage: {
      include: ['src/**'],
      reporter: ['text-summary', 'json-summary', 'html'],
      reportOnFailure: true,
    },
  },
});
