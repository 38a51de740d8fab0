/** Sources as people have them: with the backup itself inside, not mounted, in motion, behind a link. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { built, duplifs, duplifsScript } from '../support/run.js';
import type { Finished } from '../support/run.js';
import { withFolder } from '../support/folders.js';
import { firstSeconds, Place, withPlace } from './writing-place.js';

beforeAll(built);

async function listed(place: Place): Promise<string[]> {
  const { stdout } = await duplifs(['ls', ...place.options, '--json', place.url]);
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as { path: string }).path);
}

describe('a source with the storage, the archive dir and the tempdir in it', () => {
  const inside = async (folder: string, verb: string, more: string[] = []): Promise<Finished> => {
    const source = join(folder, 'home');
    await mkdir(join(source, 'tmp'), { recursive: true });
    const options = ['--no-encryption', '--archive-dir', join(source, 'cache'), '--name', 'own'];
    const tempdir = ['--tempdir', join(source, 'tmp')];
    const url = `file://${join(source, 'backup')}`;
    return duplifs([verb, ...options, ...tempdir, ...more, source, url]);
  };

  it('is backed up without them, which is said', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'home', 'cache'), { recursive: true });
      await writeFile(join(folder, 'home', 'a'), 'kept');
      await writeFile(join(folder, 'home', 'cache', 'another'), 'kept');
      const first = await inside(folder, 'full');
      expect([first.status, first.stderr]).toEqual([0, first.stderr]);
      expect(first.stderr).toContain('"backup" is not backed up, for it is the storage');
      expect(first.stderr).toContain('"cache/own" is not backed up, for it is the archive dir');
      expect(first.stderr).toContain('"tmp" is not backed up, for it is the tempdir');
      const again = await inside(folder, 'incremental', ['--skip-if-no-change', '--json']);
      expect(again.status).toBe(0);
      const out = join(folder, 'out');
      const url = `file://${join(folder, 'home', 'backup')}`;
      const archive = ['--archive-dir', join(folder, 'other')];
      expect(await duplifs(['restore', ...archive, url, out])).toMatchObject({ status: 0 });
      expect((await readdir(out)).sort()).toEqual(['a', 'cache']);
      expect(await readdir(join(out, 'cache'))).toEqual(['another']);
    });
  });

  it('also where it leads there by a link', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'kept');
      const real = join(place.source, 'backup');
      await mkdir(real);
      await symlink(real, place.target);
      expect(await place.backup('full')).toMatchObject({ status: 0 });
      expect(await listed(place)).toEqual(['', 'a']);
    });
  });

  it('is refused where it is one of them', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'kept');
      const { status, stderr } = await duplifs([
        ...['full', ...place.options, place.source],
        `file://${place.source}`,
      ]);
      expect(status).toBe(13);
      expect(stderr).toContain('is the storage itself');
    });
  });
});

describe('a source that is empty where the last set has files', () => {
  it('is refused, unless that is meant', async () => {
    await withPlace(async (place) => {
      for (let n = 0; n < 20; n += 1) await place.write(`file-${n}`, String(n));
      await place.backupOk('full');
      await rm(place.source, { recursive: true });
      await mkdir(place.source);
      const before = await readdir(place.target);
      for (const verb of ['backup', 'incremental']) {
        const refused = await place.backup(verb);
        expect(refused.status).toBe(13);
        expect(refused.stderr).toContain('Is its disk mounted?');
      }
      expect(await readdir(place.target)).toEqual(before);
      // duplicity makes the backup, and whoever calls it has no word for ours
      const words = ['incremental', '--no-encryption', '--dry-run', '--archive-dir', place.archive];
      const warned = await duplifs([...words, place.source, place.url], {
        env: { DUPLIFS_AS: 'duplicity' },
      });
      expect(warned.status, warned.stderr).toBe(0);
      expect(warned.stdout + warned.stderr).toContain('is empty, and the last backup of it is not');
      await place.backupOk('incremental', '--allow-empty-source');
      expect(await listed(place)).toEqual(['']);
    });
  });
});

describe('a file that moves while it is read', () => {
  /** Appends to a file for as long as the backup takes. */
  const whileGrowing = async (place: Place, ...more: string[]): Promise<Finished> => {
    const file = await open(join(place.source, 'log'), 'a');
    const ended = new AbortController();
    const growing = (async () => {
      while (!ended.signal.aborted) {
        await file.write(Buffer.alloc(4096, 'x'));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    try {
      return await place.backup('full', ...more);
    } finally {
      ended.abort();
      await growing;
      await file.close();
    }
  };

  it('is told and counted, and the backup is done; --strict ends with 1', async () => {
    await withPlace(async (place) => {
      await place.write('log', Buffer.alloc(60_000_000, 'x'));
      const done = await whileGrowing(place);
      expect([done.status, done.stderr]).toEqual([0, done.stderr]);
      expect(done.stderr).toContain('"log" changed while it was read');
      expect(done.stderr).toContain('1 file changed or vanished while being read');
      expect(Place.statistic(done.stdout, 'Errors')).toBe(0);
      expect(await whileGrowing(place, '--strict')).toMatchObject({ status: 1 });
    });
  });
});

describe('what a set holds', () => {
  it('is listed at -v5, also by a dry run', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'first');
      await place.write('gone', 'first');
      await utimes(place.source, 1_600_000_000, 1_600_000_000);
      await place.backupOk('full');
      await place.write('a', 'second', 1_600_000_001);
      await place.write('new', 'first');
      await rm(join(place.source, 'gone'));
      await utimes(place.source, 1_600_000_001, 1_600_000_001);
      const lines = ({ stderr }: Finished): string[] =>
        stderr.split('\n').filter((line) => /^[AMD] /.test(line));
      const wanted = ['A .', 'M a', 'D gone', 'A new'];
      expect(lines(await place.backup('incremental', '-v5', '--dry-run'))).toEqual(wanted);
      expect(lines(await place.backup('incremental', '-v4', '--dry-run'))).toEqual([]);
      expect(lines(await place.backup('incremental', '-v5'))).toEqual(wanted);
    });
  });
});

