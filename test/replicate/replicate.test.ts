/** `replicate`, of chains that both programs have written in turns, between folders. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canMakeChains, differences } from '../support/chains.js';
import { ChainPlace } from '../support/consolidated.js';
import { flipByte } from '../support/flip-byte.js';
import { withFolder } from '../support/folders.js';
import { duplifs, runOk } from '../support/run.js';
import { first } from '../support/sampled.js';

/** The replica of a place, in a folder beside it. */
class Replica {
  readonly place: ChainPlace;
  readonly folder: string;

  constructor(place: ChainPlace) {
    this.place = place;
    this.folder = place.at('replica');
  }

  get url(): string {
    return `file://${this.folder}`;
  }

  async names(): Promise<string[]> {
    return (await readdir(this.folder).catch(() => [])).sort();
  }

  async make(options: readonly string[] = [], status = 0) {
    const args = ['replicate', ...this.place.readOptions, ...options, this.place.url, this.url];
    const finished = await this.place.duplifs(args);
    expect([finished.status, finished.stderr]).toEqual([status, finished.stderr]);
    return finished;
  }

  /** Expects duplicity and duplifs to restore each generation from it. */
  async expectRestored(env = this.place.chain.keys.env, read = this.place.chain.keys.read) {
    const out = this.place.at('restored');
    for (const [generation, time] of this.place.chain.times.entries()) {
      const at = ['--time', String(time)];
      const cache = ['--archive-dir', this.place.at('cache-of-replica')];
      await runOk('duplicity', ['restore', ...read, ...cache, ...at, this.url, out], { env });
      expect(await differences(this.place.recording(generation), out)).toEqual([]);
      await rm(out, { recursive: true });
      const options = read.includes('--sign-key') ? read : [];
      const ours = await duplifs(['restore', ...options, ...at, this.url, out], { env });
      expect([ours.status, ours.stderr]).toEqual([0, ours.stderr]);
      expect(await differences(this.place.recording(generation), out)).toEqual([]);
      await rm(out, { recursive: true });
    }
    const cleanup = ['cleanup', ...read, '--archive-dir', this.place.at('cache-of-replica')];
    expect(await runOk('duplicity', [...cleanup, this.url], { env })).toContain(
      'No extraneous files found',
    );
  }
}

const withReplica = (
  chain: Parameters<typeof ChainPlace.of>[0],
  work: (replica: Replica, folder: string) => Promise<void>,
) => withFolder(async (folder) => work(new Replica(await ChainPlace.of(chain, folder)), folder));

