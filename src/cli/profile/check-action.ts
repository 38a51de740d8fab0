/** `duplifs profile check`. */
import { basename } from 'node:path';
import { DuplifsError, errorText, isDuplifsError } from '../../base/index.js';
import {
  listProfiles,
  loadProfile,
  profileFrom,
  readProfileFile,
  resolveSecret,
} from '../../profiles/index.js';
import type { OptionKeys, Profile } from '../../profiles/index.js';
import type { CheckOptions } from './command-options.js';
import { defaultVerbosity } from '../log.js';
import { Output } from '../output.js';
import { runCommand } from '../run-command.js';
import type { ProfileMeans } from './means.js';

export async function checkAction(
  names: readonly string[],
  { secrets }: CheckOptions,
  means: ProfileMeans,
): Promise<void> {
  await runCommand(defaultVerbosity, async ({ log }) => {
    const all = names.length > 0 ? names : [...(await listProfiles()).keys()];
    const output = new Output(process.stdout);
    if (all.length === 0) await output.line('There are no profiles yet: duplifs init');
    let exitCode = 0;
    for (const name of all) {
      try {
        const profile = await profileOf(name, means.keys());
        if (secrets) await fetchSecrets(profile);
        await output.line(`${profile.name}: ${stateOf(profile)} (${profile.files.join(', ')})`);
      } catch (error) {
        if (!isDuplifsError(error)) throw error;
        log.error(`duplifs: ${errorText(error)}`);
        if (error.hint !== undefined) log.error(`  ${error.hint}`);
        exitCode ||= error.exitCode;
      }
    }
    await output.end();
    return exitCode;
  });
}

/** By its name, or by the path of its file. */
async function profileOf(name: string, keys: OptionKeys): Promise<Profile> {
  if (!name.includes('/')) return await loadProfile(name, keys);
  const file = await readProfileFile(name);
  if (file !== undefined) return await profileFrom(basename(name, '.toml'), file, keys);
  throw new DuplifsError('PROFILE', `There is no file "${name}"`);
}

function stateOf({ url, source }: Profile): string {
  if (url === undefined) return 'ok, a base for others: it has no url';
  return source === undefined ? 'ok, for reading: it has no source' : 'ok';
}

async function fetchSecrets({ name, secrets, url }: Profile): Promise<void> {
  for (const [variable, source] of Object.entries(secrets)) {
    (await resolveSecret(source, `${variable} of profile "${name}"`)).fill(0);
  }
  if (url !== undefined) await resolveSecret(url, `URL of profile "${name}"`);
}
