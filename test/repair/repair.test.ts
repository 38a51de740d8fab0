/** `repair`: what is made whole again without the source, by what is left of the backup; and what is refused. */
import { copyFile, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseManifest } from '../../src/archive/index.js';
import { hasDuplicity } from '../archive/duplicity.js';
import { withFolder } from '../support/folders.js';
import { copyOf, lostChain, lostSets } from '../support/lost-chain.js';
import { withOwnChain } from '../support/own-chain.js';
import type { OwnPlace } from '../support/own-chain.js';
import { built, duplifs, isTraceback, run, runOk } from '../support/run.js';
import { first } from '../support/sampled.js';

beforeAll(built);

const hasPar2 = (await run('par2', ['--version']).catch(() => undefined))?.status === 0;

async function bytesOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const all = names.map(async (name) => [
    name,
    (await readFile(join(folder, name))).toString('hex'),
  ]);
  return Object.fromEntries(await Promise.all(all)) as Record<string, string>;
}

async function restoresTo(url: string, tree: string, options: RestoreOptions): Promise<void> {
  const { by, args = [], env = {} } = options;
  await withFolder(async (root) => {
    const out = join(root, 'out');
    const words = ['restore', '--archive-dir', join(root, 'cache'), ...args, url, out];
    if (by === 'duplifs') {
      const { status, stderr } = await duplifs(words, { env });
      expect([status, stderr]).toEqual([0, stderr]);
    } else {
      await runOk('duplicity', words, { env });
    }
    expect(await runOk('diff', ['-r', '--no-dereference', tree, out])).toBe('');
  });
}

