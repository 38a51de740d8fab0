import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodeDifftarHeader } from '../../src/archive/index.js';
import { isDuplifsError } from '../../src/base/index.js';
import { file, folder, metadataOf, timesOf, volumeTar, writeSet } from '../support/craft.js';
import { newestSnapshot, treeOf, withTest } from '../support/open.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

/** A gzip file of zeros, `mebibytes` of them. */
function zeros(mebibytes: number): Buffer {
  const member = gzipSync(Buffer.alloc(64 << 20), { level: 1 });
  return Buffer.concat(Array.from({ length: mebibytes / 64 }, () => member));
}

const bomb = zeros(1024);
const memoryLimit = 700 << 20;

function target(): string {
  const place = join(newFolder(), 'target');
  writeSet(place, {
    times: timesOf(0),
    volumes: [[folder(''), file('a', 'well')], [file('b', 'too')]],
  });
  return place;
}

const find = (place: string, pattern: RegExp): string =>
  join(place, readdirSync(place).find((name) => pattern.test(name)) ?? '');

/** Puts another volume in the place of the second, with its hash in the manifest. */
function replaceSecond(place: string, bytes: Buffer): void {
  const path = find(place, /vol2/);
  const old = createHash('sha1').update(readFileSync(path)).digest('hex');
  writeFileSync(path, bytes);
  const manifest = find(place, /manifest/);
  const hex = createHash('sha1').update(bytes).digest('hex');
  writeFileSync(manifest, readFileSync(manifest, 'latin1').replace(old, hex), 'latin1');
}

describe('a bomb', () => {
  it('as a manifest is refused, and is not held in memory', async () => {
    const place = target();
    const manifest = find(place, /manifest/);
    renameSync(manifest, `${manifest}.gz`);
    writeFileSync(`${manifest}.gz`, bomb);
    await withTest(place, async ({ repository }) => {
      await expect(treeOf(repository)).rejects.toMatchObject({ code: 'DAMAGED' });
    });
    expect(process.memoryUsage().rss).toBeLessThan(memoryLimit);
  });

  it('as a sigtar costs time, and the tree comes from the volumes or is refused', async () => {
    const place = target();
    writeFileSync(find(place, /signatures/), bomb);
    await withTest(place, async ({ repository }) => {
      const result = await treeOf(repository).catch((error: unknown) => error);
      expect(result).toMatchObject({
        code: 'DAMAGED',
        message: 'Set 20231114T221320Z has no root folder',
      });
    });
    expect(process.memoryUsage().rss).toBeLessThan(memoryLimit);
  });

  it('as a volume that has the right hash costs only what lies in it', async () => {
    const place = target();
    replaceSecond(place, bomb);
    await withTest(place, async ({ repository }) => {
      const tree = await treeOf(repository);
      expect(tree.get('a')?.bytes?.toString()).toBe('well');
      expect(isDuplifsError(tree.get('b')?.error, 'DAMAGED')).toBe(true);
    });
    expect(process.memoryUsage().rss).toBeLessThan(memoryLimit);
  });

  it('as one file of zeros is served, and takes no disk', async () => {
    const place = target();
    const dataLength = 1 << 30;
    const header = encodeDifftarHeader({
      ...metadataOf(file('b')),
      kind: 'snapshot',
      piece: undefined,
      dataLength,
    });
    replaceSecond(place, Buffer.concat([gzipSync(header), bomb]));
    await withTest(
      place,
      async ({ repository }) => {
        const snapshot = await newestSnapshot(repository);
        const entry = snapshot.resolve('b');
        expect(await snapshot.size(entry)).toBe(dataLength);
        const end = await snapshot.read(entry, dataLength - 5000, 10_000);
        expect(end.equals(Buffer.alloc(5000))).toBe(true);
      },
      { cacheBytes: 1 << 20 },
    );
  });

  it('of two hundred thousand entries in one volume takes little memory', async () => {
    const place = join(newFolder(), 'target');
    const names = Array.from({ length: 200_000 }, (_, n) => `d/${String(n).padStart(7, '0')}`);
    const tar = volumeTar([folder(''), folder('d'), ...names.map((name) => file(name))]);
    writeSet(place, { times: timesOf(0), volumes: [tar], signatures: 'none' });
    const before = process.memoryUsage().rss;
    await withTest(place, async ({ repository }) => {
      const snapshot = await newestSnapshot(repository);
      expect(snapshot.children(snapshot.resolve('d').id, '', 10)).toHaveLength(10);
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(250 << 20);
  });

  it('of PAX headers is refused where a header is larger than any needs to be', async () => {
    const place = target();
    const pax = Buffer.alloc(512);
    pax.write('././@PaxHeader', 0);
    for (const [at, text] of [
      [100, '0000000'],
      [108, '0000000'],
      [116, '0000000'],
      [124, '77777777777'],
      [136, '00000000000'],
      [156, 'x'],
      [257, 'ustar\x0000'],
    ] as const) {
      pax.write(text, at, 'latin1');
    }
    pax.write('        ', 148);
    let sum = 0;
    for (const byte of pax) sum += byte;
    pax.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    replaceSecond(place, Buffer.concat([gzipSync(pax), bomb]));
    await withTest(place, async ({ repository }) => {
      const { error } = (await treeOf(repository)).get('b') ?? {};
      expect(isDuplifsError(error, 'DAMAGED') && error.message).toContain('vol2');
    });
  });

  it('of a thousand incrementals is read, and each look at it is quick', async () => {
    const place = join(newFolder(), 'target');
    writeSet(place, {
      times: timesOf(0),
      volumes: [[folder(''), file('a', 'first'), file('b', 'bee')]],
    });
    for (let n = 1; n <= 1000; n += 1) {
      writeSet(place, { times: timesOf(n), volumes: [[folder(''), file('a', `version ${n}`)]] });
    }
    await withTest(place, async ({ repository }) => {
      const snapshot = await newestSnapshot(repository);
      const entry = snapshot.resolve('a');
      expect((await snapshot.read(entry, 0, 100)).toString()).toBe('version 1000');
      const began = performance.now();
      for (let n = 0; n < 1000; n += 1)
        expect(snapshot.isLoaded && snapshot.resolve('b')).toBeTruthy();
      expect(performance.now() - began).toBeLessThan(2000);
    });
    rmSync(place, { recursive: true });
  });
});
