/** What holds for every backup: mounted or restored, it is what was backed up, at each of its times. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains, chain, differences, folderName } from './chains.js';
import type { Chain, ChainName } from './chains.js';
import { canMount, engines } from './mount-process.js';
import type { Engine } from './mount-process.js';
import { withMount } from './mounted.js';
import { duplifs } from './run.js';

/** Names that are not UTF-8 have other names under libfuse (native-notes/fuse-native.md). */
const notUtf8 = ['names/latin1*', 'names/[!%a-z]*-dir*', 'names/%bytes%*', 'links/latin1'].flatMap(
  (pattern) => ['--ignore-path', pattern],
);
const ignored: Record<Engine, readonly string[]> = { kernel: [], libfuse: notUtf8 };

/** `mountedBy`: the engines that it is mounted with; test/long has all of them for all chains. */
export function describeChain(name: ChainName, mountedBy: readonly Engine[] = engines): void {
  describe.runIf(canMount && canMakeChains)(name, () => {
    let backup: Chain;
    beforeAll(async () => {
      backup = await chain(name);
    });

    it.each(mountedBy)('is what was backed up, in each folder of a mount (%s)', async (engine) => {
      await withMount({ ...backup, engine }, async (mounted) => {
        for (const [set, time] of backup.times.entries()) {
          const found = await differences(
            backup.recordings[set] ?? '',
            mounted.at('snapshots', folderName(time)),
            ignored[engine],
          );
          expectKnown(found, backup, set);
          const asked = await differences(
            backup.recordings[set] ?? '',
            mounted.at('at', new Date(time * 1000).toISOString().replace('.000', '')),
            ignored[engine],
          );
          expectKnown(asked, backup, set);
        }
      });
    });

    it('is what was backed up when one time is mounted', async () => {
      for (const [set, time] of backup.times.entries()) {
        const args = [...backup.args, '--time', `${time}`];
        await withMount({ ...backup, args }, async (mounted) => {
          const found = await differences(backup.recordings[set] ?? '', mounted.mountpoint);
          expectKnown(found, backup, set);
        });
      }
    });

    it('is what was backed up when it is restored', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'duplifs-restored-'));
      try {
        for (const [set, time] of backup.times.entries()) {
          const target = join(folder, `${set}`);
          const args = ['restore', ...backup.args, '-t', `${time}`, backup.url, target];
          const { status, stderr } = await duplifs(args, { env: backup.env });
          expect(status, stderr).toBe(0);
          expectKnown(await differences(backup.recordings[set] ?? '', target), backup, set);
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  });
}

function expectKnown(found: readonly string[], { knownDifferences }: Chain, set: number): void {
  const known = knownDifferences[set] ?? 0;
  if (known === 0) expect(found).toEqual([]);
  else expect(found, found.join('\n')).toHaveLength(known);
}
