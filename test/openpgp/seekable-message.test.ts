import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { decrypt, readMessage } from 'openpgp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  decodeBlock,
  decodeBlocks,
  decryptMessage,
  encryptionKeyFor,
  Keyring,
  rangeOfBlocks,
  messageSession,
  SeekableMessageWriter,
  withPassphrases,
  signerFor,
} from '../../src/openpgp/index.js';
import type {
  EncryptionKey,
  MessageSigner,
  SeekableResult,
  SeekableWriterOptions,
} from '../../src/openpgp/index.js';
import { blockBytes, firstBlockBytes } from '../../src/openpgp/seekable/layout.js';
import { collect, GpgHome, hasGpg, inPieces } from './gpg-home.js';
import type { KeyIds } from './gpg-home.js';
import { defined } from '../../src/base/index.js';

const home = new GpgHome();
const gpg = { binary: 'gpg', options: [], home: home.path, useAgent: false };
const byGpg = new Keyring({ gpg, passphrases: ['right'], signPassphrases: ['sesame'] });
let reader: KeyIds;
let rsa: KeyIds;
let signer: KeyIds;

beforeAll(() => {
  reader = home.makeKey('reader');
  rsa = home.makeKey('rsa', '', ['rsa2048', 'rsa2048']);
  signer = home.makeKey('signer', 'sesame', ['rsa2048']);
});
afterAll(() => {
  home.remove();
});

/** Data of which a part can be compressed. */
function data(bytes: number): Buffer {
  const result = randomBytes(bytes);
  for (let at = 0; at + 3000 < bytes; at += 5000) result.fill('text ', at, at + 3000);
  return result;
}

interface WriteOptions {
  readonly encryptTo?: readonly EncryptionKey[];
  readonly signer?: MessageSigner;
  readonly passphrases?: readonly string[];
}

interface Written extends SeekableResult {
  readonly file: Buffer;
}

async function write(
  plain: Buffer,
  options: Partial<SeekableWriterOptions> & WriteOptions = {},
): Promise<Written> {
  const pieces: Buffer[] = [];
  const sink = async (piece: Buffer) => {
    await Promise.resolve();
    pieces.push(Buffer.from(piece));
  };
  const { signer: signedBy, encryptTo = [], ...more } = options;
  const passphrases = options.passphrases ?? (options.encryptTo ? [] : ['right']);
  const signature = signedBy?.begin();
  const session = await withPassphrases(await messageSession(encryptTo), passphrases);
  const onePass = defined({ onePass: signedBy?.onePass });
  const writer = new SeekableMessageWriter({ session, sink, ...onePass, ...more });
  for await (const piece of inPieces(plain, 100_003)) {
    await signature?.update(piece);
    await writer.write(piece);
  }
  const result = await writer.finish(await signature?.finish());
  const file = Buffer.concat(pieces);
  expect(file.length).toBe(result.fileBytes);
  return { ...result, file };
}

const gpgDecrypt = (file: Buffer) => home.gpg(['--decrypt'], file, 'right');

async function readBack({ file, sessionKey }: Written, signKey?: string): Promise<Buffer> {
  const signed = signKey === undefined ? {} : { signKey };
  const options = { fileName: 'vol1.gpg', keyring: byGpg, sessionKey, ...signed };
  const { plaintext } = await decryptMessage(inPieces(file), options);
  return collect(plaintext);
}

/** The plaintext, one block at a time. */
async function blockByBlock({ file, layout, sessionKey, blocks }: Written): Promise<Buffer> {
  const message = { fileName: 'vol1.gpg', layout, sessionKey };
  const parts: Buffer[] = [];
  let offset = 0;
  for (const block of blocks) {
    expect(block.plaintextOffset).toBe(offset);
    const range = file.subarray(block.fileOffset, block.fileOffset + block.fileLength);
    parts.push(await decodeBlock(message, block, range));
    offset += block.plaintextLength;
  }
  return Buffer.concat(parts);
}

const sizes = [
  ...[0, 1, 511, 512, 8383, firstBlockBytes - 1, firstBlockBytes, firstBlockBytes + 1],
  ...[firstBlockBytes + blockBytes, firstBlockBytes + blockBytes + 1, 3_000_000],
];

