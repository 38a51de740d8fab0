/** A backup that is killed goes on at the next run, and nothing of it is lost or left over. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { built, duplifs, run } from '../support/run.js';
import { killAfterVolumes, smallSource, start, volumes } from './killed.js';

describe('a killed backup', () => {
  it('goes on with the same set, which is then as if it had never stopped', async () => {
    await built();
    await withFolder(async (folder) => {
      const { source, target, args: some } = await smallSource(folder);
      const temporary = join(folder, 'temporary');
      await mkdir(temporary);
      const args = ['--tempdir', temporary, ...some];
      const killed: number[] = [];
      for (let wanted = 1; wanted <= 3; wanted += 1) {
        killed.push(await killAfterVolumes(['full', ...args], target, wanted));
        expect(await readdir(temporary)).toEqual([]);
      }
      expect(killed).not.toContain(0); // a run that ended by itself shows nothing
      expect(await duplifs(['full', ...args])).toMatchObject({ status: 0 });
      const stored = await readdir(target);
      expect(stored.filter((name) => name.includes('.manifest'))).toHaveLength(1);
      expect(stored.filter((name) => name.startsWith('duplifs-index'))).toHaveLength(1);
      const url = `file://${target}`;
      expect(await duplifs(['restore', url, join(folder, 'out')])).toMatchObject({ status: 0 });
      expect(await run('diff', ['-r', source, join(folder, 'out')])).toMatchObject({ status: 0 });
      const [cache = ''] = await readdir(join(folder, 'archive'));
      const local = await readdir(join(folder, 'archive', cache));
      expect(local.filter((name) => /part|writing|ready|tmp/.test(name))).toEqual([]);
    });
  });
});

describe('the lock', () => {
  it('keeps a second backup of the same target out, and is free when its holder was killed', async () => {
    await built();
    await withFolder(async (folder) => {
      const { target, args } = await smallSource(folder);
      const first = start(['full', ...args]);
      await volumes(target, 1);
      first.kill('SIGSTOP'); // it holds the lock for as long as the others look at it
      const second = await duplifs(['full', ...args]);
      const theirs = await run('duplicity', ['full', ...args]);
      first.kill('SIGKILL');
      expect(second).toMatchObject({ status: 23 });
      expect(second.stderr).toContain('Another backup');
      expect(theirs).toMatchObject({ status: 23 });
      expect(await duplifs(['full', '--lock-wait', '20', ...args])).toMatchObject({ status: 0 });
    });
  });
});
