/**
 * A quick look whether a command line may name a profile, before anything is loaded that only profiles need. It may say
 * yes too often.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export function mayNameProfile(words: readonly string[]): boolean {
  const config = process.env['XDG_CONFIG_HOME'] ?? '';
  const own = config.startsWith('/') ? config : join(homedir(), '.config');
  return words
    .slice(1)
    .some(
      (word) =>
        /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(word) &&
        [join(own, 'duplifs'), '/etc/duplifs'].some((folder) =>
          existsSync(join(folder, `${word}.toml`)),
        ),
    );
}
