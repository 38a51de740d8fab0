/** The keys of a host, taken from one machine to another: as lines of a known_hosts file. */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StorageError } from '../errors.js';
import type { StorageOptions } from '../options.js';
import { parseStorageUrl } from '../url.js';
import { fingerprint, hostKeys, hostLine } from './known-hosts.js';
import type { HostKey } from './known-hosts.js';
import { sshSettings } from './ssh-settings.js';
import type { SshSettings } from './ssh-settings.js';

const schemes = /^(?:(?:paramiko\+|pexpect\+)?(?:sftp|scp)|ssh|rsync)$/;

/** The known keys of the URL's host; none where it is not reached by ssh. */
export async function knownHostLines(url: string, options: StorageOptions): Promise<string[]> {
  const settings = settingsOf(url, options);
  if (settings === undefined) return [];
  const named = await known(settings, settings.knownAs);
  const stored = named.length > 0 ? named : await known(settings, settings.elseKnownAs);
  const keys = stored.filter(({ revoked }) => !revoked);
  return [...new Set(keys.map(({ blob }) => hostLine(settings.knownAs, blob).trimEnd()))];
}

/**
 * Notes keys of the URL's host in the first known_hosts file, unless they are known.
 * @returns how many were new
 * @throws StorageError STORAGE_DENIED when another key of the same kind is known: nothing is noted then
 */
export async function noteHostLines(
  url: string,
  options: StorageOptions,
  text: string,
): Promise<number> {
  const settings = settingsOf(url, options);
  const [file] = settings?.knownHostsFiles ?? [];
  if (settings === undefined || file === undefined) return 0;
  const { knownAs: host } = settings;
  const here = await known(settings, host);
  const fresh = hostKeys(text, host).filter(
    ({ blob }) => !here.some((one) => one.blob.equals(blob)),
  );
  for (const key of fresh) refuseOther(key, here, { host, file });
  if (fresh.length === 0) return 0;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const lines = fresh.map(({ blob }) => hostLine(host, blob));
  const end = await readFile(file, 'latin1').catch(() => '');
  const gap = end === '' || end.endsWith('\n') ? '' : '\n';
  await appendFile(file, `${gap}${lines.join('')}`, { mode: 0o600 });
  return fresh.length;
}

/** The files with the user's own ssh keys that are tried for the URL's host. */
export function sshKeyFiles(url: string, options: StorageOptions): readonly string[] {
  return settingsOf(url, options)?.identityFiles ?? [];
}

function settingsOf(url: string, { ssh, env }: StorageOptions): SshSettings | undefined {
  const { scheme, host, port, user, rest } = parseStorageUrl(url);
  const isDaemon = scheme === 'rsync' && rest.includes('::');
  if (!schemes.test(scheme) || isDaemon || host === '') return undefined;
  return sshSettings({ host, port, user, options: ssh?.options ?? [], env: env ?? process.env });
}

async function known(
  { knownHostsFiles }: SshSettings,
  name: string | undefined,
): Promise<HostKey[]> {
  const keys: HostKey[] = [];
  if (name === undefined) return keys;
  for (const file of knownHostsFiles) {
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const key of hostKeys(text, name)) keys.push(key);
  }
  return keys;
}

function refuseOther(
  { type, blob }: HostKey,
  here: readonly HostKey[],
  { host, file }: { readonly host: string; readonly file: string },
): void {
  if (!here.some((one) => one.type === type)) return;
  throw new StorageError(
    'STORAGE_DENIED',
    `Another key of "${host}" is known in "${file}" than the one to note (${fingerprint(blob)})`,
    { hint: 'Ask whoever runs the server which is right, and take the wrong one away' },
  );
}
