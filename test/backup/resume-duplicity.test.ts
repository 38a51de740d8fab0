/** What duplicity has begun duplifs finishes, and the other way round. */
import { mkdir, open, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { killAfterVolumes } from '../support/interrupt.js';
import { noise } from '../support/noise.js';
import { built, duplifs, run, runOk } from '../support/run.js';
import type { Finished } from '../support/run.js';
import { smallSource } from '../support/small-source.js';

type Source = Awaited<ReturnType<typeof smallSource>> & { readonly folder: string };

const timeout = 120_000; // gpg is slow at each of duplicity's volumes

beforeAll(async () => {
  await built();
});

async function withSource(
  work: (source: Source) => Promise<void>,
  encrypted = false,
): Promise<void> {
  await withFolder(async (folder) => {
    const made = await smallSource(folder);
    const args = encrypted ? made.args.filter((one) => one !== '--no-encryption') : made.args;
    await setTimeout(1100); // what was written within the second in which a set begins may have changed since
    await work({ ...made, args, folder });
  });
}

describe.runIf(canMakeChains)('a killed backup', { timeout }, () => {
  const none = {};
  it.each([
    ['in the clear', none],
    ['encrypted', { PASSPHRASE: 'a pass phrase' }],
  ])('of duplicity goes on by duplifs, with the volumes that it has (%s)', async (_, env) => {
    const encrypted = 'PASSPHRASE' in env;
    await withSource(async (source) => {
      const { args, target } = source;
      const killed = await killAfterVolumes(['full', ...args], target, 4, {
        env,
        program: 'duplicity',
      });
      expect(killed).toBe(true);
      const first = await mtimeOf(target, /vol1\./);
      const { status, stderr } = await duplifs(['full', ...args], { env });
      expect(status, stderr).toBe(0);
      expect(stderr).toMatch(/Going on with the set .* after volume [3-9]/);
      expect(await mtimeOf(target, /vol1\./)).toBe(first);
      await expectContinued(source, env);
    }, encrypted);
  });

  it('of duplicity, an incremental, goes on by duplifs on the set before', async () => {
    await withSource(async (source) => {
      const { args, target } = source;
      await runOk('duplicity', ['full', ...args], { env: none });
      const volumesBefore = (await readdir(target)).filter((one) => one.includes('.vol')).length;
      await change(source);
      const wanted = volumesBefore + 5;
      const killed = await killAfterVolumes(['inc', ...args], target, wanted, {
        env: none,
        program: 'duplicity',
      });
      expect(killed).toBe(true);
      const { status, stderr } = await duplifs(['backup', ...args], { env: none });
      expect(status, stderr).toBe(0);
      expect(stderr).toMatch(/Going on with the set/);
      await expectContinued(source, none);
    });
  });

  it('of duplifs goes on by duplicity, and by duplifs when that is killed too', async () => {
    await withSource(async (source) => {
      const { args, target } = source;
      expect(await killAfterVolumes(['full', ...args], target, 3, { env: none })).toBe(true);
      const theirs = await killAfterVolumes(['full', ...args], target, 6, {
        env: none,
        program: 'duplicity',
      });
      expect(theirs).toBe(true);
      expect(await duplifs(['full', ...args], { env: none })).toMatchObject({ status: 0 });
      await expectContinued(source, none);
    });
    await withSource(async (source) => {
      const { args, target } = source;
      expect(await killAfterVolumes(['full', ...args], target, 5, { env: none })).toBe(true);
      const output = await runOk('duplicity', ['full', ...args], { env: none });
      expect(output).toMatch(/Restarting after volume [3-9]/);
      await expectContinued(source, none);
    });
  });

  it('of duplifs within a delta is begun anew by duplicity', async () => {
    await withSource(async (source) => {
      const { args, target } = source;
      expect(await duplifs(['full', ...args], { env: none })).toMatchObject({ status: 0 });
      const volumesBefore = (await readdir(target)).filter((one) => one.includes('.vol')).length;
      await change(source);
      const wanted = volumesBefore + 4;
      expect(await killAfterVolumes(['inc', ...args], target, wanted, { env: none })).toBe(true);
      await runOk('duplicity', ['inc', ...args], { env: none });
      await expectContinued(source, none);
    });
  });
});

/** Changes so much within the large file that its delta fills several volumes, and adds another. */
async function change({ source }: Source): Promise<void> {
  const file = await open(join(source, 'big'), 'r+');
  try {
    await file.write(noise(3_500_000, 7), 0, 3_500_000, 1_000_000);
  } finally {
    await file.close();
  }
  await mkdir(join(source, 'added'));
  await writeFile(join(source, 'added', 'new'), noise(2_500_000, 8));
  await writeFile(join(source, 'sub', 'late'), noise(2_000_000, 9));
  await setTimeout(1100);
}

/** Both programs restore the source, and nothing is left over. */
async function expectWhole(of: Source, env: Readonly<Record<string, string>>): Promise<void> {
  const { source, target, folder } = of;
  const url = `file://${target}`;
  const encrypted = 'PASSPHRASE' in env ? [] : ['--no-encryption'];
  const theirs = [...encrypted, '--archive-dir', join(folder, 'fresh')];
  const outs = ['theirs', 'ours'].map((one) => join(folder, `${one}-${Date.now()}`));
  const [byThem = '', byUs = ''] = outs;
  await runOk('duplicity', ['restore', ...theirs, url, byThem], { env });
  expect(await run('diff', ['-r', source, byThem])).toMatchObject({ status: 0, stdout: '' });
  expect(await duplifs(['restore', url, byUs], { env })).toMatchObject({ status: 0 });
  expect(await run('diff', ['-r', source, byUs])).toMatchObject({ status: 0, stdout: '' });
  const verified = await duplifs(['verify', url, source], { env });
  expect(verified, verified.stdout).toMatchObject({ status: 0 });
  const cleanup = await runOk('duplicity', ['cleanup', ...theirs, url], { env });
  expect(cleanup).toContain('No extraneous files found');
  expect((await readdir(target)).filter((one) => one.includes('.manifest')).length).toBe(
    new Set((await readdir(target)).map((one) => /\.(2\d+T\d+Z(\.to\.\w+)?)\./.exec(one)?.[1]))
      .size,
  );
}

/** Another incremental by duplifs from the same archive dir, which has nothing left of the interruption. */
async function expectContinued(of: Source, env: Readonly<Record<string, string>>): Promise<void> {
  await writeFile(join(of.source, 'one-more'), 'content');
  const next: Finished = await duplifs(['backup', ...of.args], { env });
  expect(next.status, next.stderr).toBe(0);
  expect(next.stdout).toContain('NewFiles 2'); // and the folder that it is in
  expect(next.stdout).toMatch(/ChangedFiles 0\n/);
  const [cache = ''] = await readdir(of.archive);
  const local = await readdir(join(of.archive, cache));
  expect(local.filter((one) => /part|writing|ready|tmp/.test(one))).toEqual([]);
  await expectWhole(of, env);
}

async function mtimeOf(folder: string, name: RegExp): Promise<number> {
  const [found = ''] = (await readdir(folder)).filter((one) => name.test(one));
  return (await stat(join(folder, found))).mtimeMs;
}
