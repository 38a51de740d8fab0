/** The commands that remove leave what duplicity's leave, and ours besides. */
import { cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatFileName, setKey } from '../../src/archive/index.js';
import type { SetTimes } from '../../src/archive/index.js';
import { hasDuplicity } from '../archive/duplicity.js';
import { day, full, inc, manifest, signatures, volume } from '../archive/set-names.js';
import { file, folder, writeSet } from '../support/craft.js';
import { withFolder } from '../support/folders.js';
import { built, duplifs, run, runOk } from '../support/run.js';
import type { Finished } from '../support/run.js';
import { first } from '../support/sampled.js';

beforeAll(built);

interface Places {
  readonly root: string;
  readonly target: string;
}

const history = [
  ...[full(0), inc(0, 1), inc(1, 2)],
  ...[full(10), inc(10, 11)],
  full(20),
  ...[full(30), inc(30, 31)],
];

async function withTarget(sets: readonly SetTimes[], work: (places: Places) => Promise<void>) {
  await withFolder(async (root) => {
    const target = join(root, 'target');
    for (const times of sets) {
      writeSet(target, { times, volumes: [[folder(''), file('a', setKey(times))], [file('b')]] });
    }
    await work({ root, target });
  });
}

const options = ({ root }: Places, cache: string): string[] => [
  ...['--no-encryption', '--archive-dir', join(root, cache)],
];

async function remove(places: Places, words: readonly string[]): Promise<Finished> {
  const archive = ['--archive-dir', join(places.root, 'ours')];
  return duplifs([...words, ...archive, `file://${places.target}`]);
}

/** The names that duplicity leaves of a copy. */
async function leftByDuplicity(places: Places, words: readonly string[]): Promise<string[]> {
  const copy = join(places.root, 'copy');
  await rm(copy, { recursive: true, force: true });
  await cp(places.target, copy, { recursive: true });
  await runOk('duplicity', [...words, ...options(places, 'theirs'), `file://${copy}`]);
  return (await readdir(copy)).sort();
}

const names = async ({ target }: Places): Promise<string[]> => (await readdir(target)).sort();

describe('what is old', () => {
  it.each(
    first(3, [
      ['remove-older-than', String(day(11))],
      ['remove-all-but-n-full', '1'],
      ['remove-all-inc-of-but-n-full', '1'],
      ['remove-older-than', String(day(5))],
      ['remove-older-than', String(day(12))],
      ['remove-older-than', String(day(31))],
      ['remove-all-but-n-full', '2'],
      ['remove-all-but-n-full', '9'],
      ['remove-all-inc-of-but-n-full', '2'],
    ]),
  )('goes as by duplicity: %s %s', async (verb, argument) => {
    await withTarget(history, async (places) => {
      const before = await names(places);
      expect(await remove(places, [verb, argument])).toMatchObject({ status: 0 });
      expect(await remove(places, [verb, argument, '--force', '-n'])).toMatchObject({ status: 0 });
      expect(await names(places)).toEqual(before);
      const wanted = hasDuplicity
        ? await leftByDuplicity(places, [verb, argument, '--force'])
        : undefined;
      const removed = await remove(places, [verb, argument, '--force']);
      expect([removed.status, removed.stderr]).toEqual([0, removed.stderr]);
      if (wanted !== undefined) expect(await names(places)).toEqual(wanted);
      const status = await duplifs(['status', `file://${places.target}`]);
      expect([status.status, status.stdout]).toEqual([0, status.stdout]);
    });
  });

  it('stays whole where it stays: the signatures of the newest chain, whatever the time', async () => {
    await withTarget(history, async (places) => {
      const removed = await remove(places, ['remove-older-than', String(day(99)), '--force']);
      expect(removed.stdout).toContain('It is not deleted');
      const left = await names(places);
      expect(left).toHaveLength(8);
      for (const times of [full(30), inc(30, 31)]) expect(left).toContain(signatures(times));
    });
  });

  it('goes with what is ours beside it, here and there', async () => {
    await withFolder(async (root) => {
      const places = { root, target: join(root, 'target') };
      const source = join(root, 'source');
      await cp(new URL('.', import.meta.url).pathname, source, { recursive: true });
      for (const at of [0, 1, 2]) {
        await writeFile(join(source, 'a'), String(at));
        const time = ['--current-time', String(day(at))];
        const verb = at === 1 ? 'incremental' : 'full';
        const url = `file://${places.target}`;
        const made = await duplifs([verb, ...options(places, 'ours'), ...time, source, url]);
        expect(made).toMatchObject({ status: 0 });
      }
      const [cache = ''] = await readdir(join(root, 'ours'));
      const removed = await remove(places, ['remove-all-but-n-full', '1', '--force']);
      expect([removed.status, removed.stderr]).toEqual([0, removed.stderr]);
      const all = [...(await names(places)), ...(await readdir(join(root, 'ours', cache)))];
      expect(all.filter((name) => name.includes('20231114'))).toEqual([]);
      expect(await names(places)).toHaveLength(4);
      expect(
        await duplifs(['restore', `file://${places.target}`, join(root, 'out')]),
      ).toMatchObject({ status: 0 });
    });
  });

  it('stays where nothing that is whole would be left', async () => {
    await withTarget([full(0), full(10)], async (places) => {
      await rm(join(places.target, manifest(full(10))));
      await writeFile(join(places.target, manifest(full(10))), '');
      const before = await names(places);
      const refused = await remove(places, ['remove-all-but-n-full', '1', '--force']);
      expect(refused.status).toBe(24);
      expect(refused.stderr).toContain('no set that would stay is whole');
      expect(await names(places)).toEqual(before);
    });
  });

  it.each(['0', 'x', '1.5'])('is not told by %s fulls', async (count) => {
    await withTarget([full(0)], async (places) => {
      expect(await remove(places, ['remove-all-but-n-full', count])).toMatchObject({ status: 2 });
    });
  });
});

