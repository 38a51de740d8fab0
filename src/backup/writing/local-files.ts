/** The files of a set in the archive dir, once it is complete or given up. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { localNames as namesInArchive } from '../../target/index.js';
import { localNames } from '../plan/set-plan.js';
import type { SetPlan } from '../plan/set-plan.js';

type LocalSet = Pick<SetPlan, 'times' | 'prefixes' | 'archiveFolder'>;

/** Gives the local files of a set that is complete their names, and removes what was kept to go on with it. */
export async function giveFinalNames(plan: LocalSet): Promise<void> {
  const names = localNames(plan);
  const local = (name: string): string => join(plan.archiveFolder, name);
  await renameIfThere(local(names.signaturesReady), local(names.signatures));
  await renameIfThere(local(names.manifestReady), local(names.manifest));
  await removeParts(plan);
}

/**
 * Removes everything that the archive dir holds of an unfinished set: also what a killed run was about to rename, which
 * has the name that it was to get and something behind it.
 */
export async function removeParts(plan: LocalSet): Promise<void> {
  const { manifestPart, signaturesPart, manifestReady, signaturesReady, ...own } = localNames(plan);
  const ours = [manifestReady, signaturesReady, own.indexPart, own.fileListPart, own.state];
  for (const name of await namesInArchive(plan.archiveFolder)) {
    const isOurs = ours.some((one) => name === one || name.startsWith(`${one}.`));
    const isPart = name === manifestPart || name === signaturesPart;
    if (isOurs || isPart) await rm(join(plan.archiveFolder, name), { force: true });
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
