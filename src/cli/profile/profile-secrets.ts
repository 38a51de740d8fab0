/** The secrets of a profile, where commands look for them: in the environment of this process alone. */
import { DuplifsError } from '../../base/index.js';
import { resolveSecret } from '../../profiles/index.js';
import type { Profile } from '../../profiles/index.js';
import { handedOverSecret } from '../hand-over.js';
import { giveSecret } from '../secrets.js';

/** Under which the URL is handed over, for it may hold a password. */
export const urlVariable = 'DUPLIFS_PROFILE_URL';

/** Each as bytes: handed over by the process that started this one, or from where the profile says. */
export async function secretsOf(profile: Profile): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const [name, source] of Object.entries(profile.secrets)) {
    const bytes =
      handedOverSecret(name) ??
      (await resolveSecret(source, `${name} of profile "${profile.name}"`));
    found.set(name, bytes);
  }
  return found;
}

/** Puts them where the command finds them. Programs that it starts get only what is for them. */
export async function useSecrets(profile: Profile): Promise<void> {
  for (const [name, bytes] of await secretsOf(profile)) {
    if (name === 'PASSPHRASE' || name === 'SIGN_PASSPHRASE') giveSecret(name, bytes);
    else process.env[name] = bytes.toString('utf8');
  }
}

export async function profileUrl(profile: Profile): Promise<string> {
  const given = handedOverSecret(urlVariable)?.toString('utf8');
  if (given !== undefined) return given;
  if (profile.url !== undefined) {
    return (await resolveSecret(profile.url, `URL of profile "${profile.name}"`)).toString('utf8');
  }
  throw new DuplifsError(
    'PROFILE',
    `The profile "${profile.name}" does not say where the backup lies`,
    {
      hint: `Write url = "…" into "${profile.files[0] ?? profile.name}"; a base for others is not used by itself`,
    },
  );
}

/** What is not to be seen of a URL: its password, as it is written and as it is meant. */
export function passwordsOf(url: string): string[] {
  const written = /:\/\/[^/@]*?:([^/]*)@/.exec(url)?.[1];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}
