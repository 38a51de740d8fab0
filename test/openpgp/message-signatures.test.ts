import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { decryptMessage, Keyring } from '../../src/openpgp/index.js';
import type { DecryptResult } from '../../src/openpgp/index.js';
import { collect, GpgHome, hasGpg, inPieces } from './gpg-home.js';
import type { KeyIds } from './gpg-home.js';
import { seal } from './sealed.js';

const home = new GpgHome();
const plain = Buffer.concat([Buffer.from('signed\r\n'.repeat(2000)), randomBytes(20_000)]);
const sessionKey = { algorithm: 'aes256', key: randomBytes(32) } as const;
const gpg = { binary: 'gpg', options: [], home: home.path, useAgent: false };
let signer: KeyIds;
let other: KeyIds;
let past: KeyIds;
const longAgo = ['--faked-system-time', '20200601T000000!'];

beforeAll(() => {
  signer = home.makeKey('signer', '', ['ed25519']);
  home.gpg(['--quick-add-key', signer.fingerprint, 'rsa2048', 'sign']);
  signer = home.idsOf('signer@example.com');
  other = home.makeKey('other', '', ['rsa2048']);
  const user = 'past <past@example.com>';
  home.gpg([...longAgo, '--quick-gen-key', user, 'rsa2048', 'sign', '20210101T000000']);
  past = home.idsOf('past@example.com');
});
afterAll(() => {
  home.remove();
});

/** A signed message, not encrypted and not compressed. */
const signed = (...args: string[]) => home.gpg(['-s', '--compress-algo', 'none', ...args], plain);

async function verify(
  content: Uint8Array,
  signKey: string,
  keyring = new Keyring({ gpg }),
): Promise<DecryptResult> {
  const source = inPieces(seal(content, sessionKey), 5000);
  const opened = await decryptMessage(source, {
    fileName: 'vol2.gpg',
    keyring,
    sessionKey,
    signKey,
  });
  expect((await collect(opened.plaintext)).equals(plain)).toBe(true);
  return opened.done;
}

describe.skipIf(!hasGpg)('a signature', () => {
  it('by a subkey counts as one by its primary key, and by that subkey', async () => {
    const [subkey = ''] = signer.subkeys;
    const message = signed('-u', `${subkey}!`);
    for (const id of [
      signer.fingerprint,
      signer.fingerprint.slice(-16),
      subkey,
      subkey.slice(-8),
    ]) {
      const { signer: found } = await verify(message, `0x${id.toLowerCase()}`);
      expect(found).toMatchObject({ fingerprint: subkey, primaryFingerprint: signer.fingerprint });
    }
  });

  it('by the primary key is not one by its subkey', async () => {
    const message = signed('-u', `${signer.fingerprint}!`);
    await verify(message, signer.fingerprint);
    await expect(verify(message, signer.subkeys[0] ?? '')).rejects.toThrow(/was signed by key/);
  });

  it('is checked with a public key from a file, without gpg', async () => {
    const bytes = home.gpg(['--armor', '--export', signer.fingerprint, other.fingerprint]);
    const keyring = new Keyring({ keyFiles: [{ path: 'public.asc', bytes }] });
    const message = signed('-u', other.fingerprint, '--digest-algo', 'SHA384');
    const { signer: found } = await verify(message, other.fingerprint, keyring);
    expect(found?.signedSeconds).toBeGreaterThan(1_700_000_000);
  });

  it('may be one of several', async () => {
    const message = signed('-u', other.fingerprint, '-u', signer.fingerprint);
    await verify(message, signer.fingerprint);
    await verify(message, other.fingerprint);
  });

  it('made while a key was valid that has expired since is good', async () => {
    const message = signed(...longAgo, '-u', past.fingerprint);
    await verify(message, past.fingerprint);
  });

  it('that is missing is an error that names the file and the wanted key', async () => {
    const unsigned = home.gpg(['--store', '--compress-algo', 'none'], plain);
    const wanted = signer.fingerprint;
    await expect(verify(unsigned, wanted)).rejects.toMatchObject({
      code: 'SIGNATURE',
      message: `"vol2.gpg" has no good signature by key ${wanted}: it is not signed`,
    });
  });

  it('by another key is an error that names both keys', async () => {
    const message = signed('-u', other.fingerprint);
    const pattern = `by key ${signer.fingerprint}: it was signed by key ${other.fingerprint.slice(-16)}`;
    await expect(verify(message, signer.fingerprint)).rejects.toThrow(pattern);
  });

  it('over other data is bad', async () => {
    const message = signed('-u', other.fingerprint);
    const place = message.indexOf('signed\r\n') + 3;
    message[place] = (message[place] ?? 0) ^ 1;
    const source = inPieces(seal(message, sessionKey));
    const options = { fileName: 'vol2.gpg', keyring: new Keyring({ gpg }), sessionKey };
    const opened = await decryptMessage(source, { ...options, signKey: other.fingerprint });
    await expect(collect(opened.plaintext)).rejects.toMatchObject({ code: 'SIGNATURE' });
    await expect(opened.done).rejects.toThrow(/is bad/);
  });

  it('whose every bit counts: no change of it passes', async () => {
    const message = signed('-u', signer.fingerprint);
    const bytes = home.gpg(['--export', signer.fingerprint]);
    const keyring = new Keyring({ keyFiles: [{ path: 'public.key', bytes }] });
    await verify(message, signer.fingerprint, keyring);
    const start = message.length - 60;
    for (let bit = 8 * start; bit < 8 * message.length; bit += 1) {
      const changed = Buffer.from(message);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const changedBit = verify(changed, signer.fingerprint, keyring);
      await expect(changedBit, `bit ${bit}`).rejects.toThrow('"vol2.gpg"');
    }
    for (let place = start; place < message.length; place += 7) {
      const changed = Buffer.from(message);
      changed[place] = (changed[place] ?? 0) ^ 0x10;
      await expect(verify(changed, signer.fingerprint)).rejects.toThrow('"vol2.gpg"');
    }
  });

  it('over SHA-1 is refused unless old keys are allowed', async () => {
    const old = ['--digest-algo', 'SHA1', '--weak-digest', 'MD5', '--allow-weak-digest-algos'];
    const message = signed('-u', other.fingerprint, ...old);
    await expect(verify(message, other.fingerprint)).rejects.toThrow(/SHA1/);
    await verify(message, other.fingerprint, new Keyring({ gpg, allowOldKeys: true }));
  });

  it('by a key that nobody has is an error, and so is an id that is none', async () => {
    const message = signed('-u', other.fingerprint);
    await expect(verify(message, '0123456789ABCDEF')).rejects.toThrow(/There is no public key/);
    await expect(verify(message, 'other@example.com')).rejects.toThrow(/is not the id of a key/);
  });
});
