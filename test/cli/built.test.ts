/** The program as it is installed: joined into a few files, its threads among them (scripts/bundle.js). */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { noise } from '../support/noise.js';

const program = fileURLToPath(new URL('../../bin/duplifs.js', import.meta.url));

describe('the built program', () => {
  it('says its version, backs up and restores', async () => {
    await withFolder((folder) => {
      const run = (...args: readonly string[]): string =>
        execFileSync(process.execPath, [program, ...args], {
          env: { ...process.env, PASSPHRASE: 'a pass phrase', HOME: folder },
          encoding: 'utf8',
        });
      expect(run('--version')).toMatch(/^\d+\.\d+\.\d+/);
      const source = join(folder, 'source');
      mkdirSync(source);
      const large = noise(600_000);
      writeFileSync(join(source, 'large'), large);
      const url = `file://${join(folder, 'target')}`;
      run('full', source, url);
      large.write('changed', 300_000);
      writeFileSync(join(source, 'large'), large);
      writeFileSync(join(source, 'new'), 'new');
      run('incremental', source, url);
      run('verify', '--compare-data', url, source);
      const restored = join(folder, 'restored');
      run('restore', url, restored);
      expect(readFileSync(join(restored, 'large')).equals(large)).toBe(true);
      return Promise.resolve();
    });
  });
});
