/** `index --upload` where something is damaged, forged, lost or removed. */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { IndexEncoder } from '../../src/archive/index.js';
import { canMakeChains, gpgHome, makeKey } from '../support/chains.js';
import type { Chain } from '../support/chains.js';
import { flipByte } from '../support/flip-byte.js';
import { lostChain, stampOf } from '../support/lost-chain.js';
import { withOwnChain } from '../support/own-chain.js';
import { built, runOk } from '../support/run.js';
import type { UploadPlace } from '../support/uploaded.js';
import { smallChain, withUploads } from '../support/uploaded.js';

beforeAll(built);

/** Expects the newest tree to be restored by a machine, without errors; what it has told. */
async function expectTree(place: UploadPlace, machine: string): Promise<string> {
  const { tree } = await lostChain(place.chain.env['PASSPHRASE']);
  const out = join(place.folder, `tree-${machine}`);
  const { status, stderr } = await place.run(['restore'], machine, { tail: [out] });
  expect([status, stderr]).toEqual([0, stderr]);
  expect(await runOk('diff', ['-r', '--no-dereference', tree('newest'), out])).toBe('');
  await rm(out, { recursive: true });
  return stderr;
}

describe.runIf(canMakeChains)('an index is not written', () => {
  it.each(['vol1', 'sigtar'])(
    'of a set with a damaged file (%s), which is named, and the others get theirs',
    async (what) => {
      await withUploads(await smallChain(), async (place) => {
        const [name = ''] = await place.names(new RegExp(`^duplicity-full.*${what}`));
        await flipByte(join(place.target, name));
        const { stdout, stderr } = await place.upload([], 1);
        expect(stderr).toMatch(new RegExp(`Set ${stampOf('full')} gets no index: .*${name}`));
        expect(stdout).toContain('Wrote 2 indexes.');
        expect(await place.added()).toHaveLength(2);
      });
    },
  );

  it('for a key that somebody has added to the manifest', async () => {
    await withUploads(await keyChain(), async (place) => {
      const [name = ''] = await place.names(/full.*manifest/);
      const path = join(place.target, name);
      // a session key packet (RFC 9580, section 5.1.1), for whoever has the key 0123456789ABCDEF
      const body = Buffer.concat([
        Buffer.of(3, ...Buffer.from('0123456789ABCDEF', 'hex'), 1, 8, 0),
        randomBytes(256),
      ]);
      const added = Buffer.concat([Buffer.of(0x85, body.length >> 8, body.length & 255), body]);
      await writeFile(path, Buffer.concat([added, await readFile(path)]));
      const { stderr } = await place.upload([], 1);
      expect(stderr).toContain(`"${name}" can be opened with the key 0123456789ABCDEF`);
      expect(await place.added()).toEqual([]);
    });
  });

  it('to others than those who can open the set, and not without the signature that it has', async () => {
    await withUploads(await keyChain(true), async (place) => {
      const { stderr } = await place.upload([], 1);
      expect(stderr).toMatch(
        /Set \w+ gets no index: The set says that it is signed by the key \w+/,
      );
      expect(await place.added()).toEqual([]);
      const { GNUPGHOME: home = '' } = place.chain.env;
      const signer = await readFile(join(home, 'signer.id'), 'utf8');
      const without = ['--sign-key', signer, '--gpg-binary', '/nonexistent/gpg'];
      const keys = ['encrypter.pkey', 'signer.key'].flatMap((key) => [
        '--key-file',
        join(home, key),
      ]);
      const refused = await place.upload([...without, ...keys], 1);
      expect(refused.stderr).toContain(
        `Set ${lastOf(await place.names(/full.*manifest/))} gets no index`,
      );
      expect(await place.added()).toEqual([]);
      await place.upload(['--sign-key', signer]);
      const [name = ''] = await place.added();
      const packets = async (file: string): Promise<string> =>
        runOk(
          'gpg',
          [
            '--batch',
            '--pinentry-mode',
            'loopback',
            '--passphrase',
            'of the encrypter',
            '--list-packets',
            join(place.target, file),
          ],
          {
            env: place.chain.env,
          },
        );
      const [volume = ''] = await place.names(/vol1/);
      const readers = (text: string): string[] => text.match(/pubkey enc packet.*keyid \w+/g) ?? [];
      const index = await packets(name);
      expect(readers(index)).toEqual(readers(await packets(volume)));
      expect(readers(index)).toHaveLength(1);
      expect(index).toMatch(/signature packet/);
      const read = await place.run(['ls', '--sign-key', signer], 'second');
      expect([read.status, read.stderr]).toEqual([0, '']);
    });
  });

  it('beside another set than the one that was decoded', async () => {
    await withUploads(await smallChain(), async (place) => {
      await place.run(['index']);
      const [volume = ''] = await place.names(/full.*vol2/);
      // of another length: what was decoded is not what is there
      await writeFile(join(place.target, volume), Buffer.alloc(1000));
      const { stderr } = await place.upload([], 1);
      expect(stderr).toMatch(/Set \w+ gets no index: .*vol/);
      expect((await place.added()).filter((name) => !name.includes('.to.'))).toEqual([]);
    });
  });
});