describe.runIf(canMakeChains)('a replica', () => {
  it.each(
    first(1, [
      { encoding: 'signed', writers: 'uud' },
      { encoding: 'gzip', writers: 'dud' },
      { encoding: 'passphrase', writers: 'udu' },
    ] as const),
  )(
    'has the same files, and both programs restore from it ($encoding)',
    { timeout: 300_000 },
    async (chain) => {
      await withReplica(chain, async (replica) => {
        const { stdout } = await replica.make(['--json', '--jobs', '3']);
        const { place } = replica;
        expect(await replica.names()).toEqual(await place.stored());
        await runOk('diff', ['-r', place.at('target'), replica.folder]);
        expect(JSON.parse(stdout)).toMatchObject({ done: true, copied: [{}, {}, {}], there: [] });
        const again = await replica.make(['--json']);
        const said = JSON.parse(again.stdout) as { copied: unknown[]; there: unknown[] };
        expect([said.copied.length, said.there.length]).toEqual([0, 3]);
        await replica.expectRestored();
      });
    },
  );

  it('up to a time has the sets before it', async () => {
    await withReplica({ encoding: 'gzip', writers: 'dud' }, async (replica) => {
      const { place } = replica;
      const [, second = 0] = place.chain.times;
      await replica.make(['--time', String(second)]);
      const manifests = (await replica.names()).filter((name) => name.endsWith('.manifest'));
      expect(manifests).toHaveLength(2);
      const dry = await replica.make(['--dry-run']);
      expect(dry.stdout).toContain('1 sets would be copied');
      expect((await replica.names()).filter((name) => name.endsWith('.manifest'))).toHaveLength(2);
    });
  });

  it('that an interrupted run has left is completed: what is right stays, what is not is put again', async () => {
    await withReplica({ encoding: 'gzip', writers: 'dud' }, async (replica) => {
      const { place } = replica;
      await replica.make();
      const names = await replica.names();
      // a set without its manifest, of which one volume is damaged, one cut, and one missing
      const [first = '', second = '', third = ''] = names.filter((name) => name.includes('full.'));
      expect(first).toContain('.manifest');
      await rm(join(replica.folder, first));
      await flipByte(join(replica.folder, second));
      await writeFile(join(replica.folder, third), 'short');
      const { stdout } = await replica.make(['--json']);
      expect(JSON.parse(stdout)).toMatchObject({ copied: [{ kind: 'full', files: 3 }] });
      await runOk('diff', ['-r', place.at('target'), replica.folder]);
    });
  });

  it.each(['difftar', 'sigtar'])(
    'gets nothing of a set whose %s is damaged, nor of what builds on it; exit code 21',
    async (kind) => {
      await withReplica({ encoding: 'passphrase', writers: 'udu' }, async (replica) => {
        const { place } = replica;
        const bad = kind === 'difftar' ? /inc.*vol1\.difftar/ : /new-signatures/;
        const [name = ''] = (await place.stored()).filter((one) => bad.test(one));
        await flipByte(join(place.at('target'), name));
        const { stderr } = await replica.make([], 21);
        expect(stderr).toContain('was not copied, nor what builds on it');
        const manifests = (await replica.names()).filter((one) => /manifest/.test(one));
        expect(manifests).toHaveLength(1);
        expect(await replica.names()).not.toContain(name);
      });
    },
  );

  it('that is whole stays so where the source turns out to be damaged', async () => {
    await withReplica({ encoding: 'passphrase', writers: 'udu' }, async (replica) => {
      const { place, folder } = replica;
      await replica.make();
      const [index = ''] = (await replica.names()).filter((name) =>
        /^duplifs-index\.\w+\.gpg$/.test(name),
      );
      await rm(join(folder, index));
      await flipByte(join(place.at('target'), index));
      const before = await replica.names();
      const { stderr } = await replica.make([], 21);
      expect(stderr).toContain(index);
      expect(await replica.names()).toEqual(before);
    });
  });

  it('gets nothing where the source has nothing, and loses nothing', async () => {
    await withReplica({ encoding: 'gzip', writers: 'dud' }, async (replica) => {
      await replica.make();
      const names = await replica.names();
      const { place } = replica;
      await rename(place.at('target'), place.at('away'));
      await mkdir(place.at('target'));
      const { stderr } = await replica.make(['--delete'], 20);
      expect(stderr).toContain('There is no whole backup set');
      expect(await replica.names()).toEqual(names);
    });
  });

  it('loses with --delete what retention has removed, and no more', async () => {
    await withReplica({ encoding: 'gzip', writers: 'dud' }, async (replica) => {
      const { place } = replica;
      await place.consolidate();
      await replica.make();
      const old = await replica.names();
      await place.duplifs(['remove-all-but-n-full', '1', '--force', place.url]);
      await replica.make();
      expect(await replica.names()).toEqual(old);
      const dry = await replica.make(['--delete', '--dry-run', '--json']);
      expect((JSON.parse(dry.stdout) as { removed: unknown[] }).removed).toHaveLength(3);
      expect(await replica.names()).toEqual(old);
      await replica.make(['--delete']);
      expect(await replica.names()).toEqual(await place.stored());
    });
  });
});

