/** A storage knows files by their names: those of duplicity and more, and says which are missing. */
import { expect, it } from 'vitest';
import { readWhole } from '../../../src/storage/index.js';
import { collect } from '../bytes.js';
import { fewTries } from './subject.js';
import type { Tested } from './subject.js';

/** Real names: long, short, old, prefixed, and the index that duplifs puts beside them. */
const namesInUse = [
  'duplicity-full.20260101T000000Z.vol1.difftar.gpg',
  'duplicity-inc.20260101T000000Z.to.20260102T000000Z.vol12.difftar.gz',
  'duplicity-full-signatures.20260101T000000Z.sigtar.gpg',
  'duplicity-full.2023-11-14T22:13:20Z.manifest',
  'duplicity-full.2023-11-15T23_13_20+01_00.vol1.difftar.gz',
  'df.s44we8.1.dt.z',
  'duplifs-index.20260101T000000Z.gpg',
  'pre fix #1 %41 50%?&=;,~!@$()[]{}\'"`^|\\<>*-duplicity-full.20260101T000000Z.manifest',
  'Präfix-日本-duplicity-full.20260101T000000Z.manifest',
];

export function describeNames({ open, subject }: Tested): void {
  it('lists thousands of names', async () => {
    const count = subject().manyFiles ?? 1500;
    const storage = await open(subject().target('many'));
    const names = Array.from({ length: count }, (_, i) => `a & b <full> vol${i}.difftar.gpg`);
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let i = next++; i < count; i = next++) {
        await storage.write(names[i] ?? '', Buffer.from(String(i)), {});
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    const listed = await storage.list();
    expect(listed.map(({ name }) => name).sort()).toEqual([...names].sort());
    expect(listed.every(({ name, size }) => size === String(/\d+/.exec(name)).length)).toBe(true);
    await storage.remove([...names, 'never-was']);
    expect(await storage.list()).toEqual([]);
  });

  it('keeps every name that duplicity uses, and more', async () => {
    const storage = await open(subject().target('names'));
    for (const name of namesInUse) await storage.write(name, Buffer.from(name), {});
    expect((await storage.list()).map(({ name }) => name).sort()).toEqual([...namesInUse].sort());
    for (const name of namesInUse) {
      expect((await readWhole(storage, name, { maxBytes: 1000 })).toString()).toBe(name);
      expect(await storage.stat(name)).toMatchObject({ name });
    }
    await storage.remove(namesInUse);
    expect(await storage.list()).toEqual([]);
  });

  it('refuses names that are not plain', async () => {
    const storage = await open(subject().target('plain'));
    for (const name of ['', '.', '..', 'a/b', '../x', 'a\0b', 'x'.repeat(256)]) {
      await expect(storage.write(name, Buffer.from('x'), {})).rejects.toMatchObject({
        code: 'STORAGE',
      });
      await expect(storage.remove([name])).rejects.toMatchObject({ code: 'STORAGE' });
    }
  });

  it('says which file is missing', async () => {
    const storage = await open(subject().target('missing'), fewTries);
    await storage.write('there', Buffer.from('x'), {});
    for (const range of [undefined, { offset: 5, length: 10 }]) {
      await expect(collect(storage.read('absent', range))).rejects.toMatchObject({
        code: 'STORAGE_NOT_FOUND',
        message: expect.stringContaining('"absent"') as string,
      });
    }
    expect(await storage.stat('absent')).toBeUndefined();
    await storage.remove(['absent', 'there', 'absent2']);
    expect(await storage.list()).toEqual([]);
  });

  it('tells an absent target from an empty one where there is a difference', async () => {
    const target = subject().target('absent');
    const storage = await open(target, fewTries);
    if (subject().absentIsEmpty === true) {
      expect(await storage.list()).toEqual([]);
    } else {
      await expect(storage.list()).rejects.toMatchObject({ code: 'STORAGE_NOT_FOUND' });
      await expect(collect(storage.read('x', undefined))).rejects.toMatchObject({
        code: 'STORAGE_NOT_FOUND',
      });
    }
    expect(await storage.stat('x')).toBeUndefined();
    await storage.write('x', Buffer.from('1'), {});
    await storage.remove(['x']);
    expect(await storage.list()).toEqual([]);
  });
}
