/** `duplifs profile edit NAME`: on a copy, which takes the profile's place once it has no mistakes. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuplifsError, errorText, replaceFile, splitWords } from '../../base/index.js';
import { findProfileFile, profileFrom, readProfileFile } from '../../profiles/index.js';
import { defaultVerbosity } from '../log.js';
import { runCommand } from '../run-command.js';
import type { ProfileMeans } from './means.js';
import { newProfilePath } from './write-profile.js';

const template = `# duplifs profile: docs/profiles.md
source = "/home/me"
url = "file:///srv/backup"
`;

export async function editAction(name: string, means: ProfileMeans): Promise<void> {
  await runCommand(defaultVerbosity, async ({ log }) => {
    const path = await pathOf(name);
    const before = await readFile(path, 'utf8').catch(() => template);
    const folder = await mkdtemp(join(tmpdir(), 'duplifs-edit-'));
    const copy = join(folder, `${name}.toml`);
    await writeFile(copy, before, { mode: 0o600 });
    await openEditor(copy);
    try {
      const file = await readProfileFile(copy);
      if (file !== undefined) await profileFrom(name, file, means.keys());
    } catch (error) {
      throw new DuplifsError('PROFILE', `"${path}" is as it was: ${errorText(error)}`, {
        hint: `What you wrote is in "${copy}"; mend it there, and copy it`,
        cause: error,
      });
    }
    const after = await readFile(copy, 'utf8');
    await rm(folder, { recursive: true, force: true });
    if (after === before) log.notice('Nothing was changed');
    else {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await replaceFile(path, after);
      log.notice(`"${path}" is written`);
    }
    return 0;
  });
}

/** The file that counts now, which may have mistakes; of a new profile, where it goes. */
async function pathOf(name: string): Promise<string> {
  const own = newProfilePath(name);
  try {
    return (await findProfileFile(name))?.path ?? own;
  } catch {
    return own;
  }
}

async function openEditor(path: string): Promise<void> {
  const editor = process.env['VISUAL'] ?? process.env['EDITOR'] ?? 'vi';
  const [program = 'vi', ...args] = splitWords(editor, 'EDITOR');
  const status = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(program, [...args, path], { stdio: 'inherit' });
    child.once('error', reject).once('close', resolve);
  }).catch((error: unknown) => {
    throw new DuplifsError(
      'TARGET',
      `The editor "${program}" cannot be started: ${errorText(error)}`,
      {
        hint: 'Set EDITOR to one that there is',
      },
    );
  });
  if (status !== 0)
    throw new DuplifsError('TARGET', `The editor "${program}" ended with ${status ?? 'a signal'}`);
}
