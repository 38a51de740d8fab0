/**
 * Where writing does otherwise than duplicity, on purpose: the rows of the format's table ("Where duplifs does
 * otherwise, on purpose") that are about backups, in their order. Those about backups that did not end are in
 * otherwise-unfinished.test.ts, those about reading in otherwise.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { chmod, lstat, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasDuplicity } from '../archive/duplicity.js';
import { folderName } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { canMount } from '../support/mount-process.js';
import { withMount } from '../support/mounted.js';
import { noise } from '../support/noise.js';
import { built, duplifs, duplifsScript, isTraceback, run } from '../support/run.js';
import { firstSeconds, Place, withPlace } from './writing-place.js';

/** A process of root's that file modes do hold back. */
const withoutOverride = ['--bounding-set=-dac_override,-dac_read_search'];
const canBeHeldBack =
  process.env['CI'] === 'true' ||
  (process.getuid?.() === 0 && spawnSync('setpriv', [...withoutOverride, 'true']).status === 0);

describe('a backup does otherwise than duplicity:', () => {
  it.runIf(canBeHeldBack)(
    'what cannot be read keeps its last version, with a warning and exit code 1',
    async () => {
      await withPlace(async (place) => {
        await place.write('closed', 'first');
        await place.write('folder/inner', 'first');
        await place.write('open', 'first');
        await place.backupOk('full');
        await place.write('closed', 'second, of another length', 1_600_000_001);
        await place.write('folder/inner', 'second', 1_600_000_001);
        await place.write('open', 'second', 1_600_000_001);
        await chmod(join(place.source, 'closed'), 0);
        await chmod(join(place.source, 'folder'), 0);
        await built();
        const heldBack = [...withoutOverride, process.execPath, duplifsScript];
        const { status, stdout, stderr } = await run('setpriv', [
          ...heldBack,
          ...place.next('incremental'),
        ]);
        expect([status, stderr]).toEqual([1, stderr]);
        expect(stderr).toContain('"closed"');
        expect(stderr).toContain('"folder"');
        expect(stderr).toContain('its last version stays in the backup');
        expect(Place.statistic(stdout, 'Errors')).toBe(2);
        expect(Place.statistic(stdout, 'DeletedFiles')).toBe(0);
        expect(await place.restored('closed')).toBe('first');
        expect(await place.restored('folder/inner')).toBe('first');
        expect(await place.restored('open')).toBe('second');
        // and once it can be read again, it is
        await chmod(join(place.source, 'closed'), 0o600);
        await chmod(join(place.source, 'folder'), 0o700);
        await place.backupOk('incremental');
        expect(await place.restored('closed')).toBe('second, of another length');
        expect(await place.restored('folder/inner')).toBe('second');
      });
    },
  );

  it.runIf(canMount)(
    'a file that fails in its middle is ended, and read again by the next incremental',
    { timeout: 120_000 },
    async () => {
      await withFolder(async (top) => {
        // a source that fails: a mount of a backup of which a volume is away for now
        const inner = new Place(join(top, 'inner'));
        const whole = noise(3_000_000);
        await inner.write('x', whole);
        await inner.backupOk('full', '--volsize', '1');
        const shown = `snapshots/${folderName(firstSeconds)}`;
        const second = (await readdir(inner.target)).find((name) => name.includes('.vol2.'));
        const away = join(top, 'away');
        const target = join(top, 'target');
        const backup = (verb: string, source: string, day: number, cache: string) =>
          duplifs([
            ...[verb, '--no-encryption', '--allow-source-mismatch', '--archive-dir'],
            ...[join(top, cache), '--current-time', String(firstSeconds + day * 86_400)],
            ...[source, `file://${target}`],
          ]);
        const restored = async (name: string, wanted = 0): Promise<Buffer> => {
          const out = join(top, `out-${basename(name)}`);
          await rm(out, { recursive: true, force: true });
          const ran = await run(name, [
            ...(name === 'duplicity' ? [] : [duplifsScript]),
            ...[
              'restore',
              '--no-encryption',
              '--archive-dir',
              join(top, `cache-${basename(name)}`),
            ],
            ...[`file://${target}`, out],
          ]);
          expect([ran.status, ran.stderr]).toEqual([wanted, ran.stderr]);
          if (wanted !== 0) {
            expect(ran.stderr).toMatch(
              /"x" is not whole: since \w+ Nov 14 22:13:20 2023 .*\(EIO\)/,
            );
          }
          return readFile(join(out, 'x'));
        };
        await rename(join(inner.target, second ?? ''), away);
        await withMount({ url: inner.url, args: ['--use-incomplete'] }, async (mounted) => {
          const { status, stderr } = await backup('full', mounted.at(shown), 0, 'one');
          expect([status, stderr]).toEqual([1, stderr]);
          expect(stderr).toContain('Cannot read "x" to its end (EIO)');
        });
        // with what could be read, the time since when that is not all, and exit 1
        const half = await restored(process.execPath, 1);
        expect(half.length).toBeGreaterThan(500_000);
        expect(half.equals(whole.subarray(0, half.length))).toBe(true);
        await rename(away, join(inner.target, second ?? ''));
        await withMount(inner, async (mounted) => {
          // with a cold archive dir only the sigtar can tell that it has to be read again
          const again = await backup('incremental', mounted.at(shown), 1, 'two');
          expect([again.status, again.stderr]).toEqual([0, again.stderr]);
        });
        expect((await restored(process.execPath)).equals(whole)).toBe(true);
        if (hasDuplicity) expect((await restored('duplicity')).equals(whole)).toBe(true);
      });
    },
  );

  it.each(['kept', 'lost'] as const)(
    'a change that keeps mtime, mode and owner is noticed (archive dir %s)',
    async (archiveDir) => {
      await withPlace(async (place) => {
        await place.write('size', noise(10_000));
        await place.write('content', 'before');
        await place.write('replaced', 'before');
        await place.write('young', 'before', firstSeconds + 10);
        await place.write('same', 'before');
        await place.backupOk('full');
        if (archiveDir === 'lost') await rm(place.archive, { recursive: true });
        await place.write('size', noise(15_000));
        await place.write('young', 'beyond', firstSeconds + 10);
        const isRemembered = archiveDir === 'kept';
        if (isRemembered) {
          await place.write('content', 'beyond');
          await place.write('new', 'beyond');
          await rename(join(place.source, 'new'), join(place.source, 'replaced'));
        }
        const stdout = await place.backupOk('incremental');
        expect(Place.statistic(stdout, 'ChangedFiles')).toBe(isRemembered ? 4 : 2);
        expect(await place.restored('size')).toBe(noise(15_000).toString());
        expect(await place.restored('young')).toBe('beyond');
        if (!isRemembered) return;
        expect(await place.restored('content')).toBe('beyond');
        expect(await place.restored('replaced')).toBe('beyond');
        expect(await place.restored('same')).toBe('before');
      });
    },
  );

  it('nobody else may read the archive dir, whatever the umask, and one that is open is warned about', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'first');
      const before = process.umask(0);
      try {
        await place.backupOk('full');
        await place.write('a', 'second', 1_600_000_001);
        await place.backupOk('incremental');
      } finally {
        process.umask(before);
      }
      const folders = [join(place.archive, '..'), place.archive];
      for (const path of folders) expect([path, await rightsOf(path)]).toEqual([path, 0o700]);
      const names = await readdir(place.archive);
      expect(names.filter((name) => name.startsWith('duplicity-')).length).toBeGreaterThan(3);
      for (const name of names) {
        expect([name, await rightsOf(join(place.archive, name))]).toEqual([name, 0o600]);
      }
      await chmod(place.archive, 0o750);
      const { stderr } = await place.backup('incremental');
      expect(stderr).toContain('Others may read the archive dir');
    });
  });

  it('files that are only in the archive dir are kept', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'first');
      await place.backupOk('full');
      const only = [
        'duplicity-full-signatures.20200101T000000Z.sigtar.gz',
        'duplicity-full.20200101T000000Z.manifest',
      ];
      for (const name of only) await writeFile(join(place.archive, name), 'the only copy');
      await place.backupOk('incremental');
      for (const name of only) {
        expect(await readFile(join(place.archive, name), 'utf8')).toBe('the only copy');
      }
    });
  });

  it('no passphrase is asked for where nothing is encrypted', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'first');
      for (const verb of ['full', 'incremental', 'backup']) {
        const { status, stderr } = await place.backup(verb);
        expect([status, stderr]).toEqual([0, stderr]);
        expect(stderr).not.toMatch(/passphrase/i);
      }
    });
  });

  it('a source that is a symbolic link is an error that names its target, unless links are copied', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'first');
      const real = `${place.source}-real`;
      await rename(place.source, real);
      await symlink(basename(real), place.source);
      const refused = await place.backup('full');
      expect(refused.status).toBe(13);
      expect(refused.stderr).toContain(basename(real));
      expect(await readdir(place.target).catch(() => [])).toEqual([]);
      await place.backupOk('full', '--copy-links');
      expect(await place.restored('a')).toBe('first');
    });
  });

  it('swapped arguments are an error that shows the right form, and nothing is written', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'first');
      await place.backupOk('full');
      const before = await readdir(place.target);
      for (const verb of ['backup', 'full', 'incremental', 'restore']) {
        const args = verb === 'restore' ? [place.source, place.url] : [place.url, place.source];
        const { status, stderr } = await duplifs([verb, ...place.options, ...args]);
        const backup = `"${place.source}" "${place.url}"`;
        expect(stderr).toContain(
          verb === 'restore'
            ? `To restore: duplifs restore "${place.url}" "${place.source}"; to back up: duplifs backup ${backup}`
            : `duplifs ${verb} ${backup}`,
        );
        expect([verb, status]).toEqual([verb, 2]);
      }
      expect(await readdir(place.target)).toEqual(before);
      expect(await readdir(place.source)).toEqual(['a']);
    });
  });

  it('no mistake of a user shows a traceback', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'first');
      const { source, url, options } = place;
      for (const [args, expected] of [
        [['full', ...options, join(source, 'nowhere'), url], 13],
        [['full', ...options, '--exclude', '/elsewhere/**', source, url], 14],
        [['full', ...options, '--include-regexp', '(', source, url], 15],
        [['full', ...options, '--volsize', 'big', source, url], 2],
        [['full', ...options, '--encrypt-key', 'A', source, url], 2],
        [['full', ...options, '--full-if-older-than', 'nonsense', source, url], 2],
        [['full', ...options, '--tempdir', join(source, 'nowhere'), source, url], 11],
        [['full', ...options, source, `file://${join(source, 'a', 'x')}`], 52],
        [['incremental', ...options, source, url], 17],
      ] as const) {
        const { status, stderr } = await duplifs(args);
        expect([args, status, stderr]).toEqual([args, expected, stderr]);
        expect([args, isTraceback(stderr)]).toEqual([args, false]);
      }
    });
  });
});

async function rightsOf(path: string): Promise<number> {
  return (await lstat(path)).mode & 0o777;
}
