import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Files of `npm test` that try a part of their tables there (test/support/sampled.ts), and all of them here. */
const sampled = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && !name.startsWith('long/'))
  .map((name) => join('test', name))
  .filter((path) => readFileSync(path, 'utf8').includes('/support/sampled.js'));

export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts', ...sampled],
    env: { DUPLIFS_ALL: '1' },
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
