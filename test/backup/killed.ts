/** Backups of a small source in several volumes, and runs of them that are killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { noise } from '../support/noise.js';
import { built, duplifsScript, testEnvironment } from '../support/run.js';

/** Makes a source of some 10 MB; `args` are a backup's, with volumes of 1 MiB and an archive dir of its own. */
export async function smallSource(folder: string) {
  const source = join(folder, 'source');
  const target = join(folder, 'target');
  await mkdir(join(source, 'sub'), { recursive: true });
  await writeFile(join(source, 'big'), noise(6_000_000));
  await writeFile(join(source, 'sub', 'late'), noise(2_000_000));
  for (let i = 0; i < 20; i += 1) await writeFile(join(source, `file-${i}`), noise(i * 10_000));
  const archive = join(folder, 'archive');
  const args = ['--no-encryption', '--volsize', '1', '--archive-dir', archive];
  return { source, target, archive, args: [...args, source, `file://${target}`] };
}

/** Starts a program, duplifs unless another is named. */
export function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  program?: string,
): ChildProcess {
  const all = program === undefined ? [duplifsScript, ...args] : [...args];
  return spawn(program ?? process.execPath, all, { env: testEnvironment(env), stdio: 'ignore' });
}

/** Kills a run once so many volumes are stored; their number, 0 when it ended before. */
export async function killAfterVolumes(
  args: readonly string[],
  target: string,
  wanted: number,
  env: Readonly<Record<string, string>> = {},
  program?: string,
): Promise<number> {
  await built();
  const child = start(args, env, program);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const stored = await Promise.race([volumes(target, wanted), ended.then(() => 0)]);
  child.kill('SIGKILL');
  await ended;
  return stored;
}

/** Waits until so many volumes are stored; their number. */
export async function volumes(target: string, wanted: number): Promise<number> {
  for (;;) {
    const names = await readdir(target).catch(() => []);
    const stored = names.filter((name) => name.includes('.vol')).length;
    if (stored >= wanted) return stored;
    await setTimeout(2);
  }
}
