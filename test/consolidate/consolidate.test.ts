/** `consolidate`, on chains that both programs have written in turns (u is duplifs, d duplicity). */
import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { ChainPlace, plaintextOf } from '../support/consolidated.js';
import { flipByte } from '../support/flip-byte.js';
import { withFolder } from '../support/folders.js';
import { duplifs } from '../support/run.js';
import { first } from '../support/sampled.js';

const stamp = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace(/[-:]|\.000/g, '');

describe.runIf(canMakeChains)('a full that is made out of a chain', () => {
  it.each(
    first(1, [
      { encoding: 'passphrase', writers: 'udu' },
      { encoding: 'gzip', writers: 'dud' },
      { encoding: 'plain', writers: 'ddd' },
      { encoding: 'signed', writers: 'uud' },
    ] as const),
  )(
    'is restored, verified and continued by both programs, with the chain and without it ($encoding, $writers)',
    { timeout: 300_000 },
    async (chain) => {
      await withFolder(async (folder) => {
        const place = await ChainPlace.of(chain, folder);
        const [, second = 0, third = 0] = place.chain.times;
        const before = await place.stored();
        await place.consolidate(['--volsize', '1']);
        const after = await place.stored();
        const added = after.filter((name) => !before.includes(name));
        expect(after).toEqual(expect.arrayContaining(before));
        // a second later than the newest set, and nothing else
        const time = third + 1;
        const kinds = /^(duplicity-full|duplicity-full-signatures|duplifs-index)\./;
        for (const name of added) {
          expect(name).toMatch(kinds);
          expect(`${name}.`).toContain(`.${stamp(time)}.`);
        }
        const suffixes = new Set(before.map((name) => /\.difftar(.*)$/.exec(name)?.[1]));
        expect(new Set(added.map((name) => /\.difftar(.*)$/.exec(name)?.[1]))).toEqual(suffixes);
        await place.expectRestored(2);
        await place.expectRestored(1, second);
        await place.expectRestored(2, third);
        await place.expectRestored(2, time);
        await place.expectVerified();
        // the next runs build on it
        await place.duplicity(['remove-all-but-n-full', '1', '--force', place.url]);
        // duplicity knows nothing of our indexes
        const left = (await place.stored()).filter((name) => before.includes(name));
        expect(left.filter((name) => !name.startsWith('duplifs-index'))).toEqual([]);
        await place.expectRestored(2);
        await place.continueBy('duplicity', time + 1000);
        await place.continueBy('duplifs', time + 2000);
        const names = await place.stored();
        expect(
          names.some((name) => name.includes(`.${stamp(time)}.to.${stamp(time + 1000)}.`)),
        ).toBe(true);
        await place.expectRestored(2);
        await place.expectVerified();
      });
    },
  );

  it('has the same entries, byte for byte, as a full backup of the restored tree', async () => {
    await withFolder(async (folder) => {
      const place = await ChainPlace.of({ encoding: 'gzip', writers: 'dud' }, folder);
      const [, , third = 0] = place.chain.times;
      const restored = join(folder, 'restored');
      expect(await place.duplifs(['restore', place.url, restored])).toMatchObject({ status: 0 });
      const target = join(folder, 'target');
      const options = ['--no-encryption', '--current-time', String(third + 1)];
      const args = ['full', ...options, restored, `file://${target}`];
      expect(await duplifs(args)).toMatchObject({ status: 0 });
      await place.consolidate();
      for (const pattern of ['full.*difftar', 'full-signatures.*sigtar']) {
        const ours = new RegExp(pattern);
        const made = new RegExp(pattern.replace('.*', `.${stamp(third + 1)}.*`));
        expect(await plaintextOf(place.at('target'), made)).toBe(await plaintextOf(target, ours));
      }
    });
  });

  it('is not made twice, and not of a full', async () => {
    await withFolder(async (folder) => {
      const place = await ChainPlace.of({ encoding: 'gzip', writers: 'dud' }, folder);
      await place.consolidate();
      const stored = await place.stored();
      const { stderr } = await place.consolidate();
      expect(stderr).toContain('is a full already');
      const [, , third = 0] = place.chain.times;
      const again = await place.consolidate(['--time', String(third)], 11);
      expect(again.stderr).toContain('There is no time for a full');
      expect(await place.stored()).toEqual(stored);
    });
  });

  it('of an older set lies before the newer ones, which are restored and continued as before', async () => {
    await withFolder(async (folder) => {
      const place = await ChainPlace.of({ encoding: 'passphrase', writers: 'udu' }, folder);
      const [, second = 0, third = 0] = place.chain.times;
      const { stderr } = await place.consolidate(['--time', String(second)]);
      expect(stderr).toContain(`they stay as they are`);
      expect(
        (await place.stored()).some((name) => name.includes(`full.${stamp(second + 1)}.`)),
      ).toBe(true);
      await place.expectRestored(2);
      await place.expectRestored(1, second);
      await place.expectRestored(1, second + 100);
      await place.continueBy('duplicity', third + 1000);
      await place.continueBy('duplifs', third + 2000);
      expect((await place.stored()).some((name) => name.includes(`inc.${stamp(third)}.to.`))).toBe(
        true,
      );
      await place.expectRestored(2);
    });
  });

  it('goes to another storage with --to, where nothing else is needed to restore and continue it', async () => {
    await withFolder(async (folder) => {
      const place = await ChainPlace.of({ encoding: 'gzip', writers: 'dud' }, folder);
      const before = await place.stored();
      const other = place.at('other');
      await place.consolidate(['--to', `file://${other}`]);
      expect(await place.stored()).toEqual(before);
      await rm(place.at('target'), { recursive: true });
      await place.duplicity(['collection-status', `file://${other}`]);
      await rename(other, place.at('target'));
      await place.expectRestored(2);
      await place.continueBy('duplicity', (place.chain.times[2] ?? 0) + 1000);
      await place.expectVerified();
    });
  });

  it('makes room with --prune: the chain goes where no rule keeps it, and only with --force', async () => {
    await withFolder(async (folder) => {
      const place = await ChainPlace.of({ encoding: 'gzip', writers: 'dud' }, folder);
      const before = await place.stored();
      const rules = ['--prune', '--keep-last', '1'];
      const dry = await place.consolidate([...rules, '--force', '--dry-run', '--json']);
      expect(await place.stored()).toEqual(before);
      expect(JSON.parse(dry.stdout)).toMatchObject({
        done: false,
        prune: {
          done: false,
          sets: [{ keep: false }, { keep: false }, { keep: false }, { keep: true }],
        },
      });
      await place.consolidate(rules);
      expect(await place.stored()).toEqual(expect.arrayContaining(before));
      // nothing is left to be made, and what was listed goes
      await place.consolidate([...rules, '--force']);
      expect((await place.stored()).filter((name) => before.includes(name))).toEqual([]);
      await place.expectRestored(2);
    });
  });
});