describe('statistics', () => {
  it('that cannot be written harm no backup that is done', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'first');
      const full = await open('/dev/full', 'w');
      try {
        const ended = spawnSync(process.execPath, [duplifsScript, ...place.next('full')], {
          stdio: ['ignore', full.fd, 'pipe'],
          encoding: 'utf8',
        });
        expect([ended.status, ended.stderr]).toEqual([0, ended.stderr]);
        expect(ended.stderr).toContain('The backup was made; its statistics cannot be written');
        expect(ended.stderr).not.toContain('    at ');
        const list = ['ls', ...place.options, place.url];
        const listing = spawnSync(process.execPath, [duplifsScript, ...list], {
          stdio: ['ignore', full.fd, 'pipe'],
          encoding: 'utf8',
        });
        expect(listing.status).not.toBe(0);
        expect(listing.stderr).toContain('Standard output cannot be written to');
        expect(listing.stderr).not.toContain('    at ');
      } finally {
        await full.close();
      }
    });
  });
});

describe('a list of patterns', () => {
  it('may begin with a byte order mark', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'kept');
      await place.write('b', 'left out');
      const list = `${place.source}.list`;
      await writeFile(list, `\ufeff- ${join(place.source, 'b')}\r\n`.replace('\r', ''));
      await place.backupOk('full', '--include-filelist', list);
      expect(await listed(place)).toEqual(['', 'a']);
    });
  });
});

describe('a source that is a link', () => {
  it('is followed where it has a slash at its end', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'first');
      const real = `${place.source}-real`;
      await rename(place.source, real);
      await symlink(basename(real), place.source);
      const words = ['full', ...place.options, '--current-time', String(firstSeconds)];
      const ended = await duplifs([...words, `${place.source}/`, place.url]);
      expect([ended.status, ended.stderr]).toEqual([0, ended.stderr]);
      expect(await listed(place)).toEqual(['', 'a']);
    });
  });
});

describe('a file with holes', () => {
  it('is restored with holes, or full with --no-sparse', async () => {
    await withPlace(async (place) => {
      await place.write('a', 'kept');
      const path = join(place.source, 'image');
      const file = await open(path, 'w');
      await file.write(Buffer.from('begin'), 0, 5, 0);
      await file.write(Buffer.from('middle'), 0, 6, 5_000_003);
      await file.truncate(20_000_000);
      await file.close();
      await place.backupOk('full');
      const blocks = async (name: string, ...more: string[]): Promise<number> => {
        const out = join(place.target, '..', name);
        const words = ['restore', ...place.options, ...more, place.url, out];
        expect(await duplifs(words)).toMatchObject({ status: 0 });
        execFileSync('cmp', [path, join(out, 'image')]);
        return (await stat(join(out, 'image'))).blocks * 512;
      };
      expect(await blocks('sparse')).toBeLessThan(1_000_000);
      expect(await blocks('full', '--no-sparse')).toBeGreaterThanOrEqual(20_000_000);
    });
  });
});
