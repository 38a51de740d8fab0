import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { decryptMessage, Keyring } from '../../src/openpgp/index.js';
import type { DecryptOptions, DecryptResult } from '../../src/openpgp/index.js';
import { collect, GpgHome, hasGpg, inPieces } from './gpg-home.js';
import type { KeyIds } from './gpg-home.js';

const home = new GpgHome();
const plain = Buffer.concat([
  Buffer.from('A tar file, to be read again. '.repeat(20_000)),
  randomBytes(300_000),
]);
let first: KeyIds;
let second: KeyIds;
let signer: KeyIds;
let locked: KeyIds;

beforeAll(() => {
  first = home.makeKey('first');
  second = home.makeKey('second', '', ['rsa2048', 'rsa2048']);
  signer = home.makeKey('signer', '', ['rsa2048']);
  locked = home.makeKey('locked', 'open sesame');
});
afterAll(() => {
  home.remove();
});

const bySymmetric = (...args: string[]) => home.gpg(['-c', ...args], plain, 'right');
const gpg = { binary: 'gpg', options: [], home: home.path, useAgent: false };
const symmetric = new Keyring({ passphrases: ['wrong', 'right'] });
const byGpg = new Keyring({ gpg });

async function decrypt(
  message: Uint8Array,
  keyring: Keyring,
  options: Partial<DecryptOptions> = {},
): Promise<DecryptResult & { data: Buffer }> {
  const source = inPieces(message, 10_007);
  const opened = await decryptMessage(source, { fileName: 'vol1.gpg', keyring, ...options });
  const data = await collect(opened.plaintext);
  return { ...(await opened.done), data };
}

