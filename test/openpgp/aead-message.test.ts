import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import type { CipherGCM } from 'node:crypto';

import { createMessage, encrypt, enums, generateKey } from 'openpgp';
import type { PartialConfig } from 'openpgp';
import { describe, expect, it } from 'vitest';

import { decryptMessage, Keyring } from '../../src/openpgp/index.js';
import type { DecryptOptions } from '../../src/openpgp/index.js';
import { encodePacket } from '../../src/openpgp/packets/packet-header.js';
import { collect, inPieces } from './gpg-home.js';
import { literalPacket } from './sealed.js';

const plain = Buffer.concat([Buffer.from('text '.repeat(9000)), randomBytes(90_000)]);
const keyring = new Keyring({ passphrases: ['wrong', 'right'] });

async function read(message: Uint8Array, options: Partial<DecryptOptions> = {}): Promise<Buffer> {
  const source = inPieces(message, 9999);
  const opened = await decryptMessage(source, { fileName: 'vol3.gpg', keyring, ...options });
  return collect(opened.plaintext);
}

describe('SEIPD version 2, as RFC 9580 has it', () => {
  const modes = [
    ['OCB', enums.aead.ocb],
    ['GCM', enums.aead.gcm],
  ] as const;
  const configFor = (mode: enums.aead): PartialConfig => ({
    aeadProtect: true,
    preferredAEADAlgorithm: mode,
    aeadChunkSizeByte: 4,
    s2kIterationCountByte: 0,
    preferredCompressionAlgorithm: enums.compression.zip,
  });

  it.each(modes)(
    'with a passphrase and %s is decrypted, and every change noticed',
    async (_, mode) => {
      const message = await createMessage({ binary: new Uint8Array(plain) });
      const config = configFor(mode);
      const sealed = (await encrypt({
        message,
        passwords: 'right',
        format: 'binary',
        config,
      })) as Uint8Array;
      expect((await read(sealed)).equals(plain)).toBe(true);
      for (let i = 1; i <= 40; i += 1) {
        const changed = Buffer.from(sealed);
        const place = Math.floor((changed.length * i) / 41);
        changed[place] = (changed[place] ?? 0) ^ 4;
        await expect(read(changed)).rejects.toThrow(/"vol3\.gpg"/);
        await expect(read(sealed.subarray(0, place))).rejects.toThrow(/"vol3\.gpg"/);
      }
    },
  );

  it('to a key in a file is decrypted', async () => {
    const config = configFor(enums.aead.gcm);
    const user = { userIDs: { email: 'a@example.com' }, format: 'object', config } as const;
    for (const key of [
      await generateKey(user),
      await generateKey({ ...user, config: { ...config, v6Keys: true } }),
    ]) {
      const message = await createMessage({ binary: new Uint8Array(plain) });
      const encryptionKeys = key.publicKey;
      const sealed = (await encrypt({
        message,
        encryptionKeys,
        format: 'binary',
        config,
      })) as Uint8Array;
      const keyFiles = [{ path: 'a.key', bytes: key.privateKey.write() }];
      const opened = await read(sealed, { keyring: new Keyring({ keyFiles }) });
      expect(opened.equals(plain)).toBe(true);
    }
  });
});

describe("GnuPG 2.4's AEAD packet with OCB", () => {
  const key = randomBytes(32);
  const sessionKey = { algorithm: 'aes256', key } as const;
  const chunkBytes = 1024;
  const head = Buffer.of(1, 9, 2, 4);

  function ocb(nonce: Buffer, associated: Buffer, data: Uint8Array, secret = key): Buffer {
    const cipher = createCipheriv('aes-256-ocb' as 'aes-256-gcm', secret, nonce, {
      authTagLength: 16,
    });
    const sealing: CipherGCM = cipher.setAAD(associated);
    const sealed = Buffer.concat([sealing.update(data), sealing.final()]);
    return Buffer.concat([sealed, sealing.getAuthTag()]);
  }
  const uint64 = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(value));
    return bytes;
  };
  /** Packet 20 by the draft (rfc4880bis-10, section 5.16), made here with node:crypto. */
  function packet20(content: Buffer): Buffer {
    const iv = randomBytes(15);
    const nonce = (index: number) => {
      const bytes = Buffer.from(iv);
      bytes.writeBigUInt64BE(bytes.readBigUInt64BE(7) ^ BigInt(index), 7);
      return bytes;
    };
    const info = Buffer.concat([Buffer.of(0xd4), head]);
    const parts: Buffer[] = [head, iv];
    let index = 0;
    for (let at = 0; at < content.length; at += chunkBytes, index += 1) {
      const chunk = content.subarray(at, at + chunkBytes);
      parts.push(ocb(nonce(index), Buffer.concat([info, uint64(index)]), chunk));
    }
    const end = Buffer.concat([info, uint64(index), uint64(content.length)]);
    parts.push(ocb(nonce(index), end, Buffer.alloc(0)));
    return encodePacket(20, Buffer.concat(parts));
  }
  it.each([0, 1, 1000, 1016, 1017, 1024, 2048, 50_000])(
    'is decrypted (%i bytes)',
    async (bytes) => {
      const data = randomBytes(bytes);
      expect((await read(packet20(literalPacket(data)), { sessionKey })).equals(data)).toBe(true);
    },
  );

  it('opens by a passphrase (SKESK version 5), and a wrong one is noticed', async () => {
    const salt = randomBytes(8);
    const derived = createHash('sha256').update(salt).update('right').digest();
    const iv = randomBytes(15);
    const sealed = ocb(iv, Buffer.of(0xc3, 5, 9, 2), key, derived);
    const skesk = encodePacket(3, Buffer.concat([Buffer.of(5, 9, 2, 1, 8), salt, iv, sealed]));
    const message = Buffer.concat([skesk, packet20(literalPacket(plain))]);
    expect((await read(message)).equals(plain)).toBe(true);
    const none = new Keyring({ passphrases: ['wrong'] });
    await expect(read(message, { keyring: none })).rejects.toThrow(/Cannot open "vol3\.gpg"/);
  });

  it('with chunks left out, swapped or changed is refused', async () => {
    const message = packet20(literalPacket(randomBytes(5000)));
    const start = message.length - (5000 + 9 + 16 * 6);
    const chunk = (i: number) => message.subarray(start + i * 1040, start + (i + 1) * 1040);
    const body = (...order: number[]) => order.map(chunk);
    const rebuilt = (parts: Buffer[]) =>
      encodePacket(20, Buffer.concat([message.subarray(start - 19, start), ...parts]));
    const rest = message.subarray(start + 4 * 1040);
    await read(rebuilt([...body(0, 1, 2, 3), rest]), { sessionKey });
    for (const parts of [[...body(1, 0, 2, 3), rest], [...body(0, 1, 2), rest], body(0, 1, 2, 3)]) {
      await expect(read(rebuilt(parts), { sessionKey })).rejects.toThrow(/"vol3\.gpg" is damaged/);
    }
  });
});
