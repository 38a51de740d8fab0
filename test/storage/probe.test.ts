import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StorageOptions, StoredObject } from '../../src/storage/index.js';
import { openStorage, probeStorage } from '../../src/storage/index.js';
import { WrappedStorage } from '../../src/storage/wrappers/wrapped.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'duplifs-probe-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const states = async (options: StorageOptions, write = true): Promise<string[]> => {
  const storage = await openStorage(folder, { numRetries: 1, ...options });
  return (await probeStorage(storage, { write })).map(({ name, state }) => `${name} ${state}`);
};

describe('the probe of a storage', () => {
  it('tries everything that a backup needs, and leaves nothing', async () => {
    const all = ['list ok', 'write ok', 'read ok', 'clock ok', 'delete ok'];
    expect(await states({})).toEqual(all);
    expect(await readdir(folder)).toEqual([]);
  });

  it('changes nothing unless it is told to', async () => {
    expect(await states({}, false)).toEqual(['list ok', 'read skipped']);
    await writeFile(join(folder, 'there'), 'here');
    const before = await stat(folder);
    expect(await states({}, false)).toEqual(['list ok', 'read ok']);
    expect((await stat(folder)).mtimeMs).toBe(before.mtimeMs);
  });

  it('says what fails and goes no further than makes sense', async () => {
    const failing = (which: string): StorageOptions => ({
      faults: (operation) => (operation === which ? { kind: 'fail' } : undefined),
    });
    expect(await states(failing('list'))).toEqual(['list failed']);
    expect(await states(failing('write'))).toEqual(['list ok', 'write failed']);
    expect(await states(failing('read'))).toContain('read failed');
    expect(await states(failing('remove'))).toContain('delete failed');
  });

  it('takes a folder that does not exist yet for what it is', async () => {
    const storage = await openStorage(join(folder, 'absent'), {});
    expect(await probeStorage(storage)).toMatchObject([
      { state: 'ok', message: expect.stringContaining('does not exist yet') as string },
      { name: 'read', state: 'skipped' },
    ]);
  });

  it('finds a clock that is off', async () => {
    class Ahead extends WrappedStorage {
      override async list(): Promise<readonly StoredObject[]> {
        const objects = await super.list();
        return objects.map((object) => ({
          ...object,
          modifiedSeconds: (object.modifiedSeconds ?? 0) + 7200,
        }));
      }
    }
    const checks = await probeStorage(new Ahead(await openStorage(folder, {})), { write: true });
    expect(checks.find(({ name }) => name === 'clock')).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(/7[0-9]{3} seconds ahead/) as string,
    });
  });
});
