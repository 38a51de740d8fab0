/**
 * Tries a new profile: a small backup with its keys to its storage, under names of its own, and a restore of it, so that
 * what does not work is known before anybody relies on it.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuplifsError } from '../../base/index.js';
import type { CommandContext } from '../run-command.js';
import { runOwn } from './run-own.js';

const probeBytes = 1000;

/** @throws DuplifsError STORAGE when a backup cannot be made, or does not come back as it was */
export async function tryProfile(
  name: string,
  { log }: Pick<CommandContext, 'log' | 'signal'>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'duplifs-init-'));
  const prefix = `duplifs-probe-${randomBytes(4).toString('hex')}-`;
  const common = ['--file-prefix', prefix, '--archive-dir', join(folder, 'archive'), '-v', '1'];
  try {
    const source = join(folder, 'source');
    const restored = join(folder, 'restored');
    const content = randomBytes(probeBytes);
    await mkdir(source);
    await writeFile(join(source, 'probe'), content);
    const backup = ['full', source, name, ...common, '--no-print-statistics', '--no-progress'];
    if ((await runOwn(backup, 'quiet')) !== 0) throw refused(name, 'A small backup cannot be made');
    try {
      if ((await runOwn(['restore', name, restored, ...common], 'quiet')) !== 0) {
        throw refused(name, 'What was backed up cannot be restored');
      }
      if (!(await readFile(join(restored, 'probe'))).equals(content)) {
        throw refused(name, 'What was restored is not what was backed up');
      }
    } finally {
      await removeProbe(name, common, log);
    }
    log.notice('A small backup was written, restored and removed: storage and keys work');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** By the storage itself, for no command removes the last backup. */
async function removeProbe(
  name: string,
  common: readonly string[],
  log: CommandContext['log'],
): Promise<void> {
  const status = await runOwn(['remove-probe', name, ...common], 'quiet');
  if (status !== 0)
    log.warn(`The files of the trial are left on the storage: "${common[1] ?? ''}*"`);
}

function refused(name: string, message: string): DuplifsError {
  return new DuplifsError('STORAGE', `${message} with the profile "${name}", which is written`, {
    hint: `Mend it: duplifs profile edit ${name}; then: duplifs doctor ${name} --write`,
  });
}
