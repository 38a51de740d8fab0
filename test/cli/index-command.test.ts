/** `duplifs index`: volumes that duplicity wrote are decoded once. */
import { cp, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains, chain } from '../support/chains.js';
import type { Chain } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { built, duplifs } from '../support/run.js';

interface IndexResult {
  readonly decoded: number;
  readonly known: number;
  readonly failed: number;
  readonly volumes: number;
}

describe.runIf(canMakeChains)('index', () => {
  let backup: Chain;
  beforeAll(async () => {
    await built();
    backup = await chain('passphrase');
  });

  const index = async (target: string, archive: string, ...more: string[]) => {
    const args = ['index', '--json', ...backup.args, '--archive-dir', archive, ...more];
    const { status, stdout, stderr } = await duplifs([...args, target], { env: backup.env });
    return { status, stderr, result: JSON.parse(stdout) as IndexResult };
  };

  it('decodes every volume once, and only those of --since', async () => {
    await withFolder(async (folder) => {
      const archive = join(folder, 'archive');
      const volumes = (await readdir(backup.target)).filter((name) => name.includes('.vol'));
      const newest = new Date((backup.times.at(-1) ?? 0) * 1000).toISOString();
      const some = await index(backup.url, archive, '--since', newest);
      expect([some.status, some.stderr]).toEqual([0, '']);
      expect(some.result.volumes).toBeLessThan(volumes.length);
      const all = await index(backup.url, archive);
      expect(all.result).toEqual({
        decoded: volumes.length - some.result.decoded,
        known: some.result.decoded,
        failed: 0,
        volumes: volumes.length,
      });
      const again = await index(backup.url, archive);
      expect(again.result).toMatchObject({ decoded: 0, known: volumes.length, failed: 0 });
    });
  });

  it('goes on behind a damaged volume, names it, and ends with 1', async () => {
    await withFolder(async (folder) => {
      const target = join(folder, 'target');
      await cp(backup.target, target, { recursive: true });
      const [volume = ''] = (await readdir(target)).filter((name) => name.includes('vol1.'));
      const path = join(target, volume);
      const handle = await open(path, 'r+');
      await handle.write('damage', Math.floor((await stat(path)).size / 2));
      await handle.close();
      const { status, stderr, result } = await index(`file://${target}`, join(folder, 'archive'));
      expect(status).toBe(1);
      expect(stderr).toContain(volume);
      expect(result.failed).toBe(1);
      expect(result.decoded).toBe(result.volumes - 1);
    });
  });
});