describe.skipIf(!hasGpg).each([6, 0])('a seekable message at level %i', (level) => {
  it.each(sizes)('of %i bytes is what gpg, a stream and its blocks read', async (bytes) => {
    const plain = data(bytes);
    const written = await write(plain, { level });
    expect(gpgDecrypt(written.file).equals(plain)).toBe(true);
    expect((await readBack(written)).equals(plain)).toBe(true);
    expect((await blockByBlock(written)).equals(plain)).toBe(true);
    expect(written.plaintextBytes).toBe(bytes);
  });

  it('is right wherever its parts end', async () => {
    // The body grows by one byte each time, over the lengths at which its last part changes its form.
    const start = level === 0 ? blockBytes - 60 : 0;
    // A key is quicker than a passphrase.
    const encryptTo = [await encryptionKeyFor(byGpg, reader.fingerprint)];
    for (let more = 0; more < 40; more += 1) {
      const plain = randomBytes(start + more + (level === 0 ? 0 : 8192 - 120));
      const written = await write(plain, { level, encryptTo });
      expect((await readBack(written)).equals(plain)).toBe(true);
      expect((await blockByBlock(written)).equals(plain)).toBe(true);
    }
  });
});

describe.skipIf(!hasGpg)('a seekable message', () => {
  it('is read by openpgp.js', async () => {
    const plain = data(700_000);
    const { file } = await write(plain);
    const message = await readMessage({ binaryMessage: new Uint8Array(file) });
    const opened = await decrypt({ message, passwords: 'right', format: 'binary' });
    expect(Buffer.from(opened.data as Uint8Array).equals(plain)).toBe(true);
  });

  it('to keys, hidden ones and a passphrase is opened by each of them', async () => {
    const plain = data(300_000);
    const encryptTo = [
      await encryptionKeyFor(byGpg, reader.fingerprint.slice(-16)),
      await encryptionKeyFor(byGpg, 'rsa@example.com', true),
    ];
    const { file } = await write(plain, { encryptTo, passphrases: ['right'] });
    const packets = home.gpg(['--list-packets', '--list-only'], file).toString();
    const [subkey = ''] = reader.subkeys;
    expect(packets).toContain(`keyid ${subkey.slice(-16)}`);
    expect(packets).toContain('keyid 0000000000000000');
    const keyFile = (ids: KeyIds) => {
      const bytes = home.gpg(['--export-secret-keys', ids.fingerprint]);
      return new Keyring({ keyFiles: [{ path: 'a.key', bytes }] });
    };
    const keyrings = [keyFile(reader), keyFile(rsa), new Keyring({ passphrases: ['right'] })];
    for (const keyring of [...keyrings, new Keyring({ gpg })]) {
      const { plaintext } = await decryptMessage(inPieces(file), { fileName: 'v', keyring });
      expect((await collect(plaintext)).equals(plain)).toBe(true);
    }
    expect(gpgDecrypt(file).equals(plain)).toBe(true);
  });

  it('decodes a run of blocks from one range', async () => {
    const plain = data(2_000_000);
    const { file, layout, sessionKey, blocks } = await write(plain);
    const run = blocks.slice(2, 6);
    const { offset, length } = rangeOfBlocks(run);
    const message = { fileName: 'vol1.gpg', layout, sessionKey };
    const range = file.subarray(offset, offset + length);
    const decoded = Buffer.concat(await decodeBlocks(message, run, range));
    const start = run[0]?.plaintextOffset ?? 0;
    expect(decoded.equals(plain.subarray(start, start + decoded.length))).toBe(true);
    expect(decoded.length).toBe(4 * blockBytes);
    await expect(decodeBlocks(message, run, range.subarray(1))).rejects.toThrow('vol1.gpg');
  });

  it.each([6, 0])('of which a bit is flipped never gives wrong bytes (level %i)', async (level) => {
    const plain = data(600_000);
    const { file, layout, sessionKey, blocks } = await write(plain, { level });
    const message = { fileName: 'vol1.gpg', layout, sessionKey };
    let refused = 0;
    for (let i = 0; i < 300; i += 1) {
      const block = blocks[i % blocks.length];
      if (!block) throw new Error('no block');
      const { plaintextOffset, plaintextLength, fileOffset, fileLength } = block;
      const range = Buffer.from(file.subarray(fileOffset, fileOffset + fileLength));
      const place = i < 30 ? i : Math.floor((range.length * i) / 300);
      range[place] = (range[place] ?? 0) ^ (1 << (i % 8));
      try {
        const decoded = await decodeBlock(message, block, range);
        const right = plain.subarray(plaintextOffset, plaintextOffset + plaintextLength);
        expect(decoded.equals(right)).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ code: 'DAMAGED' });
        expect(String(error)).toContain('"vol1.gpg"');
        refused += 1;
      }
    }
    // Some octets before the block, lengths, and flush markers carry no data.
    expect(refused).toBeGreaterThan(250);
  });

  it('whose sink fails gives that error and goes no further', async () => {
    let taken = 0;
    const sink = () => {
      taken += 1;
      return taken > 2 ? Promise.reject(new Error('disk full')) : Promise.resolve();
    };
    const session = await withPassphrases(await messageSession([]), ['x']);
    const writer = new SeekableMessageWriter({ session, sink });
    const all = async () => {
      for (let i = 0; i < 60; i += 1) await writer.write(randomBytes(blockBytes));
      await writer.finish();
    };
    await expect(all()).rejects.toThrow('disk full');
    expect(taken).toBe(3);
  });
});

