/** The signature of a large file goes through a file on the disk, and is the one that rdiff makes. */
import { execFileSync } from 'node:child_process';
import { open, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasRdiff, rdiffSignature } from '../../librsync/rdiff.js';
import { noise } from '../../support/noise.js';
import { built } from '../../support/run.js';
import { withTarget } from '../target.js';

describe.runIf(hasRdiff)('the signature of a large file', () => {
  it('is whole, with those of files before and after it', { timeout: 120_000 }, async () => {
    await built();
    await withTarget(async ({ source, archive, backup }) => {
      const sizes = {
        'a-small': 3000,
        'b-large': 60_000_001,
        'c-large': 100_000_000,
        'd-small': 5,
      };
      for (const [name, size] of Object.entries(sizes)) {
        const file = await open(join(source, name), 'w');
        for (let at = 0; at < size; at += 7_000_000) {
          await file.write(noise(Math.min(5000, size - at), at), undefined, undefined, at);
        }
        await file.truncate(size);
        await file.close();
      }
      expect(await backup(['--no-encryption'])).toMatchObject({ status: 0 });
      const [folder = ''] = await readdir(archive);
      const names = await readdir(join(archive, folder), { recursive: true });
      expect(names.filter((name) => name.startsWith('.duplifs-signature'))).toEqual([]);
      const sigtar = names.find((name) => name.includes('full-signatures')) ?? '';
      for (const [name, size] of Object.entries(sizes)) {
        const words = ['-xzOf', join(archive, folder, sigtar), `signature/${name}`];
        const blockLength = size > 1_000_000 ? 2048 : 512;
        const wanted = rdiffSignature(await readFile(join(source, name)), blockLength);
        const found = execFileSync('tar', words, { maxBuffer: 2 * wanted.length });
        expect(found.equals(wanted), name).toBe(true);
      }
    });
  });
});