describe.runIf(canMakeChains)('an index of another set', () => {
  it('in the place of a set’s own is refused', async () => {
    await withUploads(await smallChain(), async (place) => {
      await place.upload();
      const [full = '', second = '', third = ''] = await place.added();
      await copyFile(join(place.target, third), join(place.target, second));
      const refused = await place.run(['ls'], 'second');
      expect([refused.status, refused.stderr]).toEqual([21, refused.stderr]);
      expect(refused.stderr).toContain('is the index of another set');
      await copyFile(join(place.target, full), join(place.target, second));
      expect((await place.run(['ls'], 'third')).status).toBe(21);
    });
  });

  it('of the same name, of other volumes, is passed over with a warning', async () => {
    const [one, other] = [await smallChain(), await smallChain(false)];
    await withUploads(other, async (plain) => {
      await plain.upload();
      const [index = ''] = await plain.added();
      const bytes = await readFile(join(plain.target, index));
      await withUploads(one, async (place) => {
        await place.upload();
        // in the clear, beside an encrypted set
        await writeFile(join(place.target, index), bytes);
        const { status, stderr } = await place.run(['ls'], 'second');
        expect([status, stderr]).toEqual([0, stderr]);
        expect(stderr).toContain(index);
        const checked = await place.run(['check'], 'second');
        expect([checked.status, checked.stdout]).toEqual([22, checked.stdout]);
        const [own = ''] = await place.added();
        await rm(join(place.target, index));
        await flipByte(join(place.target, own));
        const told = await expectTree(place, 'third');
        expect(told).toContain(`"${own}"`);
        // the next run puts one that is whole
        const { stdout } = await place.upload([], 0, 'third');
        expect(stdout).toContain('Wrote 1 index.');
        expect(await expectTree(place, 'fourth')).not.toContain('index');
      });
    });
  });

  it('of the same name and other volumes is not believed', async () => {
    await withUploads(await smallChain(false), async (place) => {
      await place.upload();
      const [name = ''] = await place.added();
      const chunks: Buffer[] = [];
      const header = { setKey: stampOf('full'), producer: 'nobody' };
      const encoder = new IndexEncoder(header, (chunk) => chunks.push(chunk));
      encoder.end();
      await writeFile(join(place.target, name), gzipSync(Buffer.concat(chunks)));
      expect(await expectTree(place, 'second')).toContain('does not name all volumes of its set');
    });
  });
});

