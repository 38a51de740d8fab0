/** duplifs, or another program, in a process of its own that a test stops in the middle. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { built, duplifsScript, testEnvironment } from './run.js';

export interface Stopped {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Stopped>;
}

/** Starts duplifs (`built` has to have been awaited), unless another program is named. */
export function start(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  program?: string,
): Running {
  const all = program === undefined ? [duplifsScript, ...args] : args;
  const child = spawn(program ?? process.execPath, all, {
    env: testEnvironment(env),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
  const ended = new Promise<Stopped>((resolve) => {
    child.once('close', (status) => {
      resolve({ status, stderr });
    });
  });
  return { child, ended };
}

/** Sends the signal as soon as `isTime`; false when the run had ended before. */
export async function stopWhen(
  { child, ended }: Running,
  signal: NodeJS.Signals,
  isTime: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const over = ended.then(() => true);
  while (!(await isTime())) {
    if (await Promise.race([over, setTimeout(2, false)])) return false;
  }
  const isRunning = child.exitCode === null && child.signalCode === null;
  child.kill(signal);
  await ended;
  return isRunning;
}

export interface KillOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of duplifs. */
  readonly program?: string;
}

/** Kills a backup as soon as so many volumes are stored; false when the run had ended before. */
export async function killAfterVolumes(
  args: readonly string[],
  target: string,
  wanted: number,
  { env = {}, program }: KillOptions = {},
): Promise<boolean> {
  await built();
  return stopWhen(start(args, env, program), 'SIGKILL', () => hasVolumes(target, wanted));
}

/** Waits until so many volumes are stored. */
export async function untilVolumes(target: string, wanted: number): Promise<void> {
  while (!(await hasVolumes(target, wanted))) await setTimeout(2);
}

async function hasVolumes(target: string, wanted: number): Promise<boolean> {
  return (await countNames(target, /\.vol/)) >= wanted;
}

/** How many names in a folder match; none where there is no folder. */
export async function countNames(folder: string, pattern: RegExp): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => pattern.test(name)).length;
}
