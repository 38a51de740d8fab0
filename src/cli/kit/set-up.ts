/** What a kit holds, put where it belongs on this machine. */
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DuplifsError, errorText } from '../../base/index.js';
import { kitPartNames } from '../../kit/index.js';
import type { KitDescription, KitPart } from '../../kit/index.js';
import { importKeys, parseKeyFile, setOwnertrust } from '../../openpgp/index.js';
import type { GpgProgram } from '../../openpgp/index.js';
import { noteHostLines } from '../../storage/index.js';
import type { StorageOptions } from '../../storage/index.js';
import { writePrivateFile } from '../keys/write-private-file.js';
import { readCredentials } from './credentials.js';

/**
 * Writes the parts into a folder, but keys that go into GnuPG. What is there with the same content stays.
 * @returns their names
 */
export async function writeParts(
  parts: readonly KitPart[],
  folder: string,
  { force, keyring }: { readonly force: boolean; readonly keyring: boolean },
): Promise<string[]> {
  const wanted = parts.filter(({ name }) => !keyring || name !== kitPartNames.keys);
  for (const { name, bytes } of wanted) {
    const path = join(folder, name);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new DuplifsError('TARGET', `Cannot make "${dirname(path)}": ${errorText(error)}`, {
        cause: error,
      });
    }
    const before = await readFile(path).catch(() => undefined);
    if (before?.equals(bytes) === true) await chmod(path, 0o600);
    else await writePrivateFile(path, bytes, force);
  }
  return wanted.map(({ name }) => name);
}

/** Puts the keys into the GnuPG keyring, with the trust that the kit says. */
export async function takeKeys(
  parts: readonly KitPart[],
  gpg: GpgProgram,
  signal: AbortSignal,
): Promise<string[]> {
  const part = parts.find(({ name }) => name === kitPartNames.keys);
  if (part === undefined) return [];
  const { keys, ownertrust } = parseKeyFile(part.bytes);
  if (keys === undefined)
    throw new DuplifsError('DAMAGED', 'There is no key in the keys of the kit');
  const { fingerprints } = await importKeys(gpg, keys, signal);
  keys.fill(0);
  const own = [...ownertrust].filter(([fingerprint]) => fingerprints.includes(fingerprint));
  await setOwnertrust(gpg, new Map(own), signal);
  return fingerprints.map((fingerprint) => `${fingerprint} is in the GnuPG keyring`);
}

/** Lets ssh know the server. */
export async function noteHost(
  parts: readonly KitPart[],
  url: string,
  options: StorageOptions,
): Promise<string> {
  const part = parts.find(({ name }) => name === kitPartNames.knownHosts);
  if (part === undefined) return 'There is no server whose key would have to be known';
  const added = await noteHostLines(url, options, Buffer.from(part.bytes).toString('utf8'));
  return added === 0 ? 'The key of the server is known' : 'The key of the server is noted for ssh';
}

/**
 * Sets the variables of this process as the kit says, for the storage; those that are set stay.
 * @returns the URL, maybe with its password, and words for the command line that name files of the kit
 */
export async function useCredentials(
  parts: readonly KitPart[],
  folder: string,
  { url }: KitDescription,
): Promise<{ readonly url: string; readonly words: readonly string[] }> {
  const has = (name: string): boolean => parts.some((part) => part.name === name);
  const words = [
    ...(has(kitPartNames.certificates)
      ? [`--ssl-cacert-file=${join(folder, kitPartNames.certificates)}`]
      : []),
    ...(has(kitPartNames.passphrases)
      ? [`--passphrase-file=${join(folder, kitPartNames.passphrases)}`]
      : []),
    ...((await isThere(join(folder, kitPartNames.keys))) && has(kitPartNames.keys)
      ? [`--key-file=${join(folder, kitPartNames.keys)}`]
      : []),
  ];
  const part = parts.find(({ name }) => name === kitPartNames.credentials);
  if (part === undefined) return { url, words };
  const { env, files, sshKeys, webdavHeaders, url: whole } = readCredentials(part.bytes);
  for (const [name, value] of Object.entries(env)) process.env[name] ??= value;
  for (const file of files) process.env[file.variable] ??= join(folder, file.part);
  for (const key of sshKeys) {
    words.push(`--ssh-options=-oIdentityFile=${quoted(join(folder, key))}`);
  }
  if (webdavHeaders !== undefined) words.push(`--webdav-headers=${webdavHeaders}`);
  return { url: whole, words };
}

/** As one word of --ssh-options. */
function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&')}"`;
}

async function isThere(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}
