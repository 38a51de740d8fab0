/** Where a restore goes: a folder that is named, one below it by the time, or where it was backed up from. */
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { DuplifsError } from '../base/index.js';
import type { Repository } from '../repository/index.js';
import type { Snapshot } from '../snapshot/index.js';
import { formatFolderName, formatLocalTime } from '../time/index.js';
import { cleanPath } from './options/index.js';

export interface RestorePlaceOptions {
  readonly pathToRestore: readonly string[];
  readonly force: boolean;
  readonly intoDatedFolder?: string;
  readonly toOriginal: boolean;
  readonly yes: boolean;
}

/**
 * What is asked for, with the second argument of the command where that is a path of the backup.
 * @throws DuplifsError USAGE when it says no place, or two
 */
export function withPath<Options extends RestorePlaceOptions>(
  options: Options,
  argument: string | undefined,
): { readonly options: Options; readonly target: string | undefined } {
  const { intoDatedFolder, toOriginal } = options;
  if (intoDatedFolder !== undefined && toOriginal) {
    throw new DuplifsError('USAGE', '--into-dated-folder and --to-original are two places');
  }
  if (intoDatedFolder === undefined && !toOriginal) {
    if (argument !== undefined) return { options, target: argument };
    throw new DuplifsError('USAGE', 'Nothing says where to restore to', {
      hint: 'Give a folder, --into-dated-folder FOLDER or --to-original',
    });
  }
  const { pathToRestore } = options;
  const paths = argument === undefined ? pathToRestore : [...pathToRestore, cleanPath(argument)];
  return { options: { ...options, pathToRestore: paths }, target: undefined };
}

export interface RestorePlace {
  readonly target: string;
  /** Whether what is there is replaced. */
  readonly force: boolean;
}

/**
 * The place for a tree that is known.
 * @throws DuplifsError USAGE or INTERRUPTED where what is there is to be replaced, and nobody says yes
 */
export async function restorePlace(
  repository: Pick<Repository, 'sourceOf'>,
  snapshot: Snapshot,
  { options, target }: { options: RestorePlaceOptions; target: string | undefined },
): Promise<RestorePlace> {
  const { pathToRestore, force } = options;
  // several lie below it under their whole paths
  const path = pathToRestore.length === 1 ? (pathToRestore[0] ?? '') : '';
  if (target !== undefined) return { target, force };
  const time = snapshot.set.endSeconds;
  if (options.intoDatedFolder !== undefined) {
    const folder = join(resolve(options.intoDatedFolder), formatFolderName(time));
    return { target: join(folder, path), force };
  }
  const source = repository.sourceOf(snapshot.set);
  if (source === undefined || !source.folder.startsWith('/')) {
    throw new DuplifsError('TARGET', 'The backup does not say which folder it was made of', {
      hint: 'Give the folder to restore to instead of --to-original',
    });
  }
  const original = join(source.folder, path);
  const isElsewhere = source.hostName !== '' && source.hostName !== hostname();
  const whose = isElsewhere ? `, which it was on "${source.hostName}",` : '';
  const question = `Restore over "${original}"${whose} as it was ${formatLocalTime(time)}? Files there are replaced`;
  if (!options.yes) await askYes(question);
  return { target: original, force: true };
}

async function askYes(question: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new DuplifsError(
      'USAGE',
      '--to-original asks before it replaces files, and there is no terminal',
      {
        hint: 'Give --yes where that is wanted',
      },
    );
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question} (yes/no): `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw new DuplifsError('INTERRUPTED', 'Nothing was restored');
}
