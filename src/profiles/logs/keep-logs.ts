/** Old logs go, by age and by number. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseFolderName } from '../../time/index.js';
import type { LogSettings } from '../schema.js';
import { logFolder, logNamePattern } from './run-log.js';

const defaultCount = 400;
const daySeconds = 86_400;

/** The names that go of these; the newest one always stays. */
export function logsToRemove(
  names: readonly string[],
  settings: LogSettings,
  nowSeconds: number,
): string[] {
  const logs = names.filter((name) => logNamePattern.test(name)).sort();
  const days = settings['keep-days'];
  const count = settings['keep-count'] ?? (days === undefined ? defaultCount : Infinity);
  const oldest = days === undefined ? -Infinity : nowSeconds - days * daySeconds;
  return logs.filter((name, index) => {
    if (index === logs.length - 1) return false;
    return logs.length - index > count || (logTimeOf(name) ?? nowSeconds) < oldest;
  });
}

/** When the run of a log began, by its name. */
export function logTimeOf(name: string): number | undefined {
  return parseFolderName(name.slice(0, '2023-11-14T22-13-20Z'.length));
}

/** Removes what is not to be kept; what cannot be removed stays. */
export async function removeOldLogs(
  profile: string,
  settings: LogSettings,
  nowSeconds: number,
): Promise<void> {
  const folder = logFolder(profile, settings);
  const names = await readdir(folder).catch(() => []);
  for (const name of logsToRemove(names, settings, nowSeconds)) {
    await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}