describe.runIf(canMakeChains)('a chain that is not what it should be', () => {
  it.each(['difftar', 'sigtar', 'index'])(
    'gives no full where a byte of its %s is another one',
    async (kind) => {
      await withFolder(async (folder) => {
        const place = await ChainPlace.of({ encoding: 'gzip', writers: 'dud' }, folder);
        const names = (await place.stored()).filter((name) => name.includes(kind));
        const name = names.at(-1) ?? '';
        await flipByte(join(place.at('target'), name));
        const before = await place.stored();
        const args = ['consolidate', place.url];
        const { status } = await place.duplifs(args);
        // an index is a help: without it the volumes tell
        expect(status).toBe(kind === 'index' ? 0 : 21);
        const manifests = (await place.stored()).filter((one) => one.endsWith('.manifest'));
        const more = kind === 'index' ? 1 : 0;
        expect(manifests).toHaveLength(
          before.filter((one) => one.endsWith('.manifest')).length + more,
        );
      });
    },
  );

  it('is not written for a key that somebody has added to the manifest', async () => {
    await withFolder(async (folder) => {
      const place = await ChainPlace.of({ encoding: 'key', writers: 'dud' }, folder);
      const [name = ''] = (await place.stored())
        .filter((one) => /inc.*manifest/.test(one))
        .reverse();
      const path = join(place.at('target'), name);
      // a session key packet (RFC 9580, section 5.1.1), for whoever has the key 0123456789ABCDEF
      const body = Buffer.concat([
        Buffer.of(3, ...Buffer.from('0123456789ABCDEF', 'hex'), 1, 8, 0),
        randomBytes(256),
      ]);
      const added = Buffer.concat([Buffer.of(0x85, body.length >> 8, body.length & 255), body]);
      await writeFile(path, Buffer.concat([added, await readFile(path)]));
      const before = await place.stored();
      const { stderr } = await place.consolidate([], 21);
      expect(stderr).toContain(`"${name}" can be opened with the key 0123456789ABCDEF`);
      expect(stderr).toContain('--encrypt-key');
      expect(await place.stored()).toEqual(before);
      // as it says
      await place.consolidate(place.chain.keys.write);
      await place.expectRestored(2);
    });
  });

  it('gives no full where a volume is missing', async () => {
    await withFolder(async (folder) => {
      const place = await ChainPlace.of({ encoding: 'gzip', writers: 'dud' }, folder);
      const [name = ''] = (await place.stored()).filter((one) => /inc.*difftar/.test(one));
      await rm(join(place.at('target'), name));
      const before = await place.stored();
      // what is left of the chain is a full already, and that it is less than there was is told
      const { status, stderr } = await place.duplifs(['consolidate', place.url]);
      expect([status, stderr]).toEqual([1, expect.stringContaining('is not whole')]);
      const newest = String(place.chain.times.at(-1));
      const named = await place.duplifs(['consolidate', '--time', newest, place.url]);
      expect([named.status, named.stderr]).toEqual([24, named.stderr]);
      expect(await place.stored()).toEqual(before);
    });
  });

  it('that is signed is not laundered: its signatures must be looked at, or nothing is signed', async () => {
    await withFolder(async (folder) => {
      const place = await ChainPlace.of({ encoding: 'signed', writers: 'uud' }, folder);
      const before = await place.stored();
      const { status, stderr } = await place.duplifs(['consolidate', place.url]);
      expect([status, stderr]).toEqual([22, stderr]);
      expect(stderr).toContain('Give --sign-key');
      expect(await place.stored()).toEqual(before);
    });
  });
});
