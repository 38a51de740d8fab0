/** A part of a file that cannot be read is an error to whoever reads it, never the end of the file. */
import { copyFile, cp, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DuplifsError } from '../../src/base/index.js';
import { FailedReads } from '../../src/mount/view/failed-reads.js';
import { withFolder } from '../support/folders.js';
import { canMount } from '../support/mount-process.js';
import { withMount } from '../support/mounted.js';
import { noise } from '../support/noise.js';
import { duplifs } from '../support/run.js';

describe('reads that failed', () => {
  const bytes = Buffer.from('bytes');
  const whole = { ino: 7, offset: 0, length: 4096 };
  const sizeOf = (): number => 4000;
  const damaged = (): never => {
    throw new DuplifsError('DAMAGED', 'damaged');
  };

  it('fail again where all of the file was asked for, and no other does', async () => {
    const reads = new FailedReads();
    await expect(reads.around(whole, damaged, sizeOf)).rejects.toThrow('damaged');
    const page = { ino: 7, offset: 512, length: 512 };
    expect(() => reads.around(page, () => bytes, sizeOf)).toThrow('damaged');
    expect(reads.around({ ...whole, ino: 8 }, () => bytes, sizeOf)).toBe(bytes);
    const late = (): Promise<Uint8Array> => Promise.reject(new Error('lost'));
    await expect(reads.around({ ...whole, ino: 8 }, late, sizeOf)).rejects.toThrow('lost');
    expect(() => reads.around({ ...page, ino: 8 }, () => bytes, sizeOf)).toThrow('lost');
  });

  it('are forgotten at once where more of the file may be sound', async () => {
    const reads = new FailedReads();
    await expect(reads.around(whole, damaged, () => 5000)).rejects.toThrow('damaged');
    expect(reads.around(whole, () => bytes, sizeOf)).toBe(bytes);
    await expect(reads.around({ ...whole, offset: 512 }, damaged, sizeOf)).rejects.toThrow();
    expect(reads.around(whole, () => bytes, sizeOf)).toBe(bytes);
  });

  it('are not remembered where nobody waited any more', async () => {
    const reads = new FailedReads();
    const cancelled = (): never => {
      throw new DuplifsError('ABORTED', 'cancelled');
    };
    await expect(reads.around(whole, cancelled, sizeOf)).rejects.toThrow('cancelled');
    expect(reads.around(whole, () => bytes, sizeOf)).toBe(bytes);
  });
});

describe.runIf(canMount)('a mount of a chain whose newest volume is damaged', () => {
  it('gives no program the beginning of a file as all of it', async () => {
    await withFolder(async (work) => {
      const source = join(work, 'source');
      await mkdir(source);
      const large = noise(60_000, 1);
      const env = { PASSPHRASE: 'secret' };
      const url = `file://${join(work, 'target')}`;
      const archive = ['--archive-dir', join(work, 'archive')];
      for (const more of [0, 500]) {
        await writeFile(join(source, 'a'), Buffer.concat([large, noise(more, 2)]));
        const time = ['--current-time', String(1_700_000_000 + more)];
        const made = await duplifs(['backup', ...time, ...archive, source, url], { env });
        expect(made.status, made.stderr).toBe(0);
      }
      const harmed = join(work, 'harmed');
      await cp(join(work, 'target'), harmed, { recursive: true });
      const volume = (await readdir(harmed)).find((name) => /^duplicity-inc.*\.vol1\./.test(name));
      const path = join(harmed, volume ?? 'none');
      const stored = await readFile(path);
      stored.fill(0, stored.length - 600, stored.length - 500);
      await copyFile(path, join(work, 'sound'));
      await writeFile(path, stored);
      const args = ['--archive-dir', join(work, 'other')];
      await withMount({ url: `file://${harmed}`, args, env }, async (mounted) => {
        const file = mounted.at('latest', 'a');
        expect((await stat(file)).size).toBe(60_500);
        // takes a short read for the end of a file
        await expect(readFile(file)).rejects.toMatchObject({ code: 'EIO' });
      });
    });
  });
});
