/** New keys, as the real gpg sees and uses them. */
import { afterAll, describe, expect, it } from 'vitest';
import { generateKey } from '../../src/openpgp/index.js';
import { parseKeyListing } from '../../src/openpgp/gpg/key-listing.js';
import { GpgHome, hasGpg } from './gpg-home.js';

const homes: GpgHome[] = [];
afterAll(() => {
  for (const home of homes) home.remove();
});
const newHome = (): GpgHome => {
  const home = new GpgHome();
  homes.push(home);
  return home;
};

describe.runIf(hasGpg)('a new key', () => {
  it.each(['curve25519', 'rsa4096'] as const)(
    'of %s is taken by gpg, which encrypts to it and opens with its passphrase',
    async (algorithm) => {
      const home = newHome();
      const key = await generateKey({
        use: 'encrypt',
        name: 'Ada',
        email: 'ada@example.org',
        comment: 'backup',
        algorithm,
        passphrase: Buffer.from('grüne Heide'),
      });
      expect(key.userId).toBe('Ada (backup) <ada@example.org>');
      home.gpg(['--import'], key.secretKey);
      const message = home.gpg(['--encrypt', '--recipient', key.fingerprint], 'hello');
      expect(home.gpg(['--decrypt'], message, 'grüne Heide').toString()).toBe('hello');
      home.endAgent();
      expect(() => home.gpg(['--decrypt'], message, 'another')).toThrow(/decryption failed/);
      const [record] = parseKeyListing(home.gpg(['--with-colons', '--list-keys']).toString());
      expect(record?.fingerprint).toBe(key.fingerprint);
      expect(record?.parts.map(({ encrypts, signs }) => ({ encrypts, signs }))).toEqual([
        { encrypts: false, signs: true },
        { encrypts: true, signs: false },
      ]);
    },
  );

  it('is of version 4, prefers no AEAD, and hashes its passphrase as often as can be', async () => {
    const home = newHome();
    const key = await generateKey({
      use: 'encrypt',
      name: 'Ada',
      algorithm: 'curve25519',
      passphrase: Buffer.from('secret'),
    });
    const packets = home.gpg(['--list-packets'], key.secretKey).toString();
    expect(packets.match(/:secret (?:sub )?key packet:\n\tversion (\d)/g)).toHaveLength(2);
    expect(packets).not.toMatch(/packet:\n\tversion [^4]/);
    expect(packets.match(/protect count: 65011712 \(255\)/g)).toHaveLength(2);
    expect(packets).toContain('(pref-sym-algos: 9 ');
    expect(packets).not.toMatch(/aead/i);
    // MDC (1) and no AEAD (2) among the features
    expect(packets).toMatch(/\(features: 01\)/);
  });

  it('ends when it is told to, its subkey too', async () => {
    const key = await generateKey({
      use: 'encrypt',
      name: 'Ada',
      algorithm: 'curve25519',
      validSeconds: 86_400,
    });
    const home = newHome();
    home.gpg(['--import'], key.secretKey);
    const [record] = parseKeyListing(home.gpg(['--with-colons', '--list-keys']).toString());
    const tomorrow = Date.now() / 1000 + 86_400;
    expect(record?.parts).toHaveLength(2);
    for (const { expiresSeconds = 0 } of record?.parts ?? []) {
      expect(Math.abs(expiresSeconds - tomorrow)).toBeLessThan(60);
    }
  });

  it('that signs has no subkey, and signs without a passphrase where it has none', async () => {
    const key = await generateKey({ use: 'sign', name: 'Ada', algorithm: 'curve25519' });
    const home = newHome();
    home.gpg(['--import'], key.secretKey);
    const signed = home.gpg(['--sign', '--local-user', key.fingerprint], 'hello');
    expect(home.gpg(['--decrypt'], signed).toString()).toBe('hello');
    const [record] = parseKeyListing(home.gpg(['--with-colons', '--list-keys']).toString());
    expect(record?.parts).toHaveLength(1);
  });

  it('wants a passphrase that openpgp.js can take', async () => {
    const passphrase = Buffer.of(0xff, 0x41);
    const making = generateKey({ use: 'sign', name: 'A', algorithm: 'curve25519', passphrase });
    await expect(making).rejects.toMatchObject({ code: 'KEY' });
  });
});
