/** What takes minutes: both engines under load, and mounts that come and go. */
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { prepareMountpoint } from '../../src/mount/mountpoint.js';
import { canMount } from '../support/mount-process.js';
import { temporaryFolders } from '../support/temporary.js';
import { cleanUp, program, script, serve } from '../mount/support/served.js';

afterEach(cleanUp);
const newFolder = temporaryFolders(0o755);

const runSeconds = 60;
const growthBytes = 50 * 2 ** 20;

interface FioJob {
  readonly error: number;
  readonly read: { readonly io_bytes: number };
}

async function fio(
  mountpoint: string,
  mode: 'randread' | 'read',
  block: string,
): Promise<FioJob[]> {
  const { status, stdout, stderr } = await program(
    [
      'fio',
      '--name=load',
      '--readonly',
      `--filename=${join(mountpoint, 'huge')}`,
      `--rw=${mode}`,
      `--bs=${block}`,
      '--numjobs=8',
      '--time_based',
      `--runtime=${runSeconds}`,
      '--invalidate=1',
      '--output-format=json',
    ],
    { timeoutMs: 3 * runSeconds * 1000 },
  );
  expect([status, stderr]).toEqual([0, '']);
  return (JSON.parse(stdout) as { jobs: FioJob[] }).jobs;
}

describe.runIf(canMount).each(['kernel', 'libfuse'] as const)('the %s engine', (engine) => {
  test('carries eight random and eight sequential readers without error or growth', async () => {
    const served = await serve({ tree: 'sample', engine });
    for (const [mode, block] of [
      ['randread', '4k'],
      ['read', '1m'],
    ] as const) {
      await fio(served.mountpoint, mode, block);
      const before = (await served.report()).rss;
      const jobs = await fio(served.mountpoint, mode, block);
      expect(jobs.map(({ error }) => error)).toEqual(Array(8).fill(0));
      expect(Math.min(...jobs.map(({ read }) => read.io_bytes))).toBeGreaterThan(0);
      expect((await served.report()).rss - before).toBeLessThan(growthBytes);
    }
  });

  test('is mounted and unmounted a hundred times at one place, beside a reader of another mount', async () => {
    const steady = await serve({ tree: 'sample', engine });
    const reading = script(
      'for i in $(seq 200); do find "$1" -type f -size -2000k -exec cat {} + > /dev/null; done',
      steady.mountpoint,
    );
    const mountpoint = newFolder();
    for (let round = 0; round < 100; round += 1) {
      await prepareMountpoint(mountpoint);
      const served = await serve({ tree: 'troubled', engine, mountpoint });
      const reader = program(['find', mountpoint, '-maxdepth', '1']);
      expect(await script('cat "$1/quick"', mountpoint)).toBe('x');
      await reader;
      if (round % 3 === 0) await program(['umount', mountpoint]);
      else served.signal(round % 3 === 1 ? 'SIGTERM' : 'SIGKILL');
      expect(await served.ended).toBe(round % 3 === 2 ? null : 0);
    }
    expect(await reading).toBe('');
  });
});
