import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TrustMemory } from '../../src/target/protection/trust-memory.js';
import { withFolder } from '../support/folders.js';

describe('what this machine knows of a target', () => {
  it('is kept for the next process, and for nobody else to read', async () => {
    await withFolder(async (folder) => {
      const memory = await TrustMemory.load(folder);
      expect(memory.knowsEncrypted).toBe(false);
      memory.noteEncrypted('a');
      memory.noteSigner('a', 'KEY');
      memory.notePlain('b');
      memory.noteSet({ key: 'x', endSeconds: 5 });
      memory.noteSet({ key: 'older', endSeconds: 4 });
      await memory.save();

      const next = await TrustMemory.load(folder);
      expect([next.isEncrypted('a'), next.isEncrypted('b')]).toEqual([true, false]);
      expect([next.isPlain('a'), next.isPlain('b')]).toEqual([false, true]);
      expect(next.signerOf('a')).toBe('KEY');
      expect(next.newest).toEqual({ key: 'x', endSeconds: 5 });
    });
  });

  it('is kept where nothing of the target was there', async () => {
    await withFolder(async (folder) => {
      const archive = join(folder, 'none', 'yet');
      const memory = await TrustMemory.load(archive);
      memory.noteEncrypted('a');
      await memory.save();
      expect((await stat(archive)).mode & 0o777).toBe(0o700);
      expect((await TrustMemory.load(archive)).isEncrypted('a')).toBe(true);
    });
  });

  it('loses nothing that another process has noted meanwhile', async () => {
    await withFolder(async (folder) => {
      const [one, other] = [await TrustMemory.load(folder), await TrustMemory.load(folder)];
      one.noteEncrypted('a');
      one.noteSet({ key: 'new', endSeconds: 9 });
      other.noteEncrypted('b');
      other.noteSet({ key: 'old', endSeconds: 3 });
      await one.save();
      await other.save();
      const both = await TrustMemory.load(folder);
      expect([both.isEncrypted('a'), both.isEncrypted('b')]).toEqual([true, true]);
      expect(both.newest?.key).toBe('new');
      both.replaceNewest(undefined);
      await both.save();
      expect((await TrustMemory.load(folder)).newest).toBeUndefined();
    });
  });

  it('keeps for the next time what is noted while it is written', async () => {
    await withFolder(async (folder) => {
      const memory = await TrustMemory.load(folder);
      memory.noteEncrypted('a');
      const saving = memory.save();
      while (!existsSync(join(folder, 'duplifs-trust.json.new'))) await setImmediate();
      memory.noteSet({ key: 'late', endSeconds: 9 });
      await saving;
      await memory.save();
      expect((await TrustMemory.load(folder)).newest?.key).toBe('late');
    });
  });

  it('is not guessed where its file is damaged', async () => {
    await withFolder(async (folder) => {
      await mkdir(folder, { recursive: true });
      const path = join(folder, 'duplifs-trust.json');
      await writeFile(path, '{"version":1,"encrypted":');
      await expect(TrustMemory.load(folder)).rejects.toMatchObject({ code: 'TARGET' });
      expect(await readFile(path, 'utf8')).toContain('encrypted');
    });
  });
});
