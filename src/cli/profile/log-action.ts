/** `duplifs log NAME`. */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DuplifsError, isDuplifsError } from '../../base/index.js';
import {
  loadProfile,
  logFolder,
  logNamePattern,
  readHistory,
  readNote,
} from '../../profiles/index.js';
import type { LogCommandOptions } from './command-options.js';
import { defaultVerbosity } from '../log.js';
import { Output } from '../output.js';
import { runCommand } from '../run-command.js';
import type { ProfileMeans } from './means.js';

const pollMilliseconds = 300;
const pieceBytes = 64 * 1024;

export async function logAction(
  name: string,
  { last, failed, follow }: LogCommandOptions,
  means: ProfileMeans,
): Promise<void> {
  await runCommand(defaultVerbosity, async ({ signal }) => {
    const profile = await loadProfile(name, means.keys());
    const folder = logFolder(name, profile.log);
    if (follow) await followLogs(folder, signal);
    else if (failed) await print(await failedLog(name));
    else if (last) await print(await newestLog(folder, name));
    else await listLogs(name, folder);
    return 0;
  });
}

async function listLogs(name: string, folder: string): Promise<void> {
  const output = new Output(process.stdout);
  const outcomes = new Map(
    (await readHistory(name)).map(({ log = '', outcome }) => [basename(log), outcome]),
  );
  const running = basename((await readNote(name))?.log ?? '');
  for (const log of await logsIn(folder)) {
    const state = log === running ? 'running or killed' : (outcomes.get(log) ?? 'unknown');
    await output.line(`${join(folder, log)}  ${state}`);
  }
  await output.end();
}

async function logsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => logNamePattern.test(name)).sort();
}

async function newestLog(folder: string, name: string): Promise<string> {
  const newest = (await logsIn(folder)).at(-1);
  if (newest !== undefined) return join(folder, newest);
  throw noLog(`The profile "${name}" has no log in "${folder}" yet`);
}

async function failedLog(name: string): Promise<string> {
  const history = await readHistory(name);
  const record = history.findLast(
    ({ outcome, log }) => log !== undefined && (outcome === 'failure' || outcome === 'killed'),
  );
  if (record?.log !== undefined) return record.log;
  throw noLog(`No run of "${name}" is known to have failed`);
}

function noLog(message: string): DuplifsError {
  return new DuplifsError('TARGET', message, {
    hint: '"duplifs history NAME" shows all runs; [log] folder in the profile says where logs are',
  });
}

async function print(path: string): Promise<void> {
  await printFrom(path, 0);
}

/** Prints a file from a place on; how long it is now. */
async function printFrom(path: string, start: number): Promise<number> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw isDuplifsError(error) ? error : noLog(`The log "${path}" is gone`);
  });
  try {
    const piece = Buffer.alloc(pieceBytes);
    let at = start;
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, piece.length, at);
      if (bytesRead === 0) return at;
      process.stdout.write(Buffer.from(piece.subarray(0, bytesRead)));
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** The newest log as it grows, and then that of the next run. */
async function followLogs(folder: string, signal: AbortSignal): Promise<void> {
  let path: string | undefined;
  let at = 0;
  while (!signal.aborted) {
    const newest = (await logsIn(folder)).at(-1);
    if (newest !== undefined && join(folder, newest) !== path) {
      if (path !== undefined) await printFrom(path, at).catch(() => at);
      path = join(folder, newest);
      at = 0;
    }
    if (path !== undefined) {
      const size = await stat(path).then(
        (stats) => stats.size,
        () => at,
      );
      if (size > at) at = await printFrom(path, at);
    }
    await setTimeout(pollMilliseconds, undefined, { signal }).catch(() => undefined);
  }
}
