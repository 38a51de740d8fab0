/** What people do with a folder: everyday programs on a mount, beside what duplicity restores. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains, chain, differences, restoredByDuplicity } from '../support/chains.js';
import type { Chain } from '../support/chains.js';
import { canMount } from '../support/mount-process.js';
import { Mounted } from '../support/mounted.js';
import { runOk, shell } from '../support/run.js';
import { withFolder } from '../support/folders.js';

/** duplicity does not restore the times of links. */
const compare = ['-aHin', '--checksum', '--omit-link-times'];
const listing = 'find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum';

describe.runIf(canMount && canMakeChains)('on the newest snapshot of a mount', () => {
  let backup: Chain;
  let mounted: Mounted;
  let latest: string;
  let restored: string;
  let newest: string;

  beforeAll(async () => {
    backup = await chain('gzip');
    newest = backup.recordings.at(-1) ?? '';
    restored = await restoredByDuplicity(backup);
    mounted = await Mounted.start(backup);
    latest = mounted.at('latest/');
  });

  afterAll(async () => {
    await mounted.stop();
  });

  /** Runs a line of shell in both; the outputs, after a check that there is any. */
  async function inBoth(line: string): Promise<readonly [mount: string, restore: string]> {
    const outputs = [await shell(line, latest), await shell(line, restored)] as const;
    expect(outputs[1]).not.toBe('');
    return outputs;
  }

  it('eight readers at once, of a mount that has read nothing yet, see every byte', async () => {
    const expected = await shell(listing, restored);
    const cold = await Mounted.start(backup);
    try {
      const readers = Array.from({ length: 8 }, () => shell(listing, cold.at('latest/')));
      for (const seen of await Promise.all(readers)) expect(seen).toBe(expected);
    } finally {
      await cold.stop();
    }
  });

  it('rsync finds no difference from what duplicity restores', async () => {
    expect(await runOk('rsync', [...compare, '--delete', latest, `${restored}/`])).toBe('');
  });

  it('rsync does find a difference where there is one', async () => {
    const first = mounted.at('snapshots/2023-11-14T22-13-20Z/big/');
    expect(await runOk('rsync', [...compare, first, `${restored}/big/`])).toContain('log.txt');
  });

  it('find sees the same entries, and its count of links does not mislead it', async () => {
    const entry = "-printf '%p %y %m %U:%G %T@\\0'";
    const link = "-printf '%p %y %U:%G %l\\0'";
    const [seen, expected] = await inBoth(`find . -type l ${link} -o ${entry} | sort -z`);
    expect(seen).toBe(expected);
    const [folders, all] = await inBoth('find . -type d | wc -l');
    expect(folders).toBe(all);
  });

  it('a folder has as many links as it has folders below, and two', async () => {
    const line = "find . -type d -printf '%n %p\\n' | sort";
    const counted =
      'find . -type d | while IFS= read -r d; do echo "$(($(find "$d" -mindepth 1 -maxdepth 1 -type d | wc -l) + 2)) $d"; done | sort';
    expect(await shell(line, latest)).toBe(await shell(counted, restored));
  });

  it('no two entries have the same inode number', async () => {
    const inodes = (await shell("find . -printf '%i\\n'", latest)).trimEnd().split('\n');
    expect(new Set(inodes).size).toBe(inodes.length);
    expect(await shell("find . -printf '%i\\n'", latest)).toBe(`${inodes.join('\n')}\n`);
  });

  it('grep -r finds the same lines', async () => {
    const [seen, expected] = await inBoth('grep -rc alpha . | sort');
    expect(seen).toBe(expected);
  });

  it('du counts the same bytes', async () => {
    const bytes = 'find . -type f -print0 | du -cb --files0-from=- | sort -k2';
    const [seen, expected] = await inBoth(bytes);
    expect(seen).toBe(expected);
  });

  it('du without -b counts what the sizes take in blocks of 512 bytes', async () => {
    const blocks = 'find . -type f -print0 | du -c --block-size=512 --files0-from=- | tail -1';
    const computed =
      "find . -type f -printf '%s\\n' | awk '{ n += int(($1 + 511) / 512) } END { print n \"\\ttotal\" }'";
    expect(await shell(blocks, latest)).toBe(await shell(computed, restored));
  });

  it('tar makes the same archive of every file', async () => {
    const [seen, expected] = await inBoth(
      'tar --sort=name -cf - . | tar --to-command="sha256sum; echo \\$TAR_FILENAME" -xf -',
    );
    expect(seen).toBe(expected);
  });

  it('what tar has unpacked again is what was backed up', async () => {
    await withFolder(async (folder) => {
      await shell(
        `tar --numeric-owner -cf - . | tar --numeric-owner --warning=no-timestamp -xpf - -C ${folder}`,
        latest,
      );
      expect(await differences(newest, folder)).toEqual([]);
    });
  });

  it('cp -a makes a copy of what was backed up', async () => {
    await withFolder(async (folder) => {
      await shell(`cp -a . ${folder}`, latest);
      expect(await differences(newest, folder)).toEqual([]);
    });
  });
});
