/** A machine with a profile and a backup that it has read once, whose storage is then out of reach. */
import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { duplifs, duplifsScript } from '../../support/run.js';

export interface KnownBackup {
  /** With "duplifs" in PATH. */
  readonly env: Readonly<Record<string, string>>;
  readonly url: string;
}

/** That of a folder in which it was made. */
export function knownIn(folder: string): KnownBackup {
  return {
    url: `file://${join(folder, 'target')}`,
    env: {
      XDG_CACHE_HOME: join(folder, 'cache'),
      XDG_CONFIG_HOME: join(folder, 'config'),
      PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    },
  };
}

/** The newest of its two sets has no "docs/gone.txt"; there is a profile "laptop". Passphrases are not in `env`. */
export async function knownBackup(folder: string): Promise<KnownBackup> {
  const at = (...names: string[]): string => join(folder, ...names);
  const known = knownIn(folder);
  const { env, url } = known;
  for (const name of ['bin', 'config/duplifs', 'source/docs', 'source/my photos', 'files']) {
    await mkdir(at(name), { recursive: true });
  }
  await symlink(duplifsScript, at('bin/duplifs'));
  await writeFile(at('config/duplifs/laptop.toml'), `url = "${url}"\n`, { mode: 0o600 });
  for (const name of ['docs/gone.txt', 'docs/naïve.txt', "my photos/Ann's b:c.jpg", 'zebra']) {
    await writeFile(at('source', name), name);
  }
  const secret = { ...env, PASSPHRASE: 'only for the making' };
  await made(['full', '--current-time', '1790000000', at('source'), url], secret);
  await rm(at('source/docs/gone.txt'));
  await utimes(at('source/docs'), 1_790_000_050, 1_790_000_050);
  await made(['incremental', '--current-time', '1790000100', at('source'), url], secret);
  await made(['ls', url], secret);
  await made(['ls', url, '--time', '1790000000'], secret);
  await rename(at('target'), at('elsewhere'));
  return known;
}

async function made(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const { status, stderr } = await duplifs(args, { env });
  if (status !== 0) throw new Error(stderr);
}
