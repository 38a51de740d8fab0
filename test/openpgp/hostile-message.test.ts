import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isDuplifsError } from '../../src/base/index.js';
import { decryptMessage, Keyring } from '../../src/openpgp/index.js';
import type { DecryptOptions, OpenPgpEvent } from '../../src/openpgp/index.js';
import { encodePacket } from '../../src/openpgp/packets/packet-header.js';
import { collect, GpgHome, hasGpg, inPieces } from './gpg-home.js';
import { literalPacket, seal } from './sealed.js';

const home = new GpgHome();
const plain = Buffer.concat([Buffer.from('text '.repeat(3000)), randomBytes(9000)]);
const keyring = new Keyring({ passphrases: ['right'] });
const quick = ['--s2k-mode', '1'];
const messages = new Map<string, Buffer>();

beforeAll(() => {
  const make = (...args: string[]) => home.gpg(['-c', ...quick, ...args], plain, 'right');
  messages.set('ZIP', make());
  messages.set('ZLIB', make('--compress-algo', 'zlib'));
  messages.set('bzip2', make('--compress-algo', 'bzip2'));
  messages.set('no compression', make('--compress-algo', 'none'));
  messages.set('armor', make('--armor'));
});
afterAll(() => {
  home.remove();
});

async function read(message: Uint8Array, options: Partial<DecryptOptions> = {}): Promise<Buffer> {
  const source = inPieces(message, 4096);
  const opened = await decryptMessage(source, { fileName: 'vol7.gpg', keyring, ...options });
  const data = await collect(opened.plaintext);
  await opened.done;
  return data;
}

/** The error, or undefined when the right bytes came out: anything else fails the test. */
async function failure(message: Uint8Array): Promise<unknown> {
  try {
    expect((await read(message)).equals(plain)).toBe(true);
    return undefined;
  } catch (error) {
    expect(isDuplifsError(error, 'DAMAGED', 'KEY'), String(error)).toBe(true);
    expect(String(error)).toContain('"vol7.gpg"');
    return error;
  }
}

describe.skipIf(!hasGpg).each(['ZIP', 'ZLIB', 'bzip2', 'no compression', 'armor'])(
  'a damaged message (%s)',
  (kind) => {
    const original = () => messages.get(kind) ?? Buffer.alloc(0);

    it('is whole to begin with', async () => {
      expect(await failure(original())).toBeUndefined();
    });

    it('that is cut off anywhere is refused', async () => {
      const all = original();
      const cuts = [
        ...Array(80).keys(),
        ...Array.from({ length: 80 }, (_, i) => all.length - 2 - i),
      ];
      for (let i = 0; i < 60; i += 1) cuts.push(Math.floor((all.length * i) / 61));
      for (const cut of cuts) expect(await failure(all.subarray(0, cut))).toBeDefined();
    });

    it('in which a bit is flipped gives an error or the right bytes', async () => {
      const all = original();
      const places = [...Array(60).keys()];
      for (let i = 0; i < 120; i += 1) places.push(Math.floor((all.length * i) / 120));
      let refused = 0;
      for (const place of places) {
        const changed = Buffer.from(all);
        changed[place] = (changed[place] ?? 0) ^ (1 << (place % 8));
        if ((await failure(changed)) !== undefined) refused += 1;
      }
      // In armor the header lines and the ends of lines carry nothing.
      expect(refused).toBeGreaterThan(kind === 'armor' ? 60 : 150);
    });

    it('with something after its end is refused', async () => {
      if (kind === 'armor') return;
      expect(await failure(Buffer.concat([original(), Buffer.of(0)]))).toBeDefined();
    });
  },
);

describe.skipIf(!hasGpg)('a message without integrity protection', () => {
  it('is refused, and read with a warning when the user says so', async () => {
    const args = ['-c', ...quick, '--rfc2440', '--disable-mdc', '--cipher-algo', 'AES256'];
    const message = home.gpg(args, plain, 'right');
    await expect(read(message)).rejects.toThrow(/"vol7\.gpg" has no integrity protection/);
    const warnings: OpenPgpEvent[] = [];
    const report = (event: OpenPgpEvent) => warnings.push(event);
    const options = { ignoreMdcError: true, report };
    expect((await read(message, options)).equals(plain)).toBe(true);
    expect(warnings).toHaveLength(1);
    const old = home.gpg([...args.slice(0, -1), 'CAST5'], plain, 'right');
    expect((await read(old, options)).equals(plain)).toBe(true);
  });

  it('is read with a warning also when the MDC does not fit', async () => {
    const changed = Buffer.from(messages.get('ZIP') ?? []);
    changed[changed.length - 3] = (changed[changed.length - 3] ?? 0) ^ 1;
    await expect(read(changed)).rejects.toThrow(/integrity code \(MDC\) does not fit/);
    expect((await read(changed, { ignoreMdcError: true })).equals(plain)).toBe(true);
  });
});

describe.skipIf(!hasGpg)('a message made to harm', () => {
  const sessionKey = { algorithm: 'aes256', key: randomBytes(32) } as const;
  const zip = (data: Uint8Array) =>
    encodePacket(8, Buffer.concat([Buffer.of(1), deflateRawSync(data)]));
  const protect = (content: Uint8Array) => seal(content, sessionKey);

  it('that swells to more than it may is stopped in time', async () => {
    const bomb = protect(zip(literalPacket(Buffer.alloc(64 * 1024 * 1024))));
    const options = { sessionKey, maxPlaintextBytes: 1024 * 1024 };
    await expect(read(bomb, options)).rejects.toThrow(/more than the 1048576 bytes/);
  });

  it('that is nested too deeply is refused', async () => {
    let inner = literalPacket(Buffer.from('x'));
    for (let i = 0; i < 4; i += 1) inner = zip(inner);
    expect((await read(protect(inner), { sessionKey })).toString()).toBe('x');
    await expect(read(protect(zip(inner)), { sessionKey })).rejects.toThrow(/nested too deeply/);
  });

  it.each([
    [
      'two pieces of data',
      Buffer.concat([literalPacket(Buffer.from('a')), literalPacket(Buffer.from('b'))]),
    ],
    ['no data', zip(Buffer.alloc(0))],
    ['a message inside', protect(literalPacket(Buffer.from('a')))],
    ['a literal that is cut off', literalPacket(Buffer.from('abc')).subarray(0, -1)],
    ['a wrong deflate stream', encodePacket(8, Buffer.of(1, 0xff, 0xff))],
    ['an unknown compression', encodePacket(8, Buffer.of(9, 1))],
    ['a key packet', encodePacket(6, Buffer.of(1))],
    ['too many packets', Buffer.concat(Array<Buffer>(100).fill(encodePacket(10, Buffer.of(1))))],
  ])('that holds %s is refused', async (_, content) => {
    await expect(read(protect(content), { sessionKey })).rejects.toThrow(/"vol7\.gpg" is damaged/);
  });

  it('whose reader leaves early closes the source', async () => {
    let closed = false;
    const message = protect(literalPacket(randomBytes(500_000)));
    async function* source() {
      try {
        yield* inPieces(message);
      } finally {
        closed = true;
      }
    }
    const opened = await decryptMessage(source(), { fileName: 'vol7.gpg', keyring, sessionKey });
    for await (const piece of opened.plaintext) if (piece.length > 0) break;
    expect(closed).toBe(true);
    await expect(opened.done).rejects.toThrow(/given up/);
  });
});