describe.skipIf(!hasGpg)('a signed seekable message', () => {
  const check = async (signedBy: MessageSigner) => {
    for (const bytes of [0, 900_000]) {
      const plain = data(bytes);
      const written = await write(plain, { signer: signedBy });
      expect((await readBack(written, signer.fingerprint)).equals(plain)).toBe(true);
      expect((await blockByBlock(written)).equals(plain)).toBe(true);
      const args = ['--status-fd', '1', '--output', '/dev/null', '--decrypt'];
      const status = home.gpg(args, written.file, 'right').toString();
      expect(status).toContain(`GOODSIG ${signer.fingerprint.slice(-16)}`);
    }
  };

  it('by a key file is good to gpg and to us', async () => {
    const bytes = home.gpg(['--export-secret-keys', signer.fingerprint], '', 'sesame');
    const keyFiles = [{ path: 'signer.key', bytes }];
    const keyring = new Keyring({ keyFiles, passphrases: ['right', 'sesame'] });
    await check(await signerFor(keyring, signer.fingerprint));
  });

  it('by gpg is good to gpg and to us', async () => {
    await check(await signerFor(byGpg, signer.fingerprint.slice(-8)));
  });

  // a volume's parts are used again once they are written, and gpg may not have read them by then
  it('by gpg is good also when the pieces are used again at once', async () => {
    const run = (await signerFor(byGpg, signer.fingerprint)).begin();
    const data = randomBytes(4_000_000);
    const piece = Buffer.alloc(200_000);
    for (let at = 0; at < data.length; at += piece.length) {
      data.copy(piece, 0, at);
      await run.update(piece);
      piece.fill(0);
    }
    const signature = join(home.path, 'data.sig');
    writeFileSync(signature, await run.finish());
    expect(() => home.gpg(['--verify', signature, '-'], data)).not.toThrow();
    expect(() => home.gpg(['--verify', signature, '-'], data.subarray(1))).toThrow();
  });
});

describe.skipIf(!hasGpg)('a key that cannot be used is refused with its id and the reason', () => {
  it('when it has expired, was revoked, or cannot encrypt', async () => {
    const longAgo = ['--faked-system-time', '20200601T000000!'];
    const user = 'past <past@example.com>';
    home.gpg([...longAgo, '--quick-gen-key', user, 'rsa2048', 'default', '20210101T000000']);
    const past = home.idsOf('past@example.com');
    await expect(encryptionKeyFor(byGpg, past.fingerprint)).rejects.toMatchObject({
      code: 'KEY',
      message: expect.stringMatching(new RegExp(`${past.fingerprint}.*expired`)) as string,
    });
    await expect(signerFor(byGpg, past.fingerprint)).rejects.toThrow(/Cannot sign with key/);
    await expect(encryptionKeyFor(byGpg, signer.fingerprint)).rejects.toThrow(signer.fingerprint);
    const gone = home.makeKey('gone');
    const certificate = `${home.path}/openpgp-revocs.d/${gone.fingerprint}.rev`;
    const { readFileSync } = await import('node:fs');
    const text = readFileSync(certificate, 'utf8').replace(':-----BEGIN', '-----BEGIN');
    home.gpg(['--import'], text);
    await expect(encryptionKeyFor(byGpg, gone.fingerprint)).rejects.toThrow(/revoked/);
  });

  it('when nobody has it, more than one fits, or its passphrase is wrong', async () => {
    await expect(encryptionKeyFor(byGpg, 'nobody@example.com')).rejects.toThrow(/no public key/);
    await expect(encryptionKeyFor(byGpg, 'example.com')).rejects.toThrow(/fits \d keys/);
    home.endAgent();
    const wrong = new Keyring({ gpg, passphrases: ['wrong'] });
    await expect(signerFor(wrong, signer.fingerprint)).rejects.toThrow(/passphrase/i);
  });
});
