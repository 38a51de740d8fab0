import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PartFile } from '../../../src/backup/writing/part-file.js';
import { withFolder } from '../../support/folders.js';

describe('a file that grows while a set is written', () => {
  it('has what was added, in its order, however long it was', async () => {
    await withFolder(async (folder) => {
      const part = await PartFile.open(join(folder, 'part'));
      const lengths = [10, 300_000, 0, 5, 262_144, 262_143, 1, 1_000_000, 1_000_000, 7];
      const added = lengths.map((length, at) => Buffer.alloc(length, 65 + at));
      for (const [at, bytes] of added.entries()) {
        const full = part.add(bytes);
        if (at % 2 === 0) await full; // the next may come while it is written
        expect(part.length).toBe(lengths.slice(0, at + 1).reduce((sum, one) => sum + one, 0));
      }
      await part.sync();
      await part.close();
      expect((await readFile(part.path)).equals(Buffer.concat(added))).toBe(true);
    });
  });

  it('copies no long signature', async () => {
    await withFolder(async (folder) => {
      const part = await PartFile.open(join(folder, 'part'));
      void part.add(Buffer.alloc(100));
      const signature = Buffer.alloc(32 << 20);
      const before = process.memoryUsage().arrayBuffers;
      const full = part.add(signature);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 << 20);
      await full;
      await part.close();
    });
  });
});
