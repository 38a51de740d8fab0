/** Sets that a wrong clock has put into the future do not stand in the way of those after them. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { built, duplifs } from '../support/run.js';
import { withTarget } from './target.js';

beforeAll(built);

const future = 4_000_000_000;
const at = (seconds: number) => ['--no-encryption', '--current-time', String(seconds)];
const past = 1_700_000_000;

describe('a set of the future', () => {
  it.each([
    ['a full', 'full', 'inc'],
    ['an incremental', 'inc', 'full'],
  ] as const)('(%s) is passed over, by a backup and a restore', async (_, stray, next) => {
    await withTarget(async ({ folder, source, url, backup, change, stored }) => {
      expect(await backup(['full', ...at(past)])).toMatchObject({ status: 0 });
      await change();
      const strayRun = await backup([stray, ...at(future)]);
      expect(strayRun, strayRun.stderr).toMatchObject({ status: 0 });
      await writeFile(join(source, 'late'), 'the newest');
      const after = await backup([...at(past + 100)]);
      expect(after, after.stderr).toMatchObject({ status: 0 });
      expect(after.stderr).toContain('lies in the future: its chain is not continued');
      expect(after.stderr).toContain('remove the files');
      const made = (await stored()).filter((name) =>
        /^duplicity-(full|inc)\..*manifest/.test(name),
      );
      expect(made.filter((name) => name.includes('20231114T2215')).join()).toContain(`-${next}.`);

      const out = join(folder, 'out');
      const restored = await duplifs(['restore', url, out]);
      expect(restored, restored.stderr).toMatchObject({ status: 0 });
      expect(restored.stderr).toContain('lies in the future');
      expect(await readFile(join(out, 'late'), 'utf8')).toBe('the newest');
      // and it can be read by its time
      const then = join(folder, 'then');
      const asked = await duplifs(['restore', '--time', String(future), url, then]);
      expect(asked, asked.stderr).toMatchObject({ status: 0 });
      expect(await readdir(then)).not.toContain('late');
    });
  });

  it('past the year 9999 is refused when it is to be written', async () => {
    await withTarget(async ({ backup, stored }) => {
      const { status, stderr } = await backup(['full', ...at(253_402_300_800)]);
      expect(status).toBe(13);
      expect(stderr).toContain('past the year 9999');
      expect((await stored()).filter((name) => name.startsWith('duplicity'))).toEqual([]);
    });
  });
});
