/** What ssh knows of a URL's host. Loaded when it is asked for, as the backends are. */
import type { StorageOptions } from './options.js';

/** The known keys of the URL's host as lines of known_hosts; none where it is not reached by ssh. */
export async function knownHostLines(url: string, options: StorageOptions): Promise<string[]> {
  return (await import('./sftp/host-lines.js')).knownHostLines(url, options);
}

/**
 * Notes keys of the URL's host in the first known_hosts file, unless they are known.
 * @returns how many were new
 * @throws DuplifsError STORAGE_DENIED when another key of the same kind is known: nothing is noted then
 */
export async function noteHostLines(
  url: string,
  options: StorageOptions,
  text: string,
): Promise<number> {
  return (await import('./sftp/host-lines.js')).noteHostLines(url, options, text);
}

/** The files with the user's own ssh keys that are tried for the URL's host; maybe none is there. */
export async function sshKeyFiles(
  url: string,
  options: StorageOptions,
): Promise<readonly string[]> {
  return (await import('./sftp/host-lines.js')).sshKeyFiles(url, options);
}
