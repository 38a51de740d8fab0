/** The program `par2`, called as duplicity calls it. */
import { readdir } from 'node:fs/promises';
import { runProgram } from '../../base/index.js';
import { StorageError } from '../errors.js';
import type { Par2StorageOptions } from '../options.js';
import { recoveryDataOf } from './names.js';

const startError = {
  code: 'USAGE',
  hint: 'par2+ URLs need the program par2 (Debian: apt install par2)',
} as const;

/**
 * Makes recovery data of a file beside it, and returns the names: none where par2 makes none, as of an empty file.
 * @throws DuplifsError USAGE where there is no such program
 */
export async function makeRecoveryData(
  folder: string,
  name: string,
  { redundancy = 10, volumes = 1, options = [] }: Par2StorageOptions,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  // duplicity tries again with one file, where there are not blocks enough for more
  for (const count of new Set([volumes, 1])) {
    const args = ['c', `-r${redundancy}`, `-n${count}`, ...options, '-q', '-q', name];
    const { exitCode } = await runProgram('par2', args, { startError, cwd: folder, signal });
    if (exitCode === 0) return recoveryDataOf(name, await readdir(folder));
  }
  return [];
}

/**
 * Makes a damaged file whole from the recovery data beside it.
 * @throws StorageError DAMAGED where that is not enough, DuplifsError USAGE where there is no such program
 */
export async function repairFile(
  folder: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const args = ['r', '-q', '-q', `${name}.par2`];
  const { exitCode } = await runProgram('par2', args, { startError, cwd: folder, signal });
  if (exitCode === 0) return;
  throw new StorageError(
    'DAMAGED',
    `"${name}" is damaged, and par2 cannot make it whole (exit code ${exitCode ?? 'none'})`,
  );
}
