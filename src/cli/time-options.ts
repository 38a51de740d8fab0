/** `--time` and `--path-to-restore`, under all the names that duplicity has for them. */
import type { Command } from 'commander';
import type { ChosenSnapshot, Repository } from '../repository/index.js';
import { parseTime } from '../time/index.js';
import { nowSeconds } from './common-options.js';
import { addGroup } from './options/index.js';
import { personality } from './personality.js';

export interface TimeOptions {
  readonly time?: string;
  readonly pathToRestore: string;
  readonly currentTime?: number;
}

/** `--time` alone, for commands that have the path as an argument. */
export function addTimeOption(command: Command): Command {
  return addGroup(command, 'time-alone');
}

export function addUseIncomplete(command: Command): Command {
  return addGroup(command, 'incomplete');
}

export function addTimeOptions(command: Command): Command {
  return addGroup(command, 'time');
}

/** The snapshot at --time; the newest whole one without it, as duplicity has it for a time of 0. */
export async function snapshotAt(
  repository: Repository,
  options: { readonly time?: string | undefined; readonly currentTime?: number },
  signal?: AbortSignal,
): Promise<ChosenSnapshot> {
  const now = nowSeconds(options);
  const given = options.time === undefined ? 0 : parseTime(options.time, now);
  const timeSeconds = given === 0 ? undefined : given;
  const firstInstead = personality().isDuplicity;
  return repository.choose({ timeSeconds, nowSeconds: now, firstInstead }, signal);
}
