/** `--time` and `--path-to-restore`, under all the names that duplicity has for them. */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { ChosenSnapshot, Repository } from '../repository/index.js';
import { parseTime } from '../time/index.js';
import { nowSeconds } from './common-options.js';

export interface TimeOptions {
  readonly time?: string;
  readonly pathToRestore: string;
  readonly currentTime?: number;
}

export function addTimeOptions(command: Command): Command {
  return command
    .option('-t, --time <time>', 'as of this time: 3D, 2026-11-01, 2026-11-01T12:00:00Z, now, …')
    .option(
      '--use-incomplete',
      'use the newest set whatever is missing of it, also without its manifest: what is left of it',
      false,
    )
    .addOption(new Option('--restore-time <time>').hideHelp())
    .option('-r, --path-to-restore <path>', 'only this path of the backup', cleanPath, '')
    .addOption(new Option('--file-to-restore <path>').argParser(cleanPath).hideHelp())
    .hook('preAction', (_, action) => {
      const { restoreTime, fileToRestore } = action.opts<Aliases>();
      if (restoreTime !== undefined) action.setOptionValue('time', restoreTime);
      if (fileToRestore !== undefined) action.setOptionValue('pathToRestore', fileToRestore);
    });
}

/** Other names that duplicity has for the same options. */
interface Aliases {
  readonly restoreTime?: string;
  readonly fileToRestore?: string;
}

/** The snapshot at --time; the newest whole one without it, as duplicity has it for a time of 0. */
export async function snapshotAt(
  repository: Repository,
  options: TimeOptions,
  signal?: AbortSignal,
): Promise<ChosenSnapshot> {
  const now = nowSeconds(options);
  const given = options.time === undefined ? 0 : parseTime(options.time, now);
  const timeSeconds = given === 0 ? undefined : given;
  return repository.choose({ timeSeconds, nowSeconds: now }, signal);
}

/** A path in the backup: without slashes at its ends, doubled ones and "." in it; "." is all of it. */
export function cleanPath(text: string): string {
  return text
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');
}
