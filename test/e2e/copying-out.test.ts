/** What is copied out of a mount has what the backup has, and nothing else. */
import { lstat, mkdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMount, mountPlace } from '../support/mount-process.js';
import { Mounted, withMount } from '../support/mounted.js';
import { run, runOk } from '../support/run.js';
import { smallBackup } from '../support/small-backup.js';
import type { SmallBackup } from '../support/small-backup.js';

describe.runIf(canMount)('extended attributes of a mount', () => {
  let folder = '';
  let backup: SmallBackup;
  let mounted: Mounted;

  beforeAll(async () => {
    ({ folder } = await mountPlace());
    backup = await smallBackup(folder);
    mounted = await Mounted.start(backup);
  });

  afterAll(async () => {
    await mounted.stop();
    await rm(folder, { recursive: true });
  });

  const dump = (path: string) => runOk('getfattr', ['-R', '-h', '-m', '-', '-d', path]);

  it('are answered to who asks for one', async () => {
    const args = ['--only-values', '-n', 'user.duplifs.time', mounted.at('latest/file')];
    expect(await runOk('getfattr', args)).toBe('2026-03-04T05:06:07.000Z');
  });

  it('are in no copy by cp -a', async () => {
    const copy = join(folder, 'copy');
    await runOk('cp', ['-a', mounted.at('latest/.'), copy]);
    expect(await dump(copy)).toBe('');
  });

  it('do not stop rsync -X, also where the copy could have none', async () => {
    const place = join(folder, 'ramfs');
    await mkdir(place);
    await runOk('mount', ['-t', 'ramfs', 'ramfs', place]);
    try {
      await runOk('rsync', ['-aX', mounted.at('latest/'), join(place, 'copy')]);
    } finally {
      await run('umount', [place]);
    }
    await runOk('rsync', ['-aX', mounted.at('latest/'), join(folder, 'rsynced')]);
    expect(await dump(join(folder, 'rsynced'))).toBe('');
  });

  it('are listed with --xattrs, of files and folders', async () => {
    const listing = await Mounted.start({ ...backup, args: ['--xattrs'] });
    try {
      const listed = await dump(listing.at('latest/file'));
      for (const name of ['time', 'set', 'volumes'])
        expect(listed).toContain(`user.duplifs.${name}=`);
      await runOk('rsync', ['-aX', listing.at('latest/'), join(folder, 'with')]);
      expect(await dump(join(folder, 'with', 'file'))).toContain('user.duplifs.time=');
      expect(await dump(join(folder, 'with', 'link'))).toBe('');
    } finally {
      await listing.stop();
    }
  });
});

describe.runIf(canMount)('absolute links of a mount', () => {
  it('lead into the same snapshot with --rewrite-links, and have the size of what they say', async () => {
    const { folder } = await mountPlace();
    const backup = await smallBackup(folder);
    const target = async (mounted: Mounted, path: string) => {
      const [text, { size }] = [await readlink(mounted.at(path)), await lstat(mounted.at(path))];
      expect(size).toBe(text.length);
      return text;
    };
    await withMount({ ...backup, args: ['--rewrite-links'] }, async (mounted) => {
      for (const tree of ['latest', 'snapshots/2026-03-04T05-06-07Z', 'at/now']) {
        expect(await target(mounted, `${tree}/folder/absolute`)).toBe('../file');
        expect(await target(mounted, `${tree}/link`)).toBe('file');
        expect(await target(mounted, `${tree}/away`)).toBe('/nowhere/else');
      }
      await rm(join(backup.source, 'file'));
      expect(await readFile(mounted.at('latest/folder/absolute'), 'utf8')).toBe('content\n');
    });
    const args = ['--rewrite-links', '--time', 'now', '--path-to-restore', 'folder'];
    for (const given of [[], args]) {
      await withMount({ ...backup, args: given }, async (mounted) => {
        const path = given.length === 0 ? 'latest/folder/absolute' : 'absolute';
        expect(await target(mounted, path)).toBe(join(backup.source, 'file'));
      });
    }
    await rm(folder, { recursive: true });
  });
});
