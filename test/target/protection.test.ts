/** What somebody who can write to the storage, and has no key, can make of a backup: nothing that is restored in silence. */
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { GpgHome } from '../openpgp/gpg-home.js';
import { canMakeChains, chain } from '../support/chains.js';
import { file, firstSeconds, folder, timesOf, writeSet } from '../support/craft.js';
import { withFolder } from '../support/folders.js';
import { built, duplifs, runOk } from '../support/run.js';
import type { Finished } from '../support/run.js';

beforeAll(built);

const env = { PASSPHRASE: 'a secret' };
const forged = [[folder(''), file('file', 'forged')]] as const;

class Place {
  readonly #root: string;
  readonly target: string;
  readonly source: string;
  readonly url: string;

  constructor(root: string) {
    this.#root = root;
    this.target = join(root, 'target');
    this.source = join(root, 'source');
    this.url = `file://${this.target}`;
    mkdirSync(this.source);
    mkdirSync(this.target);
    this.write('genuine');
  }

  write(content: string): void {
    writeFileSync(join(this.source, 'file'), content);
  }

  async backUp(day: number, args: readonly string[] = []): Promise<Finished> {
    const time = ['--current-time', String(firstSeconds + day * 86_400)];
    const archive = ['--archive-dir', join(this.#root, 'archive')];
    const verb = day === 0 ? 'full' : 'backup';
    return duplifs([verb, ...time, ...archive, ...args, this.source, this.url], { env });
  }

  async byDuplicity(day: number): Promise<void> {
    const time = ['--current-time', String(firstSeconds + day * 86_400)];
    const archive = ['--archive-dir', join(this.#root, 'duplicity')];
    const verb = day === 0 ? 'full' : 'incremental';
    await runOk('duplicity', [verb, ...archive, ...time, this.source, this.url], { env });
  }

  /** Restores with the caches of `archive`; undefined where the file was not restored. */
  async restore(
    archive: string,
    args: readonly string[] = [],
  ): Promise<Finished & { readonly content: string | undefined }> {
    const out = join(this.#root, 'out');
    const caches = ['--archive-dir', join(this.#root, archive)];
    const ended = await duplifs(['restore', ...caches, ...args, this.url, out], { env });
    const content = await readFile(join(out, 'file'), 'utf8').catch(() => undefined);
    await rm(out, { recursive: true, force: true });
    return { ...ended, content };
  }

  async names(pattern: RegExp): Promise<string[]> {
    return (await readdir(this.target)).filter((name) => pattern.test(name));
  }

  async remove(pattern: RegExp): Promise<void> {
    for (const name of await this.names(pattern)) await rm(join(this.target, name));
  }
}

async function withPlace(work: (place: Place) => Promise<void>): Promise<void> {
  await withFolder((root) => work(new Place(root)));
}

const writers = [
  [
    'duplifs',
    async (place: Place) => {
      expect(await place.backUp(0)).toMatchObject({ status: 0 });
    },
  ],
  ...(canMakeChains ? [['duplicity', async (place: Place) => place.byDuplicity(0)] as const] : []),
] as const;

describe.each(writers)('an encrypted set of %s', (_, makeFull) => {
  it('is what is restored where a whole set in the clear lies beside it', async () => {
    await withPlace(async (place) => {
      await makeFull(place);
      const { sigtar } = writeSet(place.target, { times: timesOf(0), volumes: forged });
      const { status, content, stderr } = await place.restore('fresh');
      expect({ status, content }).toEqual({ status: 0, content: 'genuine' });
      expect(stderr).toContain(`"${sigtar}" and 2 more files of set`);
    });
  });

  it('is not restored from a manifest or volumes in the clear', async () => {
    await withPlace(async (place) => {
      await makeFull(place);
      writeSet(place.target, { times: timesOf(0), volumes: forged });
      await place.remove(/manifest\.gpg$/);
      const { status, content, stderr } = await place.restore('fresh');
      expect(status, stderr).not.toBe(0);
      expect(content).toBeUndefined();
      expect(stderr).toContain('Nothing that is stored is as well protected as it must be');
    });
  });

  it('is not continued by an incremental in the clear', async () => {
    await withPlace(async (place) => {
      await makeFull(place);
      writeSet(place.target, {
        times: timesOf(1),
        volumes: [[folder(''), file('file', 'forged')]],
      });
      const { status, content, stderr } = await place.restore('fresh');
      expect({ status, content }, stderr).toEqual({ status: 22, content: 'genuine' });
      expect(stderr).toContain('.to.');
      const lenient = await place.restore('lenient', ['--allow-unprotected']);
      expect(lenient).toMatchObject({ status: 0, content: 'forged' });
      expect(lenient.stderr).toContain('Warning: --allow-unprotected is given');
      // what was taken under weaker demands is not what stricter ones show
      const strict = await place.restore('lenient');
      expect(strict).toMatchObject({ status: 22, content: 'genuine' });
    });
  });

  it.each([0, 5])(
    'that this machine has seen is not replaced by a chain in the clear (day %d)',
    async (day) => {
      await withPlace(async (place) => {
        await makeFull(place);
        expect(await place.restore('used')).toMatchObject({ status: 0, content: 'genuine' });
        await place.remove(/./);
        const times = { kind: 'full' as const, endSeconds: firstSeconds + day * 86_400 };
        writeSet(place.target, { times, volumes: forged });
        const { status, content, stderr } = await place.restore('used');
        expect({ status, content }, stderr).toEqual({ status: 22, content: undefined });
        expect(stderr).toContain('--allow-unprotected');

        const unknowing = await place.restore('fresh');
        expect(unknowing).toMatchObject({ status: 0, content: 'forged' });
        expect(unknowing.stderr).toContain('is not encrypted');
        expect(await place.restore('fresh', ['--require-encryption'])).toMatchObject({
          status: 22,
          content: undefined,
        });
      });
    },
  );

  it('that is gone is missed by a machine that has seen it, unless the user says that it may be', async () => {
    await withPlace(async (place) => {
      await makeFull(place);
      place.write('changed');
      expect(await place.backUp(1)).toMatchObject({ status: 0 });
      expect(await place.restore('used')).toMatchObject({ status: 0, content: 'changed' });
      await place.remove(/\.to\./);
      const { status, content, stderr } = await place.restore('used');
      expect({ status, content }).toEqual({ status: 1, content: 'genuine' });
      expect(stderr).toContain('is no longer on the storage');
      const status2 = await duplifs(
        ['collection-status', '--archive-dir', join(place.target, '..', 'used'), place.url],
        { env },
      );
      expect(status2.status).toBe(1);
      place.write('again');
      const again = await place.backUp(2);
      expect(again.status, again.stderr).toBe(1);
      expect(again.stderr).toContain('is no longer on the storage');
      expect(await place.backUp(3)).toMatchObject({ status: 0 });
    });
  });
});

describe('a chain', () => {
  it('is encrypted wholly or not at all, unless the user says so', async () => {
    await withPlace(async (place) => {
      expect(await place.backUp(0)).toMatchObject({ status: 0 });
      const refused = await place.backUp(1, ['--no-encryption']);
      expect(refused).toMatchObject({ status: 31 });
      expect(refused.stderr).toContain('a chain is one or the other');
      expect(await place.names(/\.to\./)).toEqual([]);
      const waived = await place.backUp(1, ['--no-encryption', '--allow-unprotected']);
      expect(waived, waived.stderr).toMatchObject({ status: 0 });
    });
  });

  it('in the clear that this machine has begun beside encrypted ones is read by it', async () => {
    await withPlace(async (place) => {
      expect(await place.backUp(0)).toMatchObject({ status: 0 });
      expect(await place.restore('archive')).toMatchObject({ status: 0 });
      const args = ['full', '--no-encryption', '--current-time', String(firstSeconds + 500)];
      const archive = ['--archive-dir', join(place.target, '..', 'archive')];
      place.write('in the clear');
      const made = await duplifs([...args, ...archive, place.source, place.url], { env });
      expect(made, made.stderr).toMatchObject({ status: 0 });
      expect(await place.restore('archive')).toMatchObject({ status: 0, content: 'in the clear' });
    });
  });
});

describe('what this machine knows of a backup', () => {
  it('is not passed over where its file is damaged', async () => {
    await withPlace(async (place) => {
      expect(await place.backUp(0)).toMatchObject({ status: 0 });
      expect(await place.restore('used')).toMatchObject({ status: 0 });
      const [cache = ''] = readdirSync(join(place.target, '..', 'used'));
      const path = join(place.target, '..', 'used', cache, 'duplifs-trust.json');
      await rename(path, `${path}.old`);
      await writeFile(path, 'nonsense');
      const { status, stderr } = await place.restore('used');
      expect(status).toBe(11);
      expect(stderr).toContain('move it aside');
    });
  });
});

describe.runIf(canMakeChains)('a signature that is demanded', () => {
  it('is demanded of what a cache already holds', async () => {
    const { args, env: keys, url } = await chain('keyring');
    const home = new GpgHome(keys['GNUPGHOME'] ?? '');
    const signKey = home.idsOf('encrypter').fingerprint;
    await withFolder(async (root) => {
      const caches = ['--archive-dir', join(root, 'caches')];
      const listed = await duplifs(['ls', ...caches, ...args, url], { env: keys });
      expect(listed, listed.stderr).toMatchObject({ status: 0 });
      const out = join(root, 'out');
      const demands = [...caches, ...args, '--sign-key', signKey];
      const refused = await duplifs(['restore', ...demands, url, out], { env: keys });
      expect(refused.status, refused.stderr).toBe(22);
      await expect(readdir(out)).rejects.toMatchObject({ code: 'ENOENT' });
    });
  }, 120_000);
});
