/** A backup that is killed goes on at the next run, and nothing of it is lost or left over. */
import { spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { withFolder } from '../support/folders.js';
import { noise } from '../support/noise.js';
import { built, duplifs, duplifsScript, run, testEnvironment } from '../support/run.js';

describe('a killed backup', () => {
  it('goes on with the same set, which is then as if it had never stopped', async () => {
    await built();
    await withFolder(async (folder) => {
      const { source, target, args } = await smallSource(folder);
      const killed: number[] = [];
      for (let wanted = 1; wanted <= 3; wanted += 1) {
        killed.push(await killAfterVolumes(['full', ...args], target, wanted));
      }
      expect(killed).not.toContain(0); // a run that ended by itself shows nothing
      expect(await duplifs(['full', ...args])).toMatchObject({ status: 0 });
      const stored = await readdir(target);
      expect(stored.filter((name) => name.includes('.manifest'))).toHaveLength(1);
      expect(stored.filter((name) => name.startsWith('duplifs-index'))).toHaveLength(1);
      const url = `file://${target}`;
      expect(await duplifs(['restore', url, join(folder, 'out')])).toMatchObject({ status: 0 });
      expect(await run('diff', ['-r', source, join(folder, 'out')])).toMatchObject({ status: 0 });
      const [cache = ''] = await readdir(join(folder, 'archive'));
      const local = await readdir(join(folder, 'archive', cache));
      expect(local.filter((name) => /part|writing|ready|tmp/.test(name))).toEqual([]);
    });
  });
});

describe('the lock', () => {
  it('keeps a second backup of the same target out, and is free when its holder was killed', async () => {
    await built();
    await withFolder(async (folder) => {
      const { target, args } = await smallSource(folder);
      const first = start(['full', ...args]);
      await volumes(target, 1);
      first.kill('SIGSTOP'); // it holds the lock for as long as the others look at it
      const second = await duplifs(['full', ...args]);
      const theirs = await run('duplicity', ['full', ...args]);
      first.kill('SIGKILL');
      expect(second).toMatchObject({ status: 23 });
      expect(second.stderr).toContain('Another backup');
      expect(theirs).toMatchObject({ status: 23 });
      expect(await duplifs(['full', '--lock-wait', '20', ...args])).toMatchObject({ status: 0 });
    });
  });
});

async function smallSource(folder: string) {
  const source = join(folder, 'source');
  const target = join(folder, 'target');
  await mkdir(join(source, 'sub'), { recursive: true });
  await writeFile(join(source, 'big'), noise(9_000_000));
  await writeFile(join(source, 'sub', 'late'), noise(3_000_000));
  for (let i = 0; i < 20; i += 1) await writeFile(join(source, `file-${i}`), noise(i * 10_000));
  const args = ['--no-encryption', '--volsize', '1', '--archive-dir', join(folder, 'archive')];
  return { source, target, args: [...args, source, `file://${target}`] };
}

function start(args: readonly string[]) {
  return spawn(process.execPath, [duplifsScript, ...args], {
    env: testEnvironment(),
    stdio: 'ignore',
  });
}

/** Kills a run once so many volumes are stored; their number, 0 when it ended before. */
async function killAfterVolumes(
  args: readonly string[],
  target: string,
  wanted: number,
): Promise<number> {
  const child = start(args);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const stored = await Promise.race([volumes(target, wanted), ended.then(() => 0)]);
  child.kill('SIGKILL');
  await ended;
  return stored;
}

async function volumes(target: string, wanted: number): Promise<number> {
  for (;;) {
    const names = await readdir(target).catch(() => []);
    const stored = names.filter((name) => name.includes('.vol')).length;
    if (stored >= wanted) return stored;
    await setTimeout(2);
  }
}