describe.skipIf(!hasGpg)('a message that gpg made is decrypted', () => {
  it.each([
    ['ZIP as gpg does by default', [], 'zip'],
    ['ZLIB', ['--compress-algo', 'zlib'], 'zlib'],
    ['bzip2', ['--compress-algo', 'bzip2'], 'bzip2'],
    ['no compression', ['--compress-algo', 'none'], 'none'],
    ['ASCII armor', ['--armor'], 'zip'],
    ['AES-128', ['--cipher-algo', 'AES'], 'zip'],
    ['Triple DES', ['--cipher-algo', '3DES'], 'zip'],
    ['CAST5, as gpg 1.4 and 2.0 do', ['--cipher-algo', 'CAST5'], 'zip'],
    ['Blowfish', ['--cipher-algo', 'BLOWFISH'], 'zip'],
    ['IDEA', ['--cipher-algo', 'IDEA'], 'zip'],
    ['Camellia', ['--cipher-algo', 'CAMELLIA192'], 'zip'],
    ['an S2K without a count', ['--s2k-mode', '1'], 'zip'],
    ['a SHA-512 S2K', ['--s2k-digest-algo', 'SHA512', '--s2k-count', '1024'], 'zip'],
  ])('with a passphrase and %s', async (_, args, compression) => {
    const result = await decrypt(bySymmetric(...args), symmetric);
    expect(result.data.equals(plain)).toBe(true);
    expect(result).toMatchObject({ compression, integrity: 'mdc', plaintextBytes: plain.length });
  });

  it('to a key, to two keys, and to a hidden recipient, through gpg', async () => {
    const a = ['-r', first.fingerprint];
    for (const args of [a, [...a, '-r', second.fingerprint], ['-R', second.fingerprint]]) {
      const result = await decrypt(home.gpg(['-e', ...args], plain), byGpg);
      expect(result.data.equals(plain)).toBe(true);
    }
  });

  it('to a locked key, through gpg and its passphrase', async () => {
    const message = home.gpg(['-e', '-r', locked.fingerprint], plain);
    const keyring = new Keyring({ gpg, passphrases: ['wrong', 'open sesame'] });
    expect((await decrypt(message, keyring)).data.equals(plain)).toBe(true);
  });

  it('to keys in files, locked or hidden, without gpg', async () => {
    const exported = home.gpg(['--export-secret-keys'], '', 'open sesame');
    const keyFiles = [{ path: 'secret.key', bytes: exported }];
    const keyring = new Keyring({ keyFiles, passphrases: ['wrong', 'open sesame'] });
    const ways = [
      ['-r', first.fingerprint],
      ['-r', locked.fingerprint],
      ['-R', second.fingerprint],
    ];
    for (const args of ways) {
      const result = await decrypt(home.gpg(['-e', ...args], plain), keyring);
      expect(result.data.equals(plain)).toBe(true);
    }
  });

  it('and signed: the signature by the wanted key is found good', async () => {
    const message = home.gpg(
      ['-s', '-u', signer.fingerprint, '-e', '-r', first.fingerprint],
      plain,
    );
    for (const signKey of [
      signer.fingerprint,
      signer.fingerprint.slice(-16),
      signer.fingerprint.slice(-8),
    ]) {
      const result = await decrypt(message, byGpg, { signKey });
      expect(result.data.equals(plain)).toBe(true);
      expect(result.signer?.fingerprint).toBe(signer.fingerprint);
    }
    await expect(decrypt(message, byGpg, { signKey: second.fingerprint })).rejects.toThrow(
      /"vol1\.gpg" has no good signature by key .* it was signed by key/,
    );
  });

  describe('with Twofish, which OpenSSL lacks,', () => {
    const twofish = ['--cipher-algo', 'TWOFISH'];
    const both = new Keyring({ gpg, passphrases: ['wrong', 'right'] });

    it('by gpg, which is said once', async () => {
      const told: unknown[] = [];
      const report = (event: unknown): void => void told.push(event);
      const own = new Keyring({ gpg: { ...gpg }, passphrases: ['wrong', 'right'] });
      for (const args of [[], ['--compress-algo', 'none'], ['--armor']]) {
        const result = await decrypt(bySymmetric(...twofish, ...args), own, { report });
        expect(result.data.equals(plain)).toBe(true);
        expect(result).toMatchObject({ integrity: 'mdc' });
      }
      expect(told).toEqual([{ level: 'notice', code: 'decrypting-by-gpg', cipher: 'twofish' }]);
    });

    it('for keys in the keyring and in files, hidden, signed, and beside a passphrase', async () => {
      const exported = home.gpg(['--export-secret-keys'], '', 'open sesame');
      const keyFiles = [{ path: 'secret.key', bytes: exported }];
      const fromFile = new Keyring({ keyFiles, gpg });
      const to = ['-e', '-r', first.fingerprint];
      for (const [args, keyring] of [
        [to, byGpg],
        [to, fromFile],
        [['-e', '-R', second.fingerprint], fromFile],
        [['-c', ...to], both],
      ] as const) {
        const message = home.gpg([...twofish, ...args], plain, 'right');
        expect((await decrypt(message, keyring)).data.equals(plain)).toBe(true);
      }
      const signed = home.gpg([...twofish, '-s', '-u', signer.fingerprint, ...to], plain);
      const result = await decrypt(signed, byGpg, { signKey: signer.fingerprint });
      expect(result.signer?.fingerprint).toBe(signer.fingerprint);
    });

    it('and damage, a wrong passphrase and a missing gpg are told apart', async () => {
      const message = bySymmetric(...twofish);
      const damaged = Buffer.from(message);
      damaged.writeUInt8((damaged.at(-100_000) ?? 0) ^ 1, damaged.length - 100_000);
      const cut = message.subarray(0, -1000);
      for (const broken of [damaged, cut]) {
        await expect(decrypt(broken, both)).rejects.toMatchObject({ code: 'DAMAGED' });
      }
      const wrong = new Keyring({ gpg, passphrases: ['wrong'] });
      await expect(decrypt(message, wrong)).rejects.toMatchObject({
        code: 'KEY',
        message: expect.stringContaining('passphrase is wrong') as string,
      });
      await expect(decrypt(message, symmetric)).rejects.toMatchObject({
        code: 'KEY',
        message: expect.stringContaining('"twofish" needs gpg') as string,
        hint: expect.not.stringMatching(/encrypt it again/) as string,
      });
    });
  });

  it('by the agent, where passphrases are its business', async () => {
    const keyring = new Keyring({ gpg: { ...gpg, useAgent: true } });
    const message = home.gpg(['-e', '-r', second.fingerprint], plain);
    expect((await decrypt(message, keyring)).data.equals(plain)).toBe(true);
  });
});
