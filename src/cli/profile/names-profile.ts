/** What can be known of profiles before anything is loaded that only profiles need: which there are, by the names of files. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** Whether a command line may name a profile. It may say yes too often. */
export function mayNameProfile(words: readonly string[]): boolean {
  return words.slice(1).some((word) => profilePaths(word).some((path) => existsSync(path)));
}

/** Where the file of a profile may be, the user's own first; nowhere for what cannot be a name. */
export function profilePaths(name: string): readonly string[] {
  return namePattern.test(name) ? folders().map((folder) => join(folder, `${name}.toml`)) : [];
}

/** The names of all profiles, in order. What cannot be read has none. */
export async function profileNames(): Promise<readonly string[]> {
  const found = await Promise.all(folders().map((folder) => readdir(folder).catch(() => [])));
  const names = found
    .flat()
    .filter((file) => file.endsWith('.toml'))
    .map((file) => file.slice(0, -'.toml'.length))
    .filter((name) => namePattern.test(name));
  return [...new Set(names)].toSorted();
}

/** The user's own first. */
function folders(): readonly string[] {
  const config = process.env['XDG_CONFIG_HOME'] ?? '';
  const own = config.startsWith('/') ? config : join(homedir(), '.config');
  return [join(own, 'duplifs'), '/etc/duplifs'];
}
