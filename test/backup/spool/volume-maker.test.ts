import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpackBlocks } from '../../../src/archive/index.js';
import type * as fileSpool from '../../../src/backup/spool/file-spool.js';
import type * as volumeMaker from '../../../src/backup/spool/volume-maker.js';
import type { Encoding } from '../../../src/volume/index.js';
import { builtModule } from '../../support/compiled.js';
import { noise } from '../../support/noise.js';

const { VolumeMaker } = await builtModule<typeof volumeMaker>('src/backup/spool/volume-maker.ts');

let folder: string;
let maker: volumeMaker.VolumeMaker;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'duplifs-maker-'));
  maker = new VolumeMaker(folder);
});
afterEach(async () => {
  await maker.close();
  rmSync(folder, { recursive: true });
});

/** Bytes of which a part can be compressed, more than are on their way at a time. */
function plaintext(length: number): Buffer {
  return Buffer.concat([noise(length >> 1), Buffer.alloc(length - (length >> 1), 'text ')]);
}

async function contentOf({ file, size }: fileSpool.SpooledFile): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  await file.read(bytes, 0, size, 0);
  return bytes;
}

describe('volumes made in a thread', () => {
  const gzip: Encoding = { container: 'gz', level: 1 };

  it.each<[string, Encoding, (bytes: Buffer) => Buffer]>([
    ['gzip', gzip, (bytes) => gunzipSync(bytes)],
    ['plain', { container: 'plain' }, (bytes) => bytes],
  ])('are what went in, one after the other (%s)', async (_, encoding, decode) => {
    for (const length of [0, 1, 700_000, 9_000_000]) {
      const { writer, spooled } = await maker.open(encoding);
      const data = plaintext(length);
      for (let at = 0; at < length; at += 99_991) {
        const piece = Buffer.from(data.subarray(at, at + 99_991));
        await writer.write([piece.subarray(0, 10), piece.subarray(10)]);
        piece.fill(0); // it may be used again
      }
      const { table } = await writer.finish();
      expect(table.plaintextLength).toBe(length);
      const file = spooled();
      const bytes = await contentOf(file);
      expect(decode(bytes).equals(data)).toBe(true);
      expect(file.sha1.equals(createHash('sha1').update(bytes).digest())).toBe(true);
      for (const { fileOffset, fileLength } of unpackBlocks(table.blocks)) {
        expect(fileOffset + fileLength).toBeLessThanOrEqual(bytes.length);
      }
      await file.file.close();
    }
  });

  it('are never longer than is said while they grow', async () => {
    const { writer, spooled } = await maker.open(gzip);
    let written = 0;
    for (let i = 0; i < 60; i += 1) {
      const atMost = writer.fileBytes + writer.pendingBytes + 150_000;
      await writer.write([noise(150_000)]);
      written += 150_000;
      expect(writer.fileBytes + writer.pendingBytes).toBeLessThanOrEqual(atMost + 1000);
      if (i % 20 === 19) {
        await writer.settle();
        expect(writer.pendingBytes).toBeLessThanOrEqual(2 * 262_144);
        expect(writer.fileBytes).toBeGreaterThan(written - 2 * 262_144);
      }
    }
    const before = writer.fileBytes + writer.pendingBytes;
    await writer.finish();
    const { file, size } = spooled();
    expect(size).toBeLessThan(before + 1000);
    await file.close();
  });

  it('fail with what went wrong in the thread', async () => {
    const { writer } = await maker.open({ container: 'gz', level: 99 });
    const fill = async (): Promise<void> => {
      for (let i = 0; i < 100; i += 1) await writer.write([noise(1), Buffer.alloc(262_143)]);
      await writer.finish();
    };
    await expect(fill()).rejects.toThrow('level');
    await expect(async () => writer.write([noise(1)])).rejects.toThrow('level');
  });

  it('fail when their session key cannot be made', async () => {
    const passphrases = [7 as unknown as string];
    const encoding = { container: 'gpg', level: 1, encryptTo: [], passphrases } as const;
    await expect(maker.open(maker.withSession(encoding))).rejects.toThrow('indexOf');
  });

  it('say where there is no room for them', async () => {
    const elsewhere = new VolumeMaker(join(folder, 'missing'));
    await expect(elsewhere.open(gzip)).rejects.toMatchObject({ code: 'TARGET' });
  });

  it('fail when the thread is ended', async () => {
    const { writer } = await maker.open(gzip);
    await writer.write([noise(1000)]);
    await maker.close();
    await expect(writer.finish()).rejects.toThrow('has ended');
    await expect(maker.open(gzip)).rejects.toThrow('has ended');
  });
});
