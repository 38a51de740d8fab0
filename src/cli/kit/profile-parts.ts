/** Profiles in a kit, and where they go when it is opened. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuplifsError, isDuplifsError } from '../../base/index.js';
import { profilePartPrefix } from '../../kit/index.js';
import type { KitPart } from '../../kit/index.js';
import {
  expandHome,
  isProfileName,
  loadProfile,
  ownProfileFolder,
  profileTexts,
} from '../../profiles/index.js';
import type { OptionKeys, ProfileText, SecretSource } from '../../profiles/index.js';
import { writePrivateFile } from '../keys/write-private-file.js';

interface Allowed {
  readonly withCredentials: boolean;
  readonly withPassphrases: boolean;
}

/**
 * The files of the profiles, with those that they extend.
 * @throws DuplifsError PROFILE where one holds a secret that is not asked for
 */
export async function profileParts(
  names: readonly string[],
  keys: () => OptionKeys,
  allowed: Allowed,
): Promise<KitPart[]> {
  const parts = new Map<string, KitPart>();
  for (const name of names) {
    for (const text of await profileTexts(name, keys())) {
      refuseSecret(text, allowed);
      const part = `${profilePartPrefix}${text.name}.toml`;
      parts.set(part, { name: part, bytes: text.bytes });
    }
  }
  return [...parts.values()];
}

function refuseSecret(
  { path, ownSecret }: ProfileText,
  { withCredentials, withPassphrases }: Allowed,
): void {
  if (ownSecret === undefined) return;
  // a file may hold several secrets of either kind
  if (withCredentials && withPassphrases) return;
  throw new DuplifsError(
    'PROFILE',
    `"${path}" holds a secret (${ownSecret}), which is not asked for`,
    {
      hint: 'Give --with-credentials and --with-passphrases, or have the secret come from a file, a command or a keyring',
    },
  );
}

/** Lines about a kit's profiles that cannot be used here yet: what is wrong with one, and which files of secrets are missing. */
export async function missingSecrets(
  parts: readonly KitPart[],
  keys: () => OptionKeys,
): Promise<string[]> {
  const lines = new Set<string>();
  for (const { name: part } of parts) {
    const name = profileNameOf(part);
    if (name === undefined) continue;
    let profile;
    try {
      profile = await loadProfile(name, keys());
    } catch (error) {
      if (!isDuplifsError(error, 'PROFILE')) throw error;
      lines.add(`The profile "${name}" cannot be used here: ${error.message}`);
      continue;
    }
    const { secrets, url } = profile;
    for (const [key, source] of Object.entries({ ...prefixed(secrets), url })) {
      const file = typeof source === 'object' && 'file' in source ? source.file : undefined;
      if (file === undefined || existsSync(expandHome(file))) continue;
      lines.add(`"${expandHome(file)}" must be there (${key} of the profile "${name}")`);
    }
  }
  return [...lines];
}

/**
 * Puts the profiles of a kit where this user's profiles lie. What is there stays, unless it is to be replaced.
 * @returns a line about each
 */
export async function takeProfiles(
  parts: readonly KitPart[],
  folder: string,
  force: boolean,
): Promise<string[]> {
  const lines: string[] = [];
  for (const { name: part, bytes } of parts) {
    const name = profileNameOf(part);
    if (name === undefined) continue;
    const own = ownProfileFolder();
    await mkdir(own, { recursive: true, mode: 0o700 });
    const path = join(own, `${name}.toml`);
    const before = await readFile(path).catch(() => undefined);
    if (before?.equals(bytes) === true) {
      await chmod(path, 0o600);
      lines.push(`The profile "${name}" is there`);
    } else if (before !== undefined && !force) {
      lines.push(
        `The profile "${name}" is another one here, and stays; that of the kit is "${join(folder, part)}" (--force replaces it)`,
      );
    } else {
      await writePrivateFile(path, Buffer.from(bytes), force);
      lines.push(`The profile "${name}" is written to "${path}"`);
    }
  }
  return lines;
}

function prefixed(
  secrets: Readonly<Record<string, SecretSource>>,
): Readonly<Record<string, SecretSource>> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, source]) => [`secrets.${name}`, source]),
  );
}

function profileNameOf(part: string): string | undefined {
  if (!part.startsWith(profilePartPrefix) || !part.endsWith('.toml')) return undefined;
  const name = part.slice(profilePartPrefix.length, -'.toml'.length);
  return isProfileName(name) ? name : undefined;
}
