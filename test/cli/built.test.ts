/** The program as it is installed: joined into a few files, its threads among them (scripts/bundle.js). */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
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

  it('runs with the code that V8 made when it was built, and without it', async () => {
    await withFolder((folder) => {
      const root = join(program, '../..');
      const loader = pathToFileURL(join(root, 'bin/load-program.js')).href;
      const script = `import { readFileSync } from 'node:fs';
        import { codeFile, scriptOf } from ${JSON.stringify(loader)};
        console.log(scriptOf(readFileSync(codeFile)).cachedDataRejected);`;
      const node = (...args: readonly string[]): string =>
        execFileSync(process.execPath, args, {
          env: { ...process.env, HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') },
          encoding: 'utf8',
        });
      expect(node('--input-type=module', '-e', script)).toBe('false\n');
      cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
      cpSync(join(root, 'dist/program'), join(folder, 'dist/program'), { recursive: true });
      cpSync(join(root, 'package.json'), join(folder, 'package.json'));
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
      const copy = join(folder, 'bin/duplifs.js');
      const code = join(folder, 'dist/program/core.cjs.code');
      writeFileSync(code, readFileSync(code).subarray(0, 100_000));
      expect(node(copy, '--version')).toMatch(/^\d+\.\d+\.\d+/);
      rmSync(code);
      expect(node(copy, '--version')).toMatch(/^\d+\.\d+\.\d+/);
      return Promise.resolve();
    });
  });
});