describe('prune', () => {
  it('says why each set stays or goes, and what that frees, and does it with --force', async () => {
    await withTarget(history, async (places) => {
      const before = await names(places);
      const rules = ['--keep-last', '2', '--current-time', String(day(40))];
      const shown = await remove(places, ['prune', ...rules]);
      expect([shown.status, shown.stderr]).toEqual([0, shown.stderr]);
      expect(shown.stdout).toMatch(/^remove {2}Tue Nov 14 22:13:20 2023 {2}full/m);
      expect(shown.stdout).toMatch(/^keep .* the newest, one of the last$/m);
      expect(shown.stdout).toMatch(/^6 sets would be removed, which frees \d/m);
      expect(await names(places)).toEqual(before);
      const told = await remove(places, ['prune', ...rules, '--json']);
      const { sets } = JSON.parse(told.stdout) as { sets: { keep: boolean; bytes: number }[] };
      expect(sets.map(({ keep }) => keep)).toEqual([
        false,
        false,
        false,
        false,
        false,
        false,
        true,
        true,
      ]);
      expect(await remove(places, ['prune', ...rules, '--force'])).toMatchObject({ status: 0 });
      expect(await names(places)).toHaveLength(8);
      const out = join(places.root, 'out');
      expect(await duplifs(['restore', `file://${places.target}`, out])).toMatchObject({
        status: 0,
      });
    });
  });

  it('cuts the tail of a chain, which both programs restore then', async () => {
    await withTarget(history, async (places) => {
      const rules = [
        '--keep-weekly',
        '3',
        '--keep-monthly',
        '2',
        '--current-time',
        String(day(40)),
      ];
      expect(await remove(places, ['prune', ...rules, '--force'])).toMatchObject({ status: 0 });
      const status = await duplifs(['status', `file://${places.target}`]);
      expect([status.status, status.stdout]).toEqual([0, status.stdout]);
      if (!hasDuplicity) return;
      const words = ['restore', ...options(places, 'theirs'), '--time', String(day(20))];
      await runOk('duplicity', [
        ...words,
        `file://${places.target}`,
        join(places.root, 'theirs-out'),
      ]);
    });
  });

  it('wants a rule', async () => {
    await withTarget([full(0)], async (places) => {
      const refused = await remove(places, ['prune']);
      expect(refused.status).toBe(2);
      expect(refused.stderr).toContain('--keep-within 7D');
    });
  });
});

describe('cleanup', () => {
  it('removes what duplicity removes, and the indexes of sets that are gone', async () => {
    await withTarget([full(0), inc(0, 1), full(10), inc(10, 11), inc(20, 21)], async (places) => {
      const index = formatFileName({ kind: 'index', times: full(-5), container: 'gz' });
      const other = 'somebody-elses-file';
      await writeFile(join(places.target, other), 'kept');
      await rm(join(places.target, manifest(inc(10, 11))));
      const wanted = hasDuplicity ? await leftByDuplicity(places, ['cleanup', '--force']) : [];
      await writeFile(join(places.target, index), 'left by a removal of duplicity');
      const before = await names(places);
      const listed = await remove(places, ['cleanup']);
      expect(listed.status).toBe(0);
      expect(listed.stdout).toContain(volume(inc(10, 11)));
      expect(listed.stdout).toContain(index);
      expect(await names(places)).toEqual(before);
      const done = await remove(places, ['cleanup', '--force']);
      expect([done.status, done.stderr]).toEqual([0, done.stderr]);
      expect(done.stderr).toContain('can be read with --use-incomplete');
      const left = await names(places);
      if (hasDuplicity) expect(left).toEqual(wanted);
      expect(left).toContain(other);
      const again = await remove(places, ['cleanup', '--force']);
      expect(again.stdout).toContain('No extraneous files found');
    });
  });

  it('waits for nobody, and touches nothing, while another holds the lock', async () => {
    await withTarget([full(0), inc(5, 6)], async (places) => {
      const lock = 'duplifs-lock.0123456789abcdef';
      const holder = { host: 'another', pid: 1, born: '1', started: new Date().toISOString() };
      await writeFile(join(places.target, lock), JSON.stringify(holder));
      const before = await names(places);
      expect(await remove(places, ['cleanup', '--force'])).toMatchObject({ status: 23 });
      expect(await names(places)).toEqual(before);
      expect((await run('ls', [places.target], {})).status).toBe(0);
    });
  });
});
