/** A profile's text as its file, for its owner's eyes only. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuplifsError, replaceFile } from '../../base/index.js';
import { isProfileName, ownProfileFolder } from '../../profiles/index.js';

/** Where a new profile of that name goes. */
export function newProfilePath(name: string): string {
  if (isProfileName(name)) return join(ownProfileFolder(), `${name}.toml`);
  throw new DuplifsError('USAGE', `"${name}" cannot be the name of a profile`, {
    hint: 'Use letters, digits, "-", "_" and ".", with a letter or digit first',
  });
}

/** @throws DuplifsError PROFILE when there is one, and it is not to be replaced */
export async function writeProfile(
  name: string,
  text: string,
  { force }: { readonly force: boolean },
): Promise<string> {
  const path = newProfilePath(name);
  if (!force && existsSync(path)) {
    throw new DuplifsError('PROFILE', `There is a profile "${name}" already: "${path}"`, {
      hint: 'Give another --name, or --force to replace it',
    });
  }
  await mkdir(ownProfileFolder(), { recursive: true, mode: 0o700 });
  await replaceFile(path, text);
  return path;
}
