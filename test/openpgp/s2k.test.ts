/** Keys from passphrases (RFC 9580 section 3.7.1.3). */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deriveKey } from '../../src/openpgp/packets/s2k.js';

const passphrase = Buffer.from('a pass phrase');
const salt = Buffer.from('12345678');

describe('a key from a passphrase', () => {
  it.each([20, 65_535, 65_536, 65_537, 2_097_152, 3_000_001])(
    'is the hash of salt and passphrase, repeated to %i bytes',
    async (count) => {
      const once = Buffer.concat([salt, passphrase]);
      const repeated = Buffer.alloc(Math.max(count, once.length), once);
      const first = createHash('sha1').update(repeated).digest();
      const second = createHash('sha1').update(Buffer.of(0)).update(repeated).digest();
      const wanted = Buffer.concat([first, second]).subarray(0, 32);
      expect(await deriveKey({ hash: 'sha1', salt, count }, passphrase, 32)).toEqual(wanted);
    },
  );

  it('takes little memory, for a reader derives one for each of many sets at a time', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const count = 4_000_000;
    const keys = Array.from({ length: 64 }, (_, at) =>
      deriveKey({ hash: 'sha256', salt: Buffer.alloc(8, at), count }, passphrase, 32),
    );
    const used = process.memoryUsage().arrayBuffers - before;
    await Promise.all(keys);
    expect(used).toBeLessThan(16e6);
  });
});