describe.runIf(canMakeChains)('an index whose set duplicity has removed', () => {
  it('is no set that was lost, and is cleaned up', { timeout: 120_000 }, async () => {
    await withUploads(await smallChain(), async (place) => {
      await place.upload();
      const { env } = place.chain;
      const cache = ['--archive-dir', join(place.folder, 'of-duplicity')];
      const source = join(place.folder, 'source');
      await mkdir(source);
      await writeFile(join(source, 'file'), 'of the second chain');
      const options = ['--allow-source-mismatch', ...cache];
      await runOk('duplicity', ['full', ...options, source, place.url], { env });
      await writeFile(join(source, 'file'), 'changed');
      const keep = ['remove-all-inc-of-but-n-full', '1', '--force', ...cache, place.url];
      await runOk('duplicity', keep, { env });
      const expectWell = async (machine: string, left: number): Promise<void> => {
        expect(await place.added()).toHaveLength(3);
        const stored = await place.names(/^duplicity-.*manifest/);
        expect(stored).toHaveLength(left);
        const out = join(place.folder, machine, 'out');
        for (const [verb, tail] of [
          ['status'],
          ['check'],
          ['ls'],
          ['restore', out],
          ['verify', out],
        ]) {
          const more = tail === undefined ? {} : { tail: [tail] };
          const { status, stderr } = await place.run([verb ?? ''], machine, more);
          expect([verb, status, stderr.replace(/^Restored .*\n/, '')]).toEqual([verb, 0, '']);
        }
        expect(await readFile(join(out, 'file'), 'utf8')).toBe('of the second chain');
      };
      await expectWell('second', 2);
      const all = ['remove-all-but-n-full', '1', '--force', ...cache, place.url];
      await runOk('duplicity', all, { env });
      await expectWell('third', 1);
      const shown = await place.run(['cleanup'], 'third');
      for (const name of await place.added()) expect(shown.stdout).toContain(name);
      const done = await place.run(['cleanup', '--force'], 'third');
      expect([done.status, done.stderr]).toEqual([0, done.stderr]);
      expect(await place.added()).toEqual([]);
    });
  });

  it('is told from one of duplifs, whose set was lost', async () => {
    await withOwnChain({}, async (place) => {
      const index = await place.name(/^duplifs-index\.\w+\.to\.20231116.*/);
      const files = new RegExp(`^duplicity.*${index.slice(14, 46)}`);
      for (const pattern of [/vol/, /manifest/, /sigtar/]) {
        const name = await place.name(
          new RegExp(`${files.source}.*${pattern.source}(?!.*vol[2-9])`),
        );
        await rm(join(place.target, name));
      }
      const lost = await place.run('check');
      expect([lost.status, lost.stdout]).toEqual([24, lost.stdout]);
      await rename(
        join(place.target, index),
        join(place.target, index.replace('duplifs-index', 'duplifs-added-index')),
      );
      await rm(place.archive, { recursive: true });
      const { status, stdout } = await place.run('check');
      expect([status, stdout]).toEqual([0, stdout]);
    });
  });
});

let made: Promise<Chain> | undefined;
let madeSigned: Promise<Chain> | undefined;

/** A small full for a key, and signed where it is wanted. */
async function keyChain(isSigned = false): Promise<Chain> {
  if (isSigned) return (madeSigned ??= makeKeyChain(true));
  return (made ??= makeKeyChain(false));
}

async function makeKeyChain(isSigned: boolean): Promise<Chain> {
  const { once } = await import('../support/once.js');
  const folder = await once(`indexing-key-${String(isSigned)}`, async (at) => {
    const home = await gpgHome(join(at, 'gnupg'));
    const encrypter = makeKey(home, 'encrypter', 'of the encrypter');
    const signer = makeKey(home, 'signer', 'of the signer');
    await writeFile(join(home.path, 'signer.id'), signer);
    await mkdir(join(at, 'source'));
    await writeFile(join(at, 'source', 'file'), 'for a key');
    const signing = isSigned ? ['--sign-key', signer] : [];
    const options = ['--archive-dir', join(at, 'cache'), '--encrypt-key', encrypter, ...signing];
    const words = ['full', ...options, join(at, 'source'), `file://${join(at, 'target')}`];
    await runOk('duplicity', words, { env: envOf(home.path) });
  });
  const target = join(folder, 'target');
  const env = envOf(join(folder, 'gnupg'));
  const rest = { times: [], recordings: [], args: [], knownDifferences: [] };
  return { name: 'key', url: `file://${target}`, target, env, ...rest };
}

function envOf(home: string): Record<string, string> {
  return { PASSPHRASE: 'of the encrypter', SIGN_PASSPHRASE: 'of the signer', GNUPGHOME: home };
}

/** The key of the set that the last of the names is of. */
function lastOf(names: readonly string[]): string {
  return /\d{8}T\d{6}Z/.exec(names.at(-1) ?? '')?.[0] ?? '';
}
