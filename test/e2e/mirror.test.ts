/** A mirror of which a part was away gets what it missed, and is a whole backup again. */
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { built, duplifs, runOk } from '../support/run.js';
import type { Finished } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

describe.runIf(canMakeChains)('a mirror', () => {
  let folder: string;
  let url: string;
  const at = (...parts: string[]): string => join(folder, ...parts);
  const names = async (member: string): Promise<string[]> =>
    (await readdir(at(member, 't'))).sort();
  const backup = async (content: string, time: number): Promise<Finished> => {
    await writeFile(at('source', 'file'), content);
    const args = ['--no-encryption', '--archive-dir', at('cache'), '--current-time', String(time)];
    return duplifs(['backup', at('source'), url, ...args]);
  };
  const status = async (): Promise<{ exit: number | null; kinds: string[]; text: string }> => {
    const json = await duplifs(['collection-status', url, '--json']);
    const text = await duplifs(['collection-status', url]);
    const { mirrorGaps } = JSON.parse(json.stdout) as { mirrorGaps: { kind: string }[] };
    expect(text.status).toBe(json.status);
    return { exit: json.status, kinds: mirrorGaps.map(({ kind }) => kind), text: text.stdout };
  };

  beforeAll(async () => {
    await built();
    folder = newFolder();
    await mkdir(at('source'));
    const stores = ['one', 'two'].map((name) => ({ url: `file://${at(name, 't')}` }));
    await writeFile(at('stores.json'), JSON.stringify(stores));
    url = `multi://${at('stores.json')}?mode=mirror`;
    const made = await backup('1', 1_700_000_000);
    expect(made.status, made.stderr).toBe(0);
  }, 120_000);
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it(
    'says with each backup, and by its exit code, that a part lacks it',
    { timeout: 240_000 },
    async () => {
      await rename(at('two'), at('away'));
      await writeFile(at('two'), ''); // neither read nor written below a file
      for (const [content, time] of [
        ['2', 1_700_001_000],
        ['3', 1_700_002_000],
      ] as const) {
        const { status: exit, stderr } = await backup(content, time);
        expect(exit).toBe(1);
        expect(stderr).toMatch(
          /Warning: .*two\/t" lacks 4 files of set .*, which could not be copied/,
        );
      }
      await rm(at('two'));
      await rename(at('away'), at('two'));
      const { exit, kinds, text } = await status();
      expect({ exit, kinds }).toEqual({ exit: 1, kinds: ['lacks', 'lacks'] });
      expect(text).toMatch(/two\/t" lacks 4 files of set .*; the next backup copies them to it/);
    },
  );

  it('copies nothing that is not what the manifest says', { timeout: 240_000 }, async () => {
    const volume = (await names('one')).find((name) => /inc.*vol1/.test(name)) ?? '';
    await copyFile(at('one', 't', volume), at('good'));
    const bytes = await readFile(at('good'));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(at('one', 't', volume), bytes);
    const before = await names('two');
    const { status: exit, stderr } = await backup('3', 1_700_003_000);
    await copyFile(at('good'), at('one', 't', volume));
    expect(exit).toBe(1);
    expect(stderr).toContain(
      `"${volume}" on "file://${at('one', 't')}" is not what its manifest says`,
    );
    const now = await names('two');
    expect(now.filter((name) => name.startsWith('.duplifs-tmp'))).toEqual([]);
    // of the set with the damaged volume nothing that would make it look whole
    const set = /inc\.(.*)\.vol1/.exec(volume)?.[1] ?? 'none';
    expect(now.filter((name) => name.includes(set))).toEqual(
      before.filter((name) => name.includes(set)),
    );
  });

  it(
    'heals before the next set is written, and each part restores',
    { timeout: 240_000 },
    async () => {
      const { status: exit, stderr } = await backup('4', 1_700_004_000);
      expect(exit, stderr).toBe(0);
      expect(stderr).toMatch(
        /Copied 4 files \(\d+ bytes\) of set .* to ".*two\/t", which lacked them/,
      );
      expect(await names('two')).toEqual(await names('one'));
      expect(await status()).toMatchObject({ exit: 0, kinds: [] });
      for (const part of ['one', 'two']) {
        const target = `file://${at(part, 't')}`;
        const restored = await duplifs(['restore', target, at(`of-${part}`)]);
        expect(restored.status, restored.stderr).toBe(0);
        const theirs = ['--archive-dir', at(`theirs-${part}`), target, at(`theirs-of-${part}`)];
        await runOk('duplicity', ['restore', ...theirs], { env: { PASSPHRASE: 'unused' } });
        for (const by of [`of-${part}`, `theirs-of-${part}`]) {
          expect(await readFile(at(by, 'file'), 'utf8')).toBe('4');
        }
      }
    },
  );

  it(
    'gives what one storage has damaged from the other, and says so',
    { timeout: 240_000 },
    async () => {
      const harmed: [path: string, bytes: Buffer][] = [];
      const all = await names('one');
      for (const [member, pattern] of [
        ['one', /inc.*manifest/],
        ['one', /inc.*vol1/],
        ['two', /full.*vol1/],
      ] as const) {
        const path = at(member, 't', all.findLast((name) => pattern.test(name)) ?? '');
        const bytes = await readFile(path);
        harmed.push([path, Buffer.from(bytes)]);
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x20;
        await writeFile(path, bytes);
      }
      const out = at('restored');
      const words = ['restore', '--archive-dir', at('fresh'), url, out];
      const restored = await duplifs(words);
      expect([restored.status, restored.stderr]).toEqual([0, restored.stderr]);
      expect(await runOk('diff', ['-r', at('source'), out])).toBe('');
      expect(restored.stderr).toMatch(/Warning: The copy of ".*vol1.*one\/t" is not used/);
      const checked = await duplifs(['check', '--read-data', '--archive-dir', at('fresh'), url]);
      expect(checked.status).toBe(21);
      for (const [path, bytes] of harmed) await writeFile(path, bytes);
      await rm(out, { recursive: true });
    },
  );
});