interface RestoreOptions {
  readonly by: 'duplifs' | 'duplicity';
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

describe.runIf(hasDuplicity)('a manifest of duplicity that is lost', () => {
  it.each(
    first(2, [
      { set: 'middle' as const, key: undefined },
      { set: 'full' as const, key: 'a pass phrase' },
      ...lostSets.filter((set) => set !== 'middle').map((set) => ({ set, key: undefined })),
    ]),
  )(
    'of the $set is rebuilt from volumes and signatures, and both programs restore then ($key)',
    { timeout: 180_000 },
    async ({ set, key }) => {
      const chain = await lostChain(key);
      const env = { PASSPHRASE: key };
      await withFolder(async (root) => {
        const target = await copyOf(chain, root, { kind: 'manifest', set });
        const url = `file://${target}`;
        const cache = ['--archive-dir', join(root, 'cache')];
        const before = await bytesOf(target);
        const shown = await duplifs(['repair', url, ...cache], { env });
        expect([shown.status, shown.stdout]).toEqual([24, shown.stdout]);
        expect(shown.stdout).toMatch(
          /^Would rebuild the manifest "duplicity-.*from its .*signatures$/m,
        );
        expect(shown.stdout).toMatch(/1 thing can be mended. Run the command again with --force/);
        expect(await bytesOf(target)).toEqual(before);
        const done = await duplifs(['repair', url, '--force', ...cache], { env });
        expect([done.status, done.stdout, done.stderr]).toEqual([0, done.stdout, done.stderr]);
        expect(done.stdout).toContain('All is well now.');
        const after = await bytesOf(target);
        for (const [name, bytes] of Object.entries(before)) expect(after[name]).toBe(bytes);
        const [made = ''] = Object.keys(after).filter((name) => !(name in before));
        expect(made).toMatch(/\.manifest(\.gpg)?$/);
        const original = Object.keys(await bytesOf(chain.target)).find((name) => !(name in before));
        expect(made).toBe(original);
        if (key === undefined) {
          const [ours, theirs] = await Promise.all(
            [target, chain.target].map((folder) => readFile(join(folder, made))),
          );
          expect(String(ours)).toMatch(/^Rebuilt-by duplifs \d/);
          const { volumes, localDir } = parseManifest(ours ?? Buffer.alloc(0), made);
          const wanted = parseManifest(theirs ?? Buffer.alloc(0), made);
          expect(volumes).toEqual(wanted.volumes);
          expect(localDir).toBe(wanted.localDir);
        }
        const args = key === undefined ? ['--no-encryption'] : [];
        for (const by of ['duplifs', 'duplicity'] as const) {
          await restoresTo(url, chain.tree('newest'), { by, env, args });
        }
      });
    },
  );

  it.each(['.vol2.', '.vol1.'])(
    'is not rebuilt where the volume %s is lost as well',
    async (volume) => {
      const chain = await lostChain();
      await withFolder(async (root) => {
        const target = await copyOf(chain, root, { kind: 'manifest', set: 'full' });
        const [lost = ''] = (await readdir(target)).filter(
          (name) => name.startsWith('duplicity-full.') && name.includes(volume),
        );
        await rm(join(target, lost));
        const before = await bytesOf(target);
        const { status, stdout } = await duplifs(['repair', `file://${target}`, '--force']);
        expect([status, stdout]).toEqual([24, stdout]);
        expect(await bytesOf(target)).toEqual(before);
      });
    },
  );

  it('is not rebuilt from a volume that is damaged', async () => {
    const chain = await lostChain();
    await withFolder(async (root) => {
      const target = await copyOf(chain, root, { kind: 'manifest', set: 'full' });
      const name = (await readdir(target)).find((one) => /full\..*vol1/.test(one)) ?? '';
      const bytes = await readFile(join(target, name));
      bytes.writeUInt8((bytes[5000] ?? 0) ^ 1, 5000);
      await writeFile(join(target, name), bytes);
      const before = await bytesOf(target);
      const { status, stderr } = await duplifs(['repair', `file://${target}`, '--force']);
      expect(status).toBe(24);
      expect(stderr).toMatch(/Not done: rebuild the manifest .*damaged/);
      expect(await bytesOf(target)).toEqual(before);
    });
  });

  it('is not rebuilt with signatures of another set', async () => {
    const chain = await lostChain();
    await withFolder(async (root) => {
      const target = await copyOf(chain, root, { kind: 'manifest', set: 'newest' });
      const names = (await readdir(target)).filter((one) => one.includes('new-signatures')).sort();
      await copyFile(join(target, names[0] ?? ''), join(target, names[1] ?? ''));
      const { status, stderr } = await duplifs(['repair', `file://${target}`, '--force']);
      expect([status, stderr]).toEqual([24, stderr]);
      expect(stderr).toContain('volumes and its signatures do not agree on');
    });
  });
});

describe('a backup of duplifs', () => {
  it('gets its own manifest back from the archive dir', async () => {
    await withOwnChain({}, async (place) => {
      const { target, name, run: runHere } = place;
      const manifest = await name(/full\..*\.manifest$/);
      const bytes = await readFile(join(target, manifest));
      await rm(join(target, manifest));
      const done = await runHere('repair', '--force');
      expect([done.status, done.stdout]).toEqual([0, done.stdout]);
      expect(done.stdout).toMatch(/^Will put the manifest/m);
      expect(await readFile(join(target, manifest))).toEqual(bytes);
    });
  });

  it('does not get it back where its volumes are not those of it', async () => {
    await withOwnChain({}, async (place) => {
      const { target, name } = place;
      await rm(join(target, await name(/full\..*\.manifest$/)));
      await rename(join(target, await name(/full\..*vol1/)), join(target, 'aside'));
      await copyFile(
        join(target, await name(/full\..*vol2/)),
        join(target, (await name(/full\..*vol2/)).replace('vol2', 'vol1')),
      );
      const done = await place.run('repair', '--force');
      expect(done.status).toBe(24);
      expect(done.stderr).toContain('Not done: put the manifest');
      expect((await readdir(target)).filter((one) => /full\..*\.manifest$/.test(one))).toEqual([]);
    });
  });

  it.each([undefined, 'a pass phrase'])(
    'gets an index that lists and restores as the first one did (passphrase: %s)',
    { timeout: 180_000 },
    async (passphrase) => {
      await withOwnChain(passphrase === undefined ? {} : { passphrase }, async (place) => {
        const { target, name, url, tree } = place;
        const env = { PASSPHRASE: passphrase };
        const indexes = (await readdir(target)).filter((one) => one.startsWith('duplifs-index.'));
        expect(indexes).toHaveLength(3);
        const [lost = '', cut = '', flipped = ''] = indexes;
        await rm(join(target, lost));
        await writeFile(join(target, cut), '');
        await writeFile(join(target, flipped), (await readFile(join(target, flipped))).reverse());
        const listed = await duplifs(['ls', url, '--time', '1700000000'], { env });
        const manifestOfFull = await name(/full\..*\.manifest/);
        const before = await readFile(join(target, manifestOfFull));
        const done = await place.run('repair', '--force');
        expect([done.status, done.stdout, done.stderr]).toEqual([0, done.stdout, done.stderr]);
        // the archive dir that made the backup vouches for what it was made on
        expect(done.stderr).not.toContain('does not vouch');
        expect((await readdir(target)).filter((one) => one.startsWith('duplifs-index.'))).toEqual(
          indexes,
        );
        expect(await readFile(join(target, manifestOfFull))).toEqual(before);
        const again = await duplifs(['ls', url, '--time', '1700000000'], { env });
        expect(again.stderr).toBe('');
        expect(again.stdout).toBe(listed.stdout);
        expect(await place.run('check', '--read-data')).toMatchObject({ status: 0 });
        await restoresTo(url, tree(2), { by: 'duplifs', env });
      });
    },
  );

  it('gets no index that vouches for what only a stranger has seen', async () => {
    await withOwnChain({ knowsIt: false }, async (place) => {
      const { target, name } = place;
      await writeFile(join(target, await name(/index\..*1115T\d+Z\.to/)), 'garbage');
      const done = await place.run('repair', '--force');
      expect([done.status, done.stderr]).toEqual([0, done.stderr]);
      expect(done.stderr).toContain('its new index does not vouch for that');
    });
  });

  it('has local copies fetched again, and keeps what was there', async () => {
    await withOwnChain({}, async ({ run: runHere, archive, name }) => {
      const sigtar = await name(/full-signatures/);
      const good = gunzipSync(await readFile(join(archive, sigtar)));
      await writeFile(join(archive, sigtar), 'not gzip');
      expect(await runHere('check')).toMatchObject({ status: 5 });
      expect(await runHere('repair', '--force')).toMatchObject({ status: 0 });
      expect(gunzipSync(await readFile(join(archive, sigtar)))).toEqual(good);
      expect(String(await readFile(join(archive, `duplifs-replaced.${sigtar}`)))).toBe('not gzip');
      expect(await runHere('check')).toMatchObject({ status: 0 });
    });
  });

  it('loses signatures of which no set is left, and keeps those of one that is there', async () => {
    await withOwnChain({}, async ({ run: runHere, target, archive, name }) => {
      const alone = await name(/signatures\..*1115T\d+Z\.to/);
      for (const folder of [target, archive]) {
        for (const one of await readdir(folder)) {
          if (one.includes('.to.20231116') && one !== alone) await rm(join(folder, one));
        }
      }
      // the sigtar of the full is gone, so that those of the incrementals lead nowhere
      const ofFull = await name(/full-signatures/);
      for (const folder of [target, archive]) await rm(join(folder, ofFull));
      const kept = await name(/signatures\..*1114T\d+Z\.to/);
      const done = await runHere('repair', '--force', '--allow-rollback');
      expect(done.stdout).toContain(`"${alone}"`);
      const left = await readdir(target);
      expect(left).toContain(kept);
      expect(left).not.toContain(alone);
    });
  });

  it('is well, and nothing is changed', async () => {
    await withOwnChain({}, async ({ run: runHere, target }) => {
      const before = await bytesOf(target);
      const done = await runHere('repair', '--force', '--json');
      expect([done.status, done.stdout]).toEqual([0, done.stdout]);
      expect(done.stdout).toContain('Nothing needs to be mended');
      expect(await bytesOf(target)).toEqual(before);
    });
  });

  it('is not touched while another holds its lock', async () => {
    await withOwnChain({}, async ({ run: runHere, target, name }) => {
      await rm(join(target, await name(/full\..*\.manifest$/)));
      const holder = { host: 'another', pid: 1, born: '1' };
      await writeFile(join(target, 'duplifs-lock.0123456789abcdef'), JSON.stringify(holder));
      const before = await bytesOf(target);
      expect(await runHere('repair', '--force')).toMatchObject({ status: 23 });
      expect(await bytesOf(target)).toEqual(before);
    });
  });
});

describe('a mirror', () => {
  it('gets back what one of its storages has lost', async () => {
    await withOwnChain({}, async ({ folder, target }) => {
      const other = join(folder, 'other');
      await runOk('cp', ['-a', target, other]);
      const config = join(folder, 'stores.json');
      const stores = [target, other].map((path) => ({ url: `file://${path}` }));
      await writeFile(config, JSON.stringify(stores));
      const url = `multi://${config}?mode=mirror&onfail=continue`;
      for (const one of await readdir(other)) if (/full\./.test(one)) await rm(join(other, one));
      const words = ['--archive-dir', join(folder, 'new')];
      const shown = await duplifs(['repair', url, ...words]);
      expect([shown.status, shown.stdout]).toEqual([1, shown.stdout]);
      const done = await duplifs(['repair', url, '--force', ...words]);
      expect([done.status, done.stdout, isTraceback(done.stderr)]).toEqual([0, done.stdout, false]);
      expect(await bytesOf(other)).toEqual(await bytesOf(target));
    });
  });
});

describe.runIf(hasPar2)('a file with PAR2 files beside it', { timeout: 240_000 }, () => {
  async function withRecovery(work: (place: OwnPlace, volume: string) => Promise<void>) {
    await withOwnChain({}, async (place) => {
      const { target, name } = place;
      const volume = await name(/full\..*vol2/);
      await runOk('par2', ['create', '-q', '-q', '-r20', '-n1', '-b100', volume], { cwd: target });
      await work(place, volume);
    });
  }

  it('is made whole, whether it was cut or changed', async () => {
    await withRecovery(async (place, volume) => {
      const { target } = place;
      expect(await place.run('check')).toMatchObject({ status: 0 });
      const good = await readFile(join(target, volume));
      const changed = Buffer.from(good);
      changed.fill(0, 1000, 9000);
      for (const [bad, found] of [
        [good.subarray(0, good.length - 5000), ['check']],
        [changed, ['check', '--read-data']],
      ] as const) {
        await writeFile(join(target, volume), bad);
        expect(await place.run(...found)).toMatchObject({ status: 21 });
        const done = await place.run('repair', '--force');
        expect([done.status, done.stdout, done.stderr]).toEqual([0, done.stdout, done.stderr]);
        expect(await readFile(join(target, volume))).toEqual(good);
      }
    });
  });

  it('stays as it is where they are not enough', async () => {
    await withRecovery(async (place, volume) => {
      const path = join(place.target, volume);
      const bad = (await readFile(path)).subarray(0, 2000);
      await writeFile(path, bad);
      const done = await place.run('repair', '--force');
      expect(done.status).toBe(21);
      expect(done.stderr).toContain('par2 cannot make');
      expect(await readFile(path)).toEqual(bad);
    });
  });
});
