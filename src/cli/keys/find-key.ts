/** The keys that this machine has, in key files and in the GnuPG keyring, and those among them that a user names. */
import { DuplifsError } from '../../base/index.js';
import { fingerprintMatches, listGpgKeys, normalKeyId } from '../../openpgp/index.js';
import type { KeyRecord, Keyring } from '../../openpgp/index.js';

/**
 * All keys at hand. A key that is in several places stands once for each. Without gpg those of files.
 * @throws DuplifsError KEY when a key file holds none, or gpg cannot be run and there is no key file
 */
export async function keysAtHand(keyring: Keyring, signal?: AbortSignal): Promise<KeyRecord[]> {
  const inFiles = await keyring.fileRecords();
  if (keyring.gpg === undefined) return inFiles;
  try {
    return [...inFiles, ...(await listGpgKeys(keyring.gpg, signal))];
  } catch (error) {
    if (inFiles.length === 0 || signal?.aborted === true) throw error;
    return inFiles;
  }
}

/**
 * The one key that an id or fingerprint names.
 * @throws DuplifsError KEY when there is none, or more than one
 */
export function keyNamed(keys: readonly KeyRecord[], id: string): KeyRecord {
  const normalId = normalKeyId(id);
  const found = keys.filter(({ parts }) =>
    parts.some(({ fingerprint }) => fingerprintMatches(fingerprint, normalId)),
  );
  const prints = [...new Set(found.map(({ fingerprint }) => fingerprint))];
  const [key] = found;
  if (key === undefined) {
    throw new DuplifsError('KEY', `There is no key "${id}" here`, {
      hint: 'See "duplifs key list"; keys in files are given with --key-file',
    });
  }
  if (prints.length > 1) {
    throw new DuplifsError('KEY', `"${id}" fits ${prints.length} keys: ${prints.join(', ')}`, {
      hint: 'Give the fingerprint of the one that is meant',
    });
  }
  return found.find(({ parts }) => parts.some(({ secret }) => secret === 'here')) ?? key;
}