describe.runIf(canMakeChains)('a replica for others', () => {
  it.each(
    first(1, [
      { encoding: 'key', writers: 'dud' },
      { encoding: 'gzip', writers: 'udu' },
    ] as const),
  )(
    'is opened with its own passphrase, restored by both, and mounted without decoding volumes ($encoding)',
    { timeout: 300_000 },
    async (chain) => {
      await withReplica(chain, async (replica, folder) => {
        const secret = join(folder, 'secret');
        await writeFile(secret, 'another one\n', { mode: 0o600 });
        await replica.make(['--to-passphrase-file', secret]);
        const names = await replica.names();
        expect(names.filter((name) => !name.endsWith('.gpg'))).toEqual([]);
        const source = await replica.place.stored();
        expect(names.length).toBe(source.length);
        const env = { PASSPHRASE: 'another one' };
        await replica.expectRestored(env, []);
        const wrong = await duplifs(['restore', replica.url, join(folder, 'x')], {
          env: { PASSPHRASE: 'a pass phrase' },
        });
        expect(wrong.status).toBe(31);
        const again = await replica.make(['--to-passphrase-file', secret, '--json']);
        expect((JSON.parse(again.stdout) as { copied: unknown[] }).copied).toEqual([]);
        const verify = await duplifs(['verify', replica.url, folder], { env });
        expect([verify.status, verify.stderr]).toEqual([0, verify.stderr]);
      });
    },
  );

  it('joins small volumes, and its index tells where everything lies now', async () => {
    await withReplica({ encoding: 'passphrase', writers: 'udu' }, async (replica, folder) => {
      const secret = join(folder, 'secret');
      await writeFile(secret, 'another one\n', { mode: 0o600 });
      await replica.make(['--to-passphrase-file', secret, '--volsize', '100']);
      const volumes = (await replica.names()).filter((name) => name.includes('.vol'));
      expect(volumes).toHaveLength(3);
      const before = (await replica.place.stored()).filter((name) => name.includes('.vol'));
      expect(before.length).toBeGreaterThan(volumes.length);
      await replica.expectRestored({ PASSPHRASE: 'another one' }, []);
      const { stderr, status } = await duplifs(
        ['restore', '-v', '9', replica.url, join(folder, 'o')],
        {
          env: { PASSPHRASE: 'another one' },
        },
      );
      expect([status, stderr]).toEqual([0, stderr]);
      expect(stderr).not.toMatch(/index/i);
    });
  });

  it(
    'that was interrupted goes on behind the volumes that lie there',
    { timeout: 300_000 },
    async () => {
      await withReplica({ encoding: 'gzip', writers: 'udu' }, async (replica, folder) => {
        const secret = join(folder, 'secret');
        await writeFile(secret, 'another one\n', { mode: 0o600 });
        const args = ['--to-passphrase-file', secret];
        const { place } = replica;
        // the newest set is damaged at its end, after a volume that can be copied
        const [name = ''] = (await place.stored()).filter((one) => /full.*vol3\.difftar/.test(one));
        const path = join(place.at('target'), name);
        const whole = await readFile(path);
        await flipByte(path);
        await replica.make(args, 21);
        const left = (await replica.names()).filter((one) => one.includes('.vol'));
        expect(left.length).toBeGreaterThan(0);
        expect((await replica.names()).some((one) => one.includes('manifest'))).toBe(false);
        await writeFile(path, whole);
        const { stdout } = await replica.make([...args, '--json']);
        const { copied } = JSON.parse(stdout) as { copied: { kind: string; files: number }[] };
        const files = (await replica.names()).filter((one) => /full/.test(one)).length + 1;
        expect(copied[0]).toMatchObject({ kind: 'full', files: files - left.length });
        await replica.expectRestored({ PASSPHRASE: 'another one' }, []);
      });
    },
  );

  it('needs to be told for whom, and signs nothing that was not verified', async () => {
    await withReplica({ encoding: 'gzip', writers: 'dud' }, async (replica) => {
      for (const options of [
        ['--volsize', '10'],
        ['--to-sign-key', 'ABCD1234'],
      ]) {
        const { stderr } = await replica.make(options, 2);
        expect(stderr).toContain('is for a copy that is written anew');
      }
      const sign = ['--to-no-encryption', '--to-sign-key', 'ABCD1234'];
      const { stderr } = await replica.make(sign, 2);
      expect(stderr).toContain('must be verified on the backup');
      expect(await replica.names()).toEqual([]);
    });
  });
});

describe.runIf(canMakeChains)('two replications at once', () => {
  it('do not both write: the second says who does', async () => {
    await withReplica({ encoding: 'gzip', writers: 'dud' }, async (replica) => {
      await mkdir(replica.folder);
      const since = Math.floor(Date.now() / 1000);
      const where = { host: 'elsewhere', machine: 'm', boot: 'b', processes: 'p' };
      const holder = { version: 1, pid: 1, born: '0', since, renewed: since, ...where };
      const lock = join(replica.folder, 'duplifs-lock.0123456789abcdef');
      await writeFile(lock, JSON.stringify(holder));
      await replica.make([], 23);
      expect(await replica.names()).toEqual(['duplifs-lock.0123456789abcdef']);
    });
  });
});
